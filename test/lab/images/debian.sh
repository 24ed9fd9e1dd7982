# Sourced by the recipes: debian DIRECTORY PACKAGE… makes a minimal Debian with these packages.
# shellcheck shell=bash

debian() {
  local directory=$1 codename work=
  shift
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  work=$(mktemp -d)

  # The sources that this machine has for its own release, and how it reaches them; those of third parties are left out.
  local sources=()
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    if [ -f "$file" ] && grep -Eqs "^[^#]*[[:space:]]$codename([[:space:]]|\$)" "$file"; then sources+=("$file"); fi
  done
  apt-config dump |
    grep -E '^Acquire::(http|https|ftp|Check-|Retries|ForceIPv|AllowInsecure|Languages|Changelogs)' >"$work/apt.conf" || true

  # Each image is copied to each builder as the root of its jobs: what nobody reads there only costs time.
  mmdebstrap --mode=root --variant=minbase --quiet \
    --aptopt="$work/apt.conf" \
    --setup-hook='for f in auth.conf auth.conf.d; do [ ! -e /etc/apt/$f ] || cp -a /etc/apt/$f "$1"/etc/apt/; done' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$(IFS=,; echo "$*")" \
    "$codename" "$directory" "${sources[@]}" </dev/null
  rm -rf "$work"

  # Nothing here tells where it was downloaded from, and every host gets keys and an identity of its own.
  rm -rf "$directory"/etc/apt/{sources.list,sources.list.d,auth.conf,auth.conf.d,apt.conf.d} \
    "$directory"/var/{lib/apt/lists,cache/apt,cache/debconf,log/apt,log/dpkg.log,log/alternatives.log} \
    "$directory"/etc/{machine-id,hostname,resolv.conf} "$directory"/etc/ssh/ssh_host_*
  find "$directory/dev" "$directory/run" "$directory/tmp" "$directory/proc" "$directory/sys" -mindepth 1 -delete
}
