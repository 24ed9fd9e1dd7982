# SPDX-License-Identifier: MIT
"""Limits for each job where the host has control groups that can be had for the asking: cgroups(7), version 2.

A job's group is made beside the keeper's own, so what the host's administrator limits above that holds for jobs as well.
Controllers that are not on there are not turned on: how the host divides itself up is its own business.
"""
import contextlib
import os

#: Of the numbers that processes may have, the part for one job: a build that forks without end stops there.
_PART_OF_PIDS = 4
#: Of the host's memory, what a job may hold before the kernel slows it down and takes pages from it first, in percent.
_PERCENT_OF_MEMORY = 95
_NAME = "portage-farm-"


class Groups:
    """The place for groups. Use before the host's /sys is out of reach; then `make` makes one, or None."""

    def __init__(self):
        self._directory = None
        with contextlib.suppress(OSError):
            path = _parent()
            if path is not None:
                self._directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
                self._remove_empty()

    def make(self, pid):
        """A group with a process in it, and all that it will start; None where there can be none."""
        if self._directory is None:
            return None
        group = Group(self._directory, f"{_NAME}{os.getpid()}-{pid}")
        try:
            group.begin(pid)
        except OSError:
            group.remove()
            return None
        return group

    def _remove_empty(self):
        """A keeper that was killed leaves groups behind. The kernel removes none that has processes."""
        for name in os.listdir(self._directory):
            if name.startswith(_NAME):
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=self._directory)


class Group:
    def __init__(self, parent, name):
        self._parent, self._name = parent, name

    def begin(self, pid):
        os.mkdir(self._name, dir_fd=self._parent)
        with open("/proc/sys/kernel/pid_max") as file:
            self._limit("pids.max", int(file.read()) // _PART_OF_PIDS)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self._limit("memory.high", memory * _PERCENT_OF_MEMORY // 100)
        self._write("cgroup.procs", pid)

    def remove(self):
        with contextlib.suppress(OSError):
            os.rmdir(self._name, dir_fd=self._parent)

    def _limit(self, name, value):
        # There is no such file where the controller is not on.
        with contextlib.suppress(FileNotFoundError):
            self._write(name, value)

    def _write(self, name, value):
        file = os.open(f"{self._name}/{name}", os.O_WRONLY, dir_fd=self._parent)
        try:
            os.write(file, str(value).encode())
        finally:
            os.close(file)


def _parent():
    """The directory of the group above this process's own, or of its own if that is the topmost, if one of the controllers
    is on there for the groups in it; None if there is none."""
    with open("/proc/self/cgroup") as file:
        own = next((line[3:].rstrip("\n") for line in file if line.startswith("0::")), None)
    with open("/proc/self/mountinfo") as file:
        mounts = [line.split(" ") for line in file if " - cgroup2 " in line]
    # With / as its root it shows what this process sees as its hierarchy.
    point = next((fields[4] for fields in mounts if fields[3] == "/"), None)
    if own is None or point is None or own.startswith("/.."):
        return None
    path = os.path.normpath(point + "/" + os.path.dirname(own))
    with open(os.path.join(path, "cgroup.subtree_control")) as file:
        return path if {"pids", "memory"} & set(file.read().split()) else None
