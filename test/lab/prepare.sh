#!/bin/sh
# Installs the Debian packages that the lab needs. Run as root; quick when nothing is missing.
set -eu

wanted='mmdebstrap debian-archive-keyring rsync openssh-client iproute2 util-linux bsdutils procps
  python3 python3-venv gcc libc6-dev libfuse3-dev libnfs-dev pkg-config tar xz-utils ca-certificates'

missing=
for package in $wanted; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

install() {
  # shellcheck disable=SC2086 # a list
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $missing </dev/null
}
echo "lab: installing$missing"
# The package lists may be absent or too old to download by: only then are they fetched.
install || { apt-get update --quiet && install; }
