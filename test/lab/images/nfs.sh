#!/bin/bash
# nfs.sh DIRECTORY — a Debian with an NFS server that needs nothing of the kernel, and the portmapper that it registers with.
# On this machine itself nothing is installed: there it would be started.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"

debian "$1" nfs-ganesha nfs-ganesha-vfs rpcbind
# The server looks there for what it exports.
ln -s ../proc/self/mounts "$1/etc/mtab"
