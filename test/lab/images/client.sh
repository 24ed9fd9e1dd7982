#!/bin/bash
# client.sh DIRECTORY — a Debian with what Portage and its ebuilds need, laid out as Gentoo expects it. No Portage yet.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
root=$1

debian "$root" \
  gcc g++ libc6-dev make binutils pkg-config m4 patch diffutils file \
  python3 pax-utils rsync openssh-client wget ca-certificates \
  tar gzip bzip2 xz-utils zstd cpio \
  acl attr procps psmisc iproute2 less nano-tiny gnupg

# Gentoo's names for the tools.
ln -s tar "$root/usr/bin/gtar"
ln -s python3 "$root/usr/bin/python"
chost=$(uname -m)-pc-linux-gnu
for tool in gcc g++ cpp ar as ld nm objcopy objdump ranlib readelf strip pkg-config; do
  ln -s "$tool" "$root/usr/bin/$chost-$tool"
done

groupadd --prefix "$root" --gid 250 portage
useradd --prefix "$root" --uid 250 --gid 250 --home-dir /var/lib/portage/home --shell /bin/false --no-create-home portage

mkdir -p "$root"/etc/portage "$root"/var/db/pkg "$root"/var/db/repos "$root"/var/lib/portage "$root"/var/cache/edb \
  "$root"/var/cache/binpkgs "$root"/var/cache/distfiles "$root"/var/log/portage
chown 250:250 "$root"/var/cache/edb "$root"/var/cache/distfiles "$root"/var/log/portage
chmod 2775 "$root"/var/cache/edb "$root"/var/cache/distfiles "$root"/var/log/portage
echo 'Lab release 1' >"$root/etc/gentoo-release"
