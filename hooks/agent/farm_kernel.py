# SPDX-License-Identifier: MIT
"""The few system calls that Python 3.11 does not offer: unshare, mount, umount, pivot_root, prctl, personality."""
import ctypes
import errno
import os
import re
import signal

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SLAVE = 1 << 19

#: A 32-bit system: uname(2) says so on a 64-bit kernel.
PER_LINUX32 = 8

MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1

#: mount_setattr(2), Linux 5.12: its number is the same on all machines but one.
_SYS_MOUNT_SETATTR = 552 if os.uname().machine == "alpha" else 442
_AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = -100, 0x8000, 1
#: What statvfs(3) calls the flags of a mount that a remount would take away, were they not said again.
_KEPT = {
    os.ST_NOSUID: MS_NOSUID,
    os.ST_NODEV: MS_NODEV,
    os.ST_NOEXEC: MS_NOEXEC,
    os.ST_NOATIME: 1 << 10,
    os.ST_NODIRATIME: 1 << 11,
    os.ST_RELATIME: 1 << 21,
}


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def mount(source, target, kind="", flags=0, options=""):
    result = _libc.mount(
        os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), os.fsencode(options)
    )
    _check(result, f"mounting {kind or source} on {target}")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns_fd")]


def make_readonly(path):
    """Makes a mount read-only, and all below it, whatever is mounted there."""
    attributes = _MountAttributes(set=_MOUNT_ATTR_RDONLY)
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR), ctypes.c_long(_AT_FDCWD), os.fsencode(path), ctypes.c_long(_AT_RECURSIVE),
        ctypes.byref(attributes), ctypes.c_long(ctypes.sizeof(attributes)),
    )
    # An older kernel; or a filter of system calls, of those that came later, that knows only this answer.
    if result != 0 and ctypes.get_errno() in (errno.ENOSYS, errno.EPERM):
        make_readonly_one_by_one(path)
    elif result != 0:
        _check(result, f"making {path} read-only")


def make_readonly_one_by_one(path):
    """The same where the kernel has no call for it."""
    for point in mount_points():
        if point == path or point.startswith(path.rstrip("/") + "/"):
            try:
                remount(point, MS_RDONLY)
            except OSError as error:
                # Whom a path is closed to does not write there either (FUSE); what another mount covers has none.
                if point == path or error.errno not in (errno.EACCES, errno.ENOENT, errno.EINVAL, errno.ENOTCONN):
                    raise


def mount_points():
    """Where something is mounted, as this process sees it (proc_pid_mountinfo(5))."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        points = [line.split(" ")[4] for line in file]
    return [re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point) for point in points]


def remount(path, flags):
    """Makes a mount read-only, or, without the flag, writable; what else it is stays."""
    now = os.statvfs(path).f_flag
    kept = sum(flag for bit, flag in _KEPT.items() if now & bit)
    mount("none", path, flags=MS_REMOUNT | MS_BIND | kept | flags)


def pivot_root(new):
    """Makes a mount the root of the mount namespace. What was there is out of reach after it, for all processes in it."""
    os.chdir(new)
    # The old root comes to lie over the new one, and is taken away from there: pivot_root(2), NOTES.
    _check(_libc.pivot_root(b".", b"."), f"making {new} the root")
    umount(".")
    os.chdir("/")


def umount(target):
    _check(_libc.umount2(os.fsencode(target), MNT_DETACH), f"unmounting {target}")


def personality(persona):
    """Sets the execution domain (personality(2)), which processes started from here inherit."""
    if _libc.personality(ctypes.c_ulong(persona)) == -1:
        raise OSError(ctypes.get_errno(), "personality: " + os.strerror(ctypes.get_errno()))


def die_with_parent():
    """The kernel kills this process when the thread that started it ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
