#!/bin/bash
# clock.sh DIRECTORY — a library that changes the time of day, preloaded into every program: to lie over any host's image.
set -euo pipefail
mkdir -p "$1/usr/local/lib" "$1/etc"
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$1/usr/local/lib/lab-clock.so" "$(dirname "$0")/clock.c"
echo /usr/local/lib/lab-clock.so >"$1/etc/ld.so.preload"
