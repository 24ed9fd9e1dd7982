# SPDX-License-Identifier: MIT
"""What this host keeps and nobody has used for long, and how it goes.

    DIR/clients/MACHINE/distfiles/NAME   sources: a job that wants one sets its time of access
    DIR/clients/OTHER                    all of a client that comes no more
    DIR/clients/.gone-…                  what is on its way out

What a run that lives may use is left alone: sources that were wanted within a day, and clients that have a keeper here, or
a copy that somebody holds.
"""
import fcntl
import os
import shutil
import stat
import time

import farm_runs as runs

_DAY = 24 * 3600
_GONE = ".gone-"


def use(path):
    """Notes that a source is wanted, whatever the file system notes by itself."""
    try:
        os.utime(path, ns=(time.time_ns(), os.stat(path).st_mtime_ns))
    except OSError:
        pass


def clean(client, days, most, pretend, others):
    """Removes sources of a client that were not used for `days`, and the longest unused of those beyond `most` bytes; with
    `others`, also clients that were not here for `days`. Returns what went, or with `pretend` what would."""
    removed = _clean_distfiles(os.path.join(client, "distfiles"), days, most, pretend)
    if others:
        removed += _clean_clients(client, days, pretend)
    return removed


def _clean_distfiles(directory, days, most, pretend):
    found = [(*_tree(path), path) for path in _entries(directory)]
    total = sum(size for _, size, _ in found)
    removed = []
    for used, size, path in sorted(found):
        age = time.time() - used
        if age <= _DAY or (age <= days * _DAY and total <= most):
            continue
        total -= size
        removed.append(_said("distfiles/" + os.path.basename(path), size, age))
        if not pretend:
            _remove(path)
    return removed


def _clean_clients(client, days, pretend):
    directory = os.path.dirname(client)
    removed = []
    for path in _entries(directory):
        name = os.path.basename(path)
        if name.startswith(_GONE):
            if not pretend:
                _remove(path)
            continue
        if path == client or os.path.islink(path) or not os.path.isdir(path):
            continue
        age = time.time() - _last_here(path)
        if age <= days * _DAY:
            continue
        with _Held(path) as is_free:
            if not is_free:
                continue
            removed.append(_said(name, _tree(path)[1], age))
            if not pretend:
                _remove_client(directory, path)
    return removed


def _remove_client(directory, path):
    """At once out of the way of a client that comes back meanwhile, which begins anew."""
    gone = os.path.join(directory, f"{_GONE}{os.path.basename(path)}-{os.getpid()}")
    os.rename(path, gone)
    if runs.kept(gone):
        os.rename(gone, path)
    else:
        _remove(gone)


class _Held:
    """Holds all copies of a client that has no run here; says whether it could."""

    def __init__(self, path):
        self._path, self._locks = path, []

    def __enter__(self):
        if os.path.isdir(os.path.join(self._path, "runs")) and runs.kept(self._path):
            return False
        for name in os.listdir(self._path):
            if not name.endswith(".lock"):
                continue
            lock = os.open(os.path.join(self._path, name), os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            self._locks.append(lock)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def __exit__(self, *_exception):
        for lock in self._locks:
            os.close(lock)


def _last_here(client):
    """When a run of the client last began or ended here, or finished its copy."""
    names = [name for name in os.listdir(client) if name in ("runs", "distfiles") or name.startswith("root-")]
    paths = [client, *(os.path.join(client, name) for name in names if not _is_copy(name))]
    return max(os.lstat(path).st_mtime for path in paths)


def _is_copy(name):
    """A copy has the times of the client's root."""
    return name.startswith("root-") and name.removeprefix("root-").isdigit()


def _entries(directory):
    try:
        return [os.path.join(directory, name) for name in sorted(os.listdir(directory))]
    except FileNotFoundError:
        return []


def _tree(top):
    """When anything in it was last used or made, and what it takes; each file once, whatever its names."""
    used, size, seen = 0, 0, set()
    stack = [top]
    while stack:
        path = stack.pop()
        try:
            found = os.lstat(path)
            if stat.S_ISDIR(found.st_mode):
                stack += [os.path.join(path, name) for name in os.listdir(path)]
        except OSError:
            continue
        if not stat.S_ISDIR(found.st_mode):
            used = max(used, found.st_atime)
        used = max(used, found.st_mtime if path != top or stat.S_ISDIR(found.st_mode) else 0)
        if (found.st_dev, found.st_ino) not in seen:
            seen.add((found.st_dev, found.st_ino))
            size += found.st_blocks * 512
    return used, size


def _said(name, size, age):
    return {"name": name, "bytes": size, "days": max(0, int(age / _DAY))}


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)
