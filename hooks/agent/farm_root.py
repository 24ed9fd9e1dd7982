# SPDX-License-Identifier: MIT
"""A job root: an overlay over the client's root, with what a build expects to find mounted.

All that is made in it is made from within: a link of the client's root leads where it leads in that root, never to a
place of the host. When it is complete it takes the place of the host's root, of which nothing is left in reach.
"""
import contextlib
import os
import stat

import farm_kernel as kernel
import farm_paths as paths
from farm_mirror import layers

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

#: Of /proc, what tells of the kernel's memory, log and keys.
_HIDDEN = ("kcore", "keys", "key-users", "kmsg")
#: Where a job's directories of packages are mounted, of which one at a time is PKGDIR. Closed to all but root.
_PACKAGES = "/run/portage-farm/packages"

#: Tells the bashrc hook that it runs in a job root. Only root can make it, so nobody can fake it on a client.
MARKER = "/run/portage-farm/job"
#: Where the hook writes the phases. This and what follows are in /dev/shm: whatever a hook writes to, it writes from
#: within a phase, and that is what Portage's sandbox leaves open in every one.
PHASES = "/dev/shm/portage-farm-phases"
#: Where the hook says what no binary package can hold, of what was built.
UNFIT = "/dev/shm/portage-farm-unfit"
#: Bytes of that which are read: it is one line for people.
_REASON = 4096


