# SPDX-License-Identifier: MIT
"""A job root: an overlay over the client's root, with what a build expects to find mounted."""
import contextlib
import os
import stat

import farm_kernel as kernel
from farm_mirror import layers

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

#: Tells the bashrc hook that it runs in a job root. Only root can make it, so nobody can fake it on a client.
MARKER = "run/portage-farm/job"
#: Where the hook writes the phases. This and what follows are in /dev/shm: whatever a hook writes to, it writes from
#: within a phase, and that is what Portage's sandbox leaves open in every one.
PHASES = "dev/shm/portage-farm-phases"
#: Where the hook says what no binary package can hold, of what was built.
UNFIT = "dev/shm/portage-farm-unfit"
#: Bytes of that which are read: it is one line for people.
_REASON = 4096


class JobRoot:
    """`directory` holds the overlay's upper layer and what is mounted into it; `lower` is the client's root."""

    def __init__(self, directory, lower):
        self.directory = directory
        self.lower = lower
        self.path = os.path.join(directory, "merged")
        self._unfit = None

    def mount(self, binds):
        """Mounts the root in the mount namespace of the caller. `binds`: the root's path → a directory here."""
        for name in ("upper", "work", "merged"):
            os.makedirs(os.path.join(self.directory, name), exist_ok=True)
        # The root directory of the overlay has the mode and owner of the upper layer's: take the client's.
        like = os.stat(self.lower)
        os.chmod(self._own("upper"), stat.S_IMODE(like.st_mode))
        os.chown(self._own("upper"), like.st_uid, like.st_gid)
        # A copy of the client has two layers; a root that the user keeps here has one.
        lower = ":".join(layer for layer in layers(self.lower) if os.path.isdir(layer))
        kernel.mount(
            "overlay", self.path, "overlay", 0,
            f"lowerdir={lower},upperdir={self._own('upper')},workdir={self._own('work')}",
        )
        kernel.mount("proc", self._inside("proc"), "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        kernel.mount("/sys", self._inside("sys"), flags=kernel.MS_BIND | kernel.MS_REC)
        kernel.mount("none", self._inside("sys"), flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY)
        self._mount_dev()
        kernel.mount("run", self._inside("run"), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0755")
        os.makedirs(os.path.join(self.path, "run/lock"))
        for inside, outside in binds.items():
            self.bind(outside, inside)

    def mark(self):
        """Leaves the marker for the bashrc hook; returns the FIFO that it writes the phases to."""
        marker = os.path.join(self.path, MARKER)
        os.makedirs(os.path.dirname(marker))
        open(marker, "w").close()
        fifo = os.path.join(self.path, PHASES)
        os.mkfifo(fifo)
        os.chmod(fifo, 0o622)
        # It is read through this: a build could put a link into its place.
        self._unfit = os.open(os.path.join(self.path, UNFIT), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        return os.open(fifo, os.O_RDWR)

    def provide_fifo(self, path):
        """Makes a named pipe that everybody in the root may use, and opens it: what is written to it stays while it is
        open. Nothing is followed that is a link: one of the client's root would lead out of this one."""
        *folders, name = path.strip("/").split("/")
        place = os.open(self.path, os.O_PATH | os.O_DIRECTORY)
        try:
            for folder in folders:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder, dir_fd=place)
                    os.chmod(folder, 0o755, dir_fd=place)
                inner = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
                os.close(place)
                place = inner
            # An earlier job of this root had one in what is kept of it.
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISFIFO(os.lstat(name, dir_fd=place).st_mode):
                    os.unlink(name, dir_fd=place)
            os.mkfifo(name, dir_fd=place)
            fifo = os.open(name, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=place)
            os.fchmod(fifo, 0o666)
            return fifo
        finally:
            os.close(place)

    def unfit(self):
        """Why no binary package can hold what was built; None if one can."""
        return os.pread(self._unfit, _REASON, 0).decode("utf-8", "replace").strip() or None

    def bind(self, outside, inside):
        kernel.mount(outside, self._inside(inside.lstrip("/")), flags=kernel.MS_BIND)

    def unbind(self, inside):
        kernel.umount(self._inside(inside.lstrip("/")))

    def provide_resolver(self):
        """Gives the root this host's name resolution, for fetching; the client's own may not work here."""
        try:
            with open("/etc/resolv.conf", "rb") as file:
                text = file.read()
        except OSError:
            return
        here = os.path.join(self.path, "run/portage-farm-resolv.conf")
        with open(here, "wb") as file:
            file.write(text)
        target = os.path.join(self.path, "etc/resolv.conf")
        if os.path.islink(target):
            # Usually into /run, which is empty here. An absolute link means the root's own.
            link = os.readlink(target)
            target = os.path.normpath(os.path.join(self.path, "etc", link) if link[0] != "/" else self.path + link)
            if not target.startswith(self.path + "/run/"):
                return
            os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            open(target, "w").close()
        kernel.mount(here, target, flags=kernel.MS_BIND)

    def _own(self, name):
        return os.path.join(self.directory, name)

    def _inside(self, name):
        path = os.path.join(self.path, name)
        os.makedirs(path, exist_ok=True)
        return path

    def _mount_dev(self):
        dev = self._inside("dev")
        kernel.mount("dev", dev, "tmpfs", kernel.MS_NOSUID, "mode=0755")
        for name in _DEVICES:
            node = os.path.join(dev, name)
            open(node, "w").close()
            kernel.mount("/dev/" + name, node, flags=kernel.MS_BIND)
        for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            os.symlink("/proc/self/fd" + target, os.path.join(dev, name))
        os.mkdir(os.path.join(dev, "pts"))
        kernel.mount("devpts", os.path.join(dev, "pts"), "devpts", 0, "newinstance,ptmxmode=0666,mode=0620,gid=5")
        os.symlink("pts/ptmx", os.path.join(dev, "ptmx"))
        os.mkdir(os.path.join(dev, "shm"))
        kernel.mount("shm", os.path.join(dev, "shm"), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=1777")
