# SPDX-License-Identifier: MIT
"""What root may do in a job, of all that root may do (capabilities(7)). docs/hosts.md says what follows from it."""
import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

_NUMBERS = {
    name: number
    for number, name in enumerate(
        "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE"
        " NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN"
        " SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE"
        " MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split()
    )
}

#: What files are made with: owners, modes, devices in images of static devices, capabilities of programs.
FILES = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP")
#: What a job keeps.
JOB = (
    *FILES,
    # To become another user and end what that one runs; su asks PAM, which for root insists on the audit log.
    *("KILL", "SETGID", "SETUID", "SETPCAP", "AUDIT_WRITE"),
    # Portage's network-, ipc-, mount- and pid-sandbox are namespaces and mounts; tests make chroots.
    *("SYS_ADMIN", "SYS_CHROOT"),
    # In a network namespace of its own: its loopback is brought up, tests listen below port 1024 and ping.
    *("NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW"),
    # The sandbox traces static programs, where a host has Yama also by this; tests look at processes of other users.
    "SYS_PTRACE",
    # PORTAGE_NICENESS, ulimit, mlock(), System V IPC of users, file leases.
    *("SYS_NICE", "SYS_RESOURCE", "IPC_LOCK", "IPC_OWNER", "LEASE"),
)
#: What rsync keeps that writes a client's root: files, and extended attributes that only an administrator may set.
RSYNC = (*FILES, "SYS_ADMIN")

_PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 23, 24, 47, 4
_PR_SET_NO_NEW_PRIVS = 38
_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def keep_only(names):
    """Takes all others from this process and from whatever it executes, for good: programs of root and those with
    capabilities of their own included."""
    kept = sum(1 << _NUMBERS[name] for name in names)
    number = 0
    # The kernel's own list may be longer than the one here.
    while (has := _prctl(_PR_CAPBSET_READ, number)) >= 0:
        if has and not kept >> number & 1:
            _check(_prctl(_PR_CAPBSET_DROP, number), "dropping a capability")
        number += 1
    # What is inherited would come past the bounding set.
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header, data = _Header(_VERSION_3, 0), (_Data * 2)()
    _check(_libc.capget(ctypes.byref(header), data), "capget")
    for half, each in enumerate(data):
        mask = kept >> 32 * half & 0xFFFFFFFF
        each.effective &= mask
        each.permitted &= mask
        each.inheritable = 0
    _check(_libc.capset(ctypes.byref(header), data), "capset")


def no_new_privileges():
    """No program that is executed from here on gets more than this process has."""
    _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")


def _prctl(option, value):
    return _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
