#!/bin/bash
# worker.sh DIRECTORY — another Debian: what a host needs to build without a network, to lie under Node. No compiler, no
# Portage, no ssh.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
root=$1

debian "$root" rsync python3 iproute2 procps psmisc