class JobRoot:
    """`directory` holds the overlay's upper layer; `lower` is the client's root; `client`: the directory that all of it is
    in, or else is the host's own. For the first process of a PID namespace, in a mount namespace of its own."""

    def __init__(self, directory, lower, client):
        self._directory = directory
        self._lower = lower
        self._client = client
        self._unfit = None
        #: /proc, read-only, where nobody can cover anything of it.
        self.proc = None
        self._packages = []

    def enter(self, binds, packages):
        """Makes the root, and this process's own. `binds`: the root's path → a directory here; `packages`: the directories
        here that are to be PKGDIR by turns (`show_packages`)."""
        with contextlib.ExitStack() as outside:

            def opened(path, flags=os.O_DIRECTORY):
                descriptor = os.open(path, os.O_PATH | flags)
                outside.callback(os.close, descriptor)
                return descriptor

            host, system = opened("/"), opened("/sys")
            devices = {name: opened("/dev/" + name, 0) for name in _DEVICES}
            bound = [(inside, opened(self._real(path))) for inside, path in binds.items()]
            self._packages = list(dict.fromkeys(packages))
            turns = [opened(self._real(path)) for path in self._packages]
            merged = self._mount_overlay()
            os.chroot(merged)
            os.chdir("/")
            self._mount_proc()
            self._mount_sys(system)
            self._mount_dev(devices)
            kernel.mount("run", _directory("/run"), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0755")
            os.makedirs("/run/lock")
            os.makedirs("/run/portage-farm")
            for inside, descriptor in bound:
                _bind(descriptor, _directory(inside))
            os.mkdir(_PACKAGES, 0o700)
            for number, descriptor in enumerate(turns):
                os.mkdir(f"{_PACKAGES}/{number}")
                _bind(descriptor, f"{_PACKAGES}/{number}")
            # Only who has the namespace's own root may give it another one.
            os.fchdir(host)
            os.chroot(".")
            kernel.pivot_root(merged)

    def _mount_overlay(self):
        directory, lower = self._real(self._directory), self._real(self._lower)
        upper, work, merged = (os.path.join(directory, name) for name in ("upper", "work", "merged"))
        for path in (upper, work, merged):
            os.makedirs(path, exist_ok=True)
        # The root directory of the overlay has the mode and owner of the upper layer's: take the client's.
        like = os.stat(lower)
        os.chmod(upper, stat.S_IMODE(like.st_mode))
        os.chown(upper, like.st_uid, like.st_gid)
        # A copy of the client has two layers; a root that the user keeps here has one.
        below = ":".join(self._real(layer) for layer in layers(lower) if os.path.isdir(layer))
        kernel.mount("overlay", merged, "overlay", 0, f"lowerdir={below},upperdir={upper},workdir={work}")
        return merged

    def _real(self, path):
        return paths.real(path, self._client)

    def _mount_proc(self):
        place, flags = _directory("/proc"), kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
        kernel.mount("proc", place, "proc", flags)
        # Held, and then nowhere: whoever is root in the job may mount what he likes over the other one.
        kernel.remount(place, kernel.MS_RDONLY)
        self.proc = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        kernel.umount(place)
        kernel.mount("proc", place, "proc", flags)
        for name in os.listdir("/proc"):
            path = os.path.join("/proc", name)
            found = os.lstat(path)
            # Those of processes are the job's own. All else that can be written to is the host's.
            is_host = stat.S_ISDIR(found.st_mode) and not name.isdigit()
            if is_host or stat.S_ISREG(found.st_mode) and found.st_mode & 0o222:
                kernel.mount(path, path, flags=kernel.MS_BIND)
                kernel.remount(path, kernel.MS_RDONLY)

    def _mount_sys(self, system):
        place = _directory("/sys")
        _bind(system, place, kernel.MS_REC)
        kernel.make_readonly(place)

    def _mount_dev(self, devices):
        place = _directory("/dev")
        kernel.mount("dev", place, "tmpfs", kernel.MS_NOSUID, "mode=0755")
        for name, descriptor in devices.items():
            node = os.path.join("/dev", name)
            open(node, "w").close()
            _bind(descriptor, node)
            kernel.remount(node, 0)
        for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            os.symlink("/proc/self/fd" + target, os.path.join("/dev", name))
        os.mkdir("/dev/pts")
        kernel.mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620,gid=5")
        os.symlink("pts/ptmx", "/dev/ptmx")
        os.mkdir("/dev/shm")
        kernel.mount("shm", "/dev/shm", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=1777")
        for name in _HIDDEN:
            if os.path.exists("/proc/" + name):
                kernel.mount("/dev/null", "/proc/" + name, flags=kernel.MS_BIND)

    # What follows is called from within.

    def mark(self):
        """Leaves the marker for the bashrc hook; returns the FIFO that it writes the phases to."""
        open(MARKER, "w").close()
        os.mkfifo(PHASES)
        os.chmod(PHASES, 0o622)
        # It is read through this: a build could put a link into its place.
        self._unfit = os.open(UNFIT, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        return os.open(PHASES, os.O_RDWR)

    def provide_fifo(self, path):
        """Makes a named pipe that everybody in the root may use, and opens it: what is written to it stays while it is
        open."""
        # As it is wherever the system makes such directories: /dev, /run and /tmp are there.
        path = os.path.join(_directory(os.path.dirname(path)), os.path.basename(path))
        # An earlier job of this root had one in what is kept of it.
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISFIFO(os.lstat(path).st_mode):
                os.unlink(path)
        os.mkfifo(path)
        fifo = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
        os.fchmod(fifo, 0o666)
        return fifo

    def unfit(self):
        """Why no binary package can hold what was built; None if one can."""
        return os.pread(self._unfit, _REASON, 0).decode("utf-8", "replace").strip() or None

    def show_packages(self, packages, inside):
        """Mounts one of the directories of packages over what is there."""
        kernel.mount(f"{_PACKAGES}/{self._packages.index(packages)}", _directory(inside), flags=kernel.MS_BIND)

    def hide_packages(self, inside):
        kernel.umount(os.path.realpath(inside))

    def provide_resolver(self, text):
        """Gives the root the host's name resolution, for fetching; the client's own may not work there. `text`: of the
        host's resolv.conf(5)."""
        here = "/run/portage-farm/resolv.conf"
        with open(here, "wb") as file:
            file.write(text)
        # Often a link into /run, which is empty here.
        target = os.path.realpath("/etc/resolv.conf")
        _directory(os.path.dirname(target))
        if not os.path.exists(target):
            open(target, "w").close()
        kernel.mount(here, target, flags=kernel.MS_BIND)


def _directory(path):
    """The directory that a path of this root leads to, made if it is not there: also what a link leads to."""
    path = os.path.realpath(path)
    os.makedirs(path, exist_ok=True)
    return path


def _bind(descriptor, target, more=0):
    # By what was opened outside: a path would be looked for in here.
    kernel.mount(f"/proc/self/fd/{descriptor}", target, flags=kernel.MS_BIND | more)
