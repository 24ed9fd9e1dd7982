#!/bin/bash
# make.sh CACHE NAME RECIPE [ARGUMENT…] — makes the image CACHE/NAME by running RECIPE DIRECTORY ARGUMENT…
#
# An image is whole or absent: it is made under another name and renamed. Two that want the same one make it once.
set -euo pipefail
umask 022
cache=$1 name=$2 recipe=$3
shift 3

mkdir -p "$cache"
exec 9>"$cache/$name.lock"
flock 9
[ ! -d "$cache/$name" ] || exit 0
# We hold the lock: what lies there was left by one who died.
rm -rf --one-file-system "$cache/$name.partial"
mkdir -m 755 "$cache/$name.partial"
# The lock must not outlive us in a process that the recipe leaves behind.
LAB_CACHE=$cache "$recipe" "$cache/$name.partial" "$@" 9>&-
mv -T "$cache/$name.partial" "$cache/$name"
