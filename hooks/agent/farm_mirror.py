# SPDX-License-Identifier: MIT
"""The copies of a client's root on this host.

    DIR/clients/MACHINE/root-N           a generation: the lower layer of job roots
    DIR/clients/MACHINE/root-N.apart     what of it not everybody may read on the client, or is not in its places: lies over it
    DIR/clients/MACHINE/root-N.lock      held while it is written (exclusively) or used (shared)
    DIR/clients/MACHINE/root-N.complete  it was copied to its end, for the run that is named in it
    DIR/clients/MACHINE/root-N.tried     the tool chain in it that ran on this host

A lower layer must not change while an overlay uses it. So a generation that jobs of another run use is left alone, and
the next one starts as hard links to it (rsync's --link-dest).
"""
import fcntl
import os
import re
import shutil
import stat


class Mirror:
    """A generation that this agent holds: exclusively until `finish`, shared with other runs from then on."""

    def __init__(self, path, lock, base):
        self.path = path
        #: The generation to link unchanged files from; None where the files are already here.
        self.base = base
        self._lock = lock

    def forget(self, paths):
        """Removes files that the client may not send any more, as they were when it might: under all their names.
        `paths`: a character for each byte."""
        others = {_unlink_below(self.path, path.encode("latin-1")) for path in paths} - {None}
        if others:
            _unlink_all(self.path, others)

    def finish(self, run):
        with open(self.path + ".complete", "w") as file:
            file.write(run)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def take_tried(self):
        """The tool chain that ran here, if it is still the one of the copy: that is about to change."""
        try:
            with open(self.path + ".tried") as file:
                toolchain = file.read()
            os.unlink(self.path + ".tried")
            return toolchain
        except FileNotFoundError:
            return None

    def set_tried(self, toolchain):
        with open(self.path + ".tried", "w") as file:
            file.write(toolchain)

    @property
    def complete(self):
        return os.path.exists(self.path + ".complete")


def open_mirror(directory):
    """The generation to copy into: the newest if nobody uses it, otherwise a new one. Older ones that are free go."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    numbers = sorted(
        (int(found[1]) for found in (re.fullmatch(r"root-(\d+)\.lock", name) for name in os.listdir(directory)) if found),
        reverse=True,
    )
    newest = numbers[0] if numbers else 0
    mirror = None
    if numbers:
        lock = _try_lock(_path(directory, newest))
        if lock is not None:
            mirror = Mirror(_path(directory, newest), lock, None)
    if mirror is None:
        base = next((n for n in numbers if os.path.exists(_path(directory, n) + ".complete")), None)
        path = _path(directory, newest + 1)
        mirror = Mirror(path, _try_lock(path), base and _path(directory, base))
    for layer in layers(mirror.path):
        os.makedirs(layer, exist_ok=True)
    for number in numbers:
        if _path(directory, number) not in (mirror.path, mirror.base):
            _remove_if_free(_path(directory, number))
    return mirror


def layers(path):
    """The directories of a generation, the uppermost first."""
    return [path + ".apart", path]


def keep_mirror(path, run):
    """The generation that was copied for a run whose keeper is gone: the client has changed since, and cannot be copied
    again. Raises ValueError if it is not there any more."""
    lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    try:
        with open(path + ".complete") as file:
            if file.read() == run:
                return Mirror(path, lock, None)
    except FileNotFoundError:
        pass
    os.close(lock)
    raise ValueError("the copy of this system that the run began with is gone")


def _path(directory, number):
    return os.path.join(directory, f"root-{number}")


def _try_lock(path):
    lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    except BlockingIOError:
        os.close(lock)
        return None


def _unlink_below(root, path):
    """Links on the way are not followed: they are the client's. Returns the number of a file that has other names."""
    *folders, name = path.strip(b"/").split(b"/")
    place = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
            os.close(place)
            place = inner
        found = os.lstat(name, dir_fd=place)
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(name, dir_fd=place)
        if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
            return found.st_ino
    except (FileNotFoundError, NotADirectoryError):
        pass
    finally:
        os.close(place)


def _unlink_all(root, numbers):
    """Removes all names of files. A copy is one file system."""
    for _, _, names, place in os.fwalk(os.fsencode(root), follow_symlinks=False):
        for name in names:
            if os.lstat(name, dir_fd=place).st_ino in numbers:
                os.unlink(name, dir_fd=place)


def _remove_if_free(path):
    lock = _try_lock(path)
    if lock is None:
        return
    for mark in (".complete", ".tried"):
        if os.path.exists(path + mark):
            os.unlink(path + mark)
    for layer in layers(path):
        shutil.rmtree(layer, ignore_errors=True)
    os.unlink(path + ".lock")
    os.close(lock)
