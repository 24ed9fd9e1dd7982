#!/bin/bash
# node.sh DIRECTORY NODE — the program NODE as /usr/local/bin/node, to lie over the client's image.
set -euo pipefail
install -D -m 755 "$2" "$1/usr/local/bin/node"
