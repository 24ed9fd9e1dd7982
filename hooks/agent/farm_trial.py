# SPDX-License-Identifier: MIT
"""Tries what jobs will do on this host, in a process that is thrown away: no kernel version says it for certain.

A trial's result is None if it went well, or else the reason in words.
"""
import json
import os
import shutil
import stat
import tempfile

import farm_kernel as kernel

_NAMESPACES = {
    "mount": kernel.CLONE_NEWNS,
    "pid": kernel.CLONE_NEWPID,
    "ipc": kernel.CLONE_NEWIPC,
    "uts": kernel.CLONE_NEWUTS,
    "net": kernel.CLONE_NEWNET,
}

#: Where binaries lie is the host's own business; this one is everywhere.
_SCRIPT = "#!/bin/sh\nexit 0\n"


def run(directory):
    """The result of each trial, by its name: `namespaces`, `overlay`, `mounts`, `execution`. Works in `directory`."""
    work = tempfile.mkdtemp(prefix=".trial-", dir=directory)
    try:
        return _in_a_child(lambda: _trials(work))
    finally:
        # Mounts were made in a namespace that is gone.
        shutil.rmtree(work, ignore_errors=True)


def _in_a_child(function):
    """The JSON value that a function returns in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(function()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        raise OSError("a trial ended without a result")
    return json.loads(data)


def _trials(work):
    # First: in a new PID namespace a process is followed by no other once it has ended.
    execution = _tried(_execution, work)
    missing = []
    for name, flag in _NAMESPACES.items():
        try:
            kernel.unshare(flag)
        except OSError as error:
            missing.append(f"{name} ({error.strerror})")
    if missing:
        return {"namespaces": ", ".join(missing), "overlay": None, "mounts": None, "execution": execution}
    return {
        "namespaces": None,
        "overlay": _tried(_overlay, work),
        # proc can be mounted only by a process of the new PID namespace: by a child.
        "mounts": _in_a_child(lambda: _tried(_mounts, work)),
        "execution": execution,
    }


def _tried(trial, work):
    try:
        return trial(work)
    except OSError as error:
        where = "" if error.filename is None else f" ({os.path.basename(error.filename)})"
        return (error.strerror or str(error)) + where


def _overlay(work):
    """What a job root's overlay must be able to do: take changes, and hide what lies below."""
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    path = {name: os.path.join(work, name) for name in ("lower", "upper", "work", "merged")}
    for each in path.values():
        os.mkdir(each)
    os.makedirs(os.path.join(path["lower"], "folder/inner"))
    open(os.path.join(path["lower"], "file"), "w").close()
    options = "lowerdir={lower},upperdir={upper},workdir={work}".format(**path)
    kernel.mount("overlay", path["merged"], "overlay", 0, options)
    file, folder = (os.path.join(path["merged"], name) for name in ("file", "folder"))
    os.chown(file, 250, 250)
    os.chmod(file, 0o4711)
    found = os.stat(file)
    if (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) != (250, 250, 0o4711):
        return "owner and mode of a file do not stay as they are set"
    os.unlink(file)
    shutil.rmtree(folder)
    os.mkdir(folder)
    if os.path.exists(file) or os.listdir(folder):
        return "what is removed in it comes back"
    return None


def _mounts(work):
    for kind, options in (("proc", ""), ("tmpfs", "mode=0755"), ("devpts", "newinstance,ptmxmode=0666")):
        target = os.path.join(work, kind)
        os.mkdir(target)
        kernel.mount(kind, target, kind, 0, options)
    # Last, and where nobody else's root is changed by it: not possible from within a chroot, say.
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.pivot_root(os.path.join(work, "tmpfs"))
    return None


def _execution(work):
    path = os.path.join(work, "script")
    with open(path, "w") as file:
        file.write(_SCRIPT)
    os.chmod(path, 0o755)
    child = os.fork()
    if child == 0:
        try:
            os.execv(path, [path])
        except OSError as error:
            os._exit(error.errno)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == 0 else os.strerror(code)
