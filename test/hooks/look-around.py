# SPDX-License-Identifier: MIT
"""Run by root in a job: what of the host is in reach there. Prints a JSON object. Nothing is written: what could be is opened."""
import json
import os
import stat
import subprocess


def tried(function):
    try:
        function()
    except OSError as error:
        return error.strerror
    return "done"


def opened(path):
    return tried(lambda: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK)))


def is_there(path):
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(1) != b""
    except OSError:
        return False


def shell(line):
    found = subprocess.run(["/bin/sh", "-ec", line], capture_output=True, text=True)
    return "done" if found.returncode == 0 else found.stderr.strip() or found.returncode


def is_in_root(path):
    """Whether from a directory, and all that lie above it, the job's own root is reached, or a /proc that cannot be written
    to, and not another root."""
    place = os.open(path, os.O_PATH | os.O_DIRECTORY)
    while True:
        above = os.open("..", os.O_PATH | os.O_DIRECTORY, dir_fd=place)
        if os.path.samestat(os.fstat(above), os.fstat(place)):
            top = f"/proc/self/fd/{above}"
            is_closed_proc = os.path.exists(top + "/self/status") and os.fstatvfs(above).f_flag & os.ST_RDONLY
            is_own = os.path.samestat(os.fstat(above), os.stat("/")) and not os.path.exists(top + "/the-host")
            return is_own or bool(is_closed_proc)
        place = above


directories = ["/proc/1/root", "/proc/1/cwd"]
for name in os.listdir("/proc/1/fd"):
    path = "/proc/1/fd/" + name
    if stat.S_ISDIR(os.stat(path).st_mode):
        directories.append(path)
mapped = ["/proc/1/map_files/" + name for name in os.listdir("/proc/1/map_files")]
with open("/proc/self/mountinfo") as file:
    mounts = [line.split() for line in file]
with open("/proc/self/status") as file:
    status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
sysctls = [os.path.join(folder, name) for folder, _, names in os.walk("/proc/sys") for name in names]
print(json.dumps({
    "in_root": {os.path.basename(path): is_in_root(path) for path in directories if not os.readlink(path).startswith("/proc")},
    "programs_writable": [path for path in ["/proc/1/exe", *mapped] if not os.statvfs(path).f_flag & os.ST_RDONLY],
    "kernel_writable": [path for path in [*sysctls, "/proc/sysrq-trigger"] if opened(path) == "done"],
    "others_writable": [
        path for path in (os.path.join("/proc", name) for name in os.listdir("/proc") if not name.isdigit())
        if os.path.isfile(path) and not os.path.islink(path) and os.stat(path).st_rdev == 0
        and os.stat(path).st_mode & 0o222 and opened(path) == "done"
    ],
    "sys_writable": [fields[4] for fields in mounts if fields[4].startswith("/sys") and "ro" not in fields[5].split(",")],
    "sys_mounts": [fields[4] for fields in mounts if fields[4].startswith("/sys")],
    "hidden_readable": [name for name in ("kcore", "keys", "kmsg") if is_there("/proc/" + name)],
    "bounding": status["CapBnd"],
    "effective": status["CapEff"],
    "inheritable": status["CapInh"],
    "oom": open("/proc/self/oom_score_adj").read().strip(),
    "null": opened("/dev/null"),
    "networks": [os.readlink(f"/proc/{each}/ns/net") for each in ("1", "self")],
    # What builds, their tests, and Portage's own sandboxes do.
    "works": {line: shell(line) for line in (
        "mkdir -p /tmp/w && cd /tmp/w && touch a && chown 250:250 a && chmod 4711 a",
        "cd /tmp/w && mknod null c 1 3 && mknod sda b 8 0 && mkfifo pipe",
        "unshare --mount sh -ec 'mount --make-rslave / && mount -t tmpfs none /mnt && mount --bind /tmp/w /media'",
        "unshare --mount --pid --fork sh -ec 'mount --make-rslave / && mount -n -t proc -o nosuid,nodev,noexec proc /proc && test -d /proc/1'",
        "unshare --net sh -ec 'true' && unshare --ipc --uts hostname x",
        "unshare --mount sh -ec 'mount -t tmpfs none /mnt && cd /mnt && mkdir l u w m && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w overlay m && touch m/x'",
        "chroot / /bin/true",
        "setpriv --reuid=250 --regid=250 --clear-groups sh -c 'test $(id -u) = 250'",
        "nice -n -5 true",
    )},
}))
