#!/bin/bash
# fuse.sh DIRECTORY SOURCE LIBRARY… — a program that shows a host its shared directory, by pkg-config's names of what it needs.
set -euo pipefail
directory=$1 source=$2
shift 2
# shellcheck disable=SC2046 # words
gcc -O2 -Wall -Wextra -Werror -o "$directory/$(basename "$source" .c)" "$source" $(pkg-config --cflags --libs "$@")
