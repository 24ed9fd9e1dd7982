# SPDX-License-Identifier: MIT
"""The few system calls that Python 3.11 does not offer: unshare, mount, umount, prctl, sethostname is in socket."""
import ctypes
import os
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

#: A 32-bit system: uname(2) says so on a 64-bit kernel.
PER_LINUX32 = 8

MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1


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


def umount(target):
    _check(_libc.umount2(os.fsencode(target), MNT_DETACH), f"unmounting {target}")


def personality(persona):
    """Sets the execution domain (personality(2)), which processes started from here inherit."""
    if _libc.personality(ctypes.c_ulong(persona)) == -1:
        raise OSError(ctypes.get_errno(), "personality: " + os.strerror(ctypes.get_errno()))


def die_with_parent():
    """The kernel kills this process when the thread that started it ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
