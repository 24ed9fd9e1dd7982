#!/bin/bash
# The switch that the hosts are plugged into: a bridge in a network namespace of its own. It lives until its standard
# input ends.
set -euo pipefail
ip link add br0 type bridge
ip link set br0 up
echo up
exec cat >/dev/null
