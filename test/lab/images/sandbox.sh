#!/bin/bash
# sandbox.sh DIRECTORY — a double of Gentoo's sandbox, where Gentoo has it: to lie over a client's image.
set -euo pipefail
directory=$1
cd "$(dirname "$0")/../doubles/sandbox"
mkdir -p "$directory"/usr/{bin,lib64,share/sandbox} "$directory"/etc/sandbox.d "$directory"/var/log/sandbox
gcc -O2 -Wall -Wextra -Werror -o "$directory/usr/bin/sandbox" sandbox.c
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -Wl,-soname,libsandbox.so -o "$directory/usr/lib64/libsandbox.so" libsandbox.c trace.c
cp sandbox.bashrc "$directory/usr/share/sandbox/"
cp sandbox.conf "$directory/etc/"
cp sandbox.d/* "$directory/etc/sandbox.d/"
# Of the group portage, as on a Gentoo.
chown 0:250 "$directory/var/log/sandbox"
chmod 770 "$directory/var/log/sandbox"
