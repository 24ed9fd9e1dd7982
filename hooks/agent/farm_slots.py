# SPDX-License-Identifier: MIT
"""How many jobs a host has at a time, whoever began them: of all runs and all clients that share a farm's directory.

    DIR/slots/lock   held while tickets are made and counted
    DIR/slots/N      a job's ticket: the lower the number, the earlier it came; its keeper holds a lock on it to its end

A job may run when fewer tickets are before its own than its client has `jobs:` for this host. So jobs begin in the order
in which they came. Where clients say different numbers, one that says less waits until the jobs before its own are few
enough, which they will be as later ones never overtake it; at most as many run as the largest number of them says.
"""
import contextlib
import fcntl
import os


class Slots:
    def __init__(self, farm):
        """`farm`: the farm's directory."""
        path = os.path.join(farm, "slots")
        os.makedirs(path, mode=0o700, exist_ok=True)
        self._directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def ticket(self):
        with self._locked():
            number = max(self._numbers(), default=0) + 1
            file = self._open(str(number), os.O_CREAT | os.O_EXCL)
            fcntl.flock(file, fcntl.LOCK_EX)
        return Ticket(self, number, file)

    def before(self, number):
        """How many jobs came before the one with this ticket, and have not ended."""
        with self._locked():
            return sum(self._is_held(each) for each in self._numbers() if each < number)

    def give_back(self, number, file):
        with self._locked(), contextlib.suppress(FileNotFoundError):
            os.unlink(str(number), dir_fd=self._directory)
        os.close(file)

    def _numbers(self):
        # One of its own: where a listing is at belongs to the descriptor, and each job has a thread.
        listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._directory)
        try:
            return sorted(int(name) for name in os.listdir(listing) if name.isdecimal())
        finally:
            os.close(listing)

    def _is_held(self, number):
        try:
            file = self._open(str(number), 0)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            # Its keeper was killed.
            os.unlink(str(number), dir_fd=self._directory)
            return False
        finally:
            os.close(file)

    @contextlib.contextmanager
    def _locked(self):
        file = self._open("lock", os.O_CREAT)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _open(self, name, flags):
        return os.open(name, os.O_RDWR | os.O_NOFOLLOW | flags, 0o600, dir_fd=self._directory)


class Ticket:
    def __init__(self, slots, number, file):
        self._slots, self._number, self._file = slots, number, file

    def is_next(self, most):
        """Whether the job may run, where `most` may at a time."""
        return self._slots.before(self._number) < most

    def give_back(self):
        self._slots.give_back(self._number, self._file)
