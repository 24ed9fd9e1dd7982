# SPDX-License-Identifier: MIT
"""A directory of this process alone, below what is root's: gone with the process, or with what is removed after it was killed
(lib/edge/unused-here.ts). Nothing here needs Portage."""
import atexit
import os
import shutil

#: As lib/edge/client.ts has it. It is not sent to hosts.
STATE = "/var/lib/portage-farm"


def directory(name, state=STATE):
    """The same for the same name. Whose it is stands in its name: by that it is removed when this process was killed."""
    above = os.path.join(state, name)
    os.makedirs(state, 0o755, exist_ok=True)
    try:
        os.mkdir(above, 0o700)
    except FileExistsError:
        pass
    for each in (state, above):
        _assert_own(each)
    path = os.path.join(above, _identity())
    # Of a process before this one that had its number and its time, after a boot.
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path, 0o700)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def _assert_own(path):
    """Whoever may rename a directory decides what stands under its name."""
    found = os.lstat(path)
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(f"others may write to {path}: it must belong to root, with mode 755 or less")


def _identity():
    """This process by its number and the time that it started (proc_pid_stat(5), field 22): numbers are used again."""
    pid = os.getpid()
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return f"{pid}-{file.read().rpartition(')')[2].split()[19]}"
