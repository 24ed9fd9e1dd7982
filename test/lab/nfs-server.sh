#!/bin/bash
# nfs-server.sh IMAGE DIRECTORY — an NFS server that exports DIRECTORY as /mnt, as the first process of its namespaces.
#
# NFS 3: libnfs loses count of what it has open by NFS 4.0. That needs a portmapper, of which there is one for each server,
# in the server's own network: nothing but loopback.
#
# It lives until its standard input ends: when whoever started it is gone, for whatever reason, so is the server.
set -euo pipefail
image=$1 directory=$2

mount -t proc -o nosuid,nodev,noexec proc "$image/proc"
mount --bind /dev "$image/dev"
for writable in run tmp var/lib/nfs var/log; do mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$image/$writable"; done
mount --bind "$directory" "$image/mnt"
ip link set lo up

cat >"$image/run/ganesha.conf" <<END
NFS_CORE_PARAM { Protocols = 3; NFS_Port = 2049; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false; }
NFS_KRB5 { Active_krb5 = false; }
EXPORT {
  Export_Id = 1; Path = /mnt; Pseudo = /mnt; Protocols = 3; Transports = TCP; SecType = sys;
  Access_Type = RW; Squash = No_Root_Squash;
  FSAL { Name = VFS; }
}
END

chroot "$image" rpcbind -f >/dev/null 2>&1 &
until [ -S "$image/run/rpcbind.sock" ]; do
  kill -0 $! || exit 1
  sleep 0.01
done
chroot "$image" ganesha.nfsd -F -f /run/ganesha.conf -L /run/ganesha.log -p /run/ganesha.pid -N NIV_EVENT >/dev/null 2>&1 &
until { : <>/dev/tcp/127.0.0.1/2049; } 2>/dev/null; do
  kill -0 $! || { cat "$image/run/ganesha.log" >&2; exit 1; }
  sleep 0.1
done
# It comes up also without what it cannot export.
! grep -F 'Could not create export' "$image/run/ganesha.log" >&2

echo up
cat >/dev/null
