#!/bin/bash
# cachefs.sh DIRECTORY SOURCE — the program that makes a shared directory behave as NFS does.
set -euo pipefail
# shellcheck disable=SC2046 # words
gcc -O2 -Wall -Wextra -Werror -o "$1/cachefs" "$2" $(pkg-config --cflags --libs fuse3)
