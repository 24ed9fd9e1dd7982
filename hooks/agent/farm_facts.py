# SPDX-License-Identifier: MIT
"""What this host is, has and can do. Whether that is enough is the client's to say: lib/core/host-check.ts."""
import os
import re
import resource
import shutil
import subprocess
import sys
import time

import farm_trial as trial

#: capabilities(7): what making a job root, and installing packages into it, takes.
_CAPABILITIES = {
    "CAP_CHOWN": 0,
    "CAP_DAC_OVERRIDE": 1,
    "CAP_FOWNER": 3,
    "CAP_FSETID": 4,
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
    "CAP_NET_ADMIN": 12,
    "CAP_SYS_CHROOT": 18,
    "CAP_SYS_ADMIN": 21,
    "CAP_MKNOD": 27,
    "CAP_SETFCAP": 31,
}


def facts(directory, client):
    """The facts. `directory`: the farm's own here; `client`: the client's part of it."""
    system = os.uname()
    return {
        "hostname": system.nodename,
        "machine": system.machine,
        "kernel": system.release,
        "distribution": _distribution(),
        "python": "{}.{}.{}".format(*sys.version_info),
        "uid": os.geteuid(),
        "lacksCapabilities": _lacking_capabilities(),
        "rsync": _rsync(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "openFiles": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "processes": resource.getrlimit(resource.RLIMIT_NPROC)[1],
        "cpu": _cpu(),
        "directory": _directory(directory),
        "hasCopy": _has_copy(client),
        # Last: it is compared with the client's at the moment of the answer.
        "clock": time.time() * 1000,
    }


def _distribution():
    """ID and ID_LIKE of os-release(5), most specific first."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                fields = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
        except OSError:
            continue
        return " ".join(fields.get(name, "").strip("\"'") for name in ("ID", "ID_LIKE")).split()
    return []


def _lacking_capabilities():
    with open("/proc/self/status") as file:
        effective = int(re.search(r"^CapEff:\s*([0-9a-f]+)", file.read(), re.M)[1], 16)
    return [name for name, bit in _CAPABILITIES.items() if not effective >> bit & 1]


def _rsync():
    """Its version, and which of the abilities that a copy needs it was built without; None if there is none."""
    if shutil.which("rsync") is None:
        return None
    said = subprocess.run(["rsync", "--version"], capture_output=True, text=True, errors="replace").stdout
    found = re.search(r"version\s+v?(\d+(?:\.\d+)+)", said)
    lacks = [name for name in ("ACLs", "xattrs", "hardlinks") if re.search(rf"\bno {name}\b", said)]
    return {"version": found[1] if found else "", "lacks": lacks}


def _cpu():
    """The kernel's words for the instructions that every processor here has, and which processor it is."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        blocks = [dict(re.findall(r"^([^\t:]+?)\s*:[ \t]*(.*)$", block, re.M)) for block in file.read().split("\n\n")]
    flags = [set(block[name].split()) for block in blocks for name in ("flags", "Features") if name in block]
    first = blocks[0]
    names = ("vendor_id", "cpu family", "model", "CPU implementer", "CPU part", "cpu")
    return {
        "flags": sorted(set.intersection(*flags)) if flags else [],
        "identity": " ".join(first[name] for name in names if name in first),
    }


def _directory(directory):
    """The file system of the farm's directory, and what became of the trials there."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        place = os.statvfs(directory)
        kind, point, options = _mount_of(os.path.realpath(directory))
        return {
            "kind": kind,
            "mountPoint": point,
            "options": options,
            "freeBytes": place.f_bavail * place.f_frsize,
            # Some file systems make them as they need them, and count none.
            "freeFiles": place.f_favail if place.f_files > 0 else None,
            "trials": trial.run(directory),
        }
    except OSError as error:
        return {"error": error.strerror or str(error)}


def _mount_of(path):
    """Type, mount point and options of the file system that a path lies on. (proc_pid_mountinfo(5))"""
    best = ("", "/", [])
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            before, _, after = line.partition(" - ")
            fields = before.split(" ")
            point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4])
            inside = path == point or path.startswith(point.rstrip("/") + "/")
            # Of several on one point the last one is on top.
            if inside and len(point) >= len(best[1]):
                best = (after.split(" ")[0], point, fields[5].split(","))
    return best


def _has_copy(client):
    try:
        return any(re.fullmatch(r"root-\d+\.complete", name) for name in os.listdir(client))
    except OSError:
        return False
