#!/bin/bash
# boot.sh DISK LOWER ADDRESS MAC SWITCH PORT STORE PROGRAM OPTIONS NETWORK PLAIN… — the boot of one host, as the first process of its namespaces.
#
#   DISK     a directory: what the host keeps from boot to boot, and its name is the host's
#   LOWER    the images that its root lies on, topmost first, with colons between them
#   SWITCH   the process whose network namespace has the bridge; PORT is the host's link to it there. If it is empty, the
#            host has no network
#   STORE    a directory of this machine that the host has at /mnt/farm; may be empty. PROGRAM, if it is not empty, shows it
#            there, with OPTIONS; NETWORK, if it is not empty, is a process in whose network that runs
#   PLAIN    directories of the host that must not lie on an overlay
#
# The host lives until its standard input ends: when whoever started it is gone, for whatever reason, so is the host.
set -euo pipefail
umask 022
disk=$1 lower=$2 address=$3 mac=$4 switch=$5 port=$6 store=$7 program=$8 options=$9 network=${10}
shift 10
root=$disk/root

mkdir -p "$root" "$disk/upper" "$disk/work" "$disk/plain"
mount -t overlay -o "lowerdir=$lower,upperdir=$disk/upper,workdir=$disk/work" overlay "$root"
if [ ! -e "$disk/installed" ]; then
  tar -C "$disk/seed" --owner=0 --group=0 -cf - . | tar -C "$root" --no-overwrite-dir -xpf -
  touch "$disk/installed"
fi
for plain; do
  mkdir -p "$root$plain"
  copy=$disk/plain/${plain//\//+}
  if [ ! -d "$copy" ]; then
    cp -a "$root$plain" "$copy.partial"
    mv "$copy.partial" "$copy"
  fi
  mount --bind "$copy" "$root$plain"
done

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/full" c 1 7
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
mknod -m 666 "$root/dev/tty" c 5 0
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,nosuid,noexec,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"

if [ -n "$store" ]; then
  mkdir -p "$root/mnt/farm"
  if [ -z "$program" ]; then
    mount --bind "$store" "$root/mnt/farm"
  else
    # shellcheck disable=SC2086 # words
    ${network:+nsenter --net="/proc/$network/ns/net"} "$program" "$store" "$root/mnt/farm" $options \
      </dev/null >"$disk/store.log" 2>&1 &
    until mountpoint -q "$root/mnt/farm"; do
      kill -0 $! || { cat "$disk/store.log" >&2; exit 1; }
      sleep 0.01
    done
  fi
fi

hostname "$(basename "$disk")"
ip link set lo up
if [ -n "$switch" ]; then
  # One batch in the switch's namespace; the process 1 that gets the other end is this one.
  nsenter --net="/proc/$switch/ns/net" ip -batch - <<END
link add $port type veth peer name eth0 address $mac netns 1
link set $port master br0
link set $port up
END
  ip -batch - <<END
address add $address/24 dev eth0
link set eth0 up
END
fi

cd "$root"
pivot_root . mnt
umount -l /mnt

# From here on nothing of the machine is left: another bash, from the host's own root. It reaps what is orphaned.
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  /bin/bash --norc --noprofile -c '
    cd /
    if [ -x /usr/sbin/sshd ]; then
      mkdir -p /run/sshd
      /usr/sbin/sshd -E /var/log/sshd.log </dev/null >/dev/null || exit
      # Port 22 (hexadecimal 16) in the state LISTEN (0A).
      until grep -q ":0016 00000000:0000 0A" /proc/net/tcp; do sleep 0.01; done
    fi
    echo up
    exec >/dev/null 2>&1
    while read -r line; do :; done
  '
