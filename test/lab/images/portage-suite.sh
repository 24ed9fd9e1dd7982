#!/bin/bash
# portage-suite.sh DIRECTORY VERSION — what it takes to run Portage's own tests, to lie over the client's image: Portage's
# source tree, which has them, at /opt/portage; pytest, which runs them, at /opt/pytest; and gpg, which they want.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
root=$1 version=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Debian's own python3, by its path: it is the one that the client has.
/usr/bin/python3 -m venv "$work/tools"
PATH=$work/tools/bin:$PATH
pip install --quiet meson-python
pip download --quiet --no-deps --no-build-isolation --no-binary portage --dest "$work" "portage==$version"
mkdir -p "$root/opt/portage"
tar -C "$root/opt/portage" --strip-components=1 --no-same-owner -xf "$work/portage-$version.tar.gz"
pip install --quiet --target "$root/opt/pytest" pytest
/usr/bin/python3 -m compileall -q -j 0 -s "$root" -p / "$root/opt"

# Of a Debian that has gpg, the programs and the libraries.
debian "$work/debian" gnupg
mkdir -p "$root/usr/bin" "$root/usr/lib"
cp -a "$work"/debian/usr/bin/gpg* "$root/usr/bin/"
(cd "$work/debian" && cp -a --parents usr/lib/gnupg usr/lib/*-linux-gnu/lib{assuan,gcrypt,gpg-error,ksba,npth,readline,sqlite3}.so.* "$root/")
