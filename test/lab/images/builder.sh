#!/bin/bash
# builder.sh DIRECTORY — another Debian: what the README asks of a builder, and no compiler, no Portage, no Node.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
root=$1

debian "$root" openssh-server rsync python3 iproute2 procps psmisc

# Inherited by every session: neither depends on the machine that the lab runs on.
cat >"$root/etc/ssh/sshd_config" <<'END'
ListenAddress 0.0.0.0
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxSessions 100
MaxStartups 200:30:400
Subsystem sftp /usr/lib/openssh/sftp-server
END
