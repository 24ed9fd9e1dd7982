# SPDX-License-Identifier: MIT
"""Ends a job in which nothing happens: a build that waits for ever, where a slow one computes or writes."""
import os
import signal
import threading

from farm_processes import processes, read

#: Seconds between looks.
EVERY = 2
#: Seconds after which it is told again that something happens.
_TELL = 60


class Stuck:
    """Use as a context in the first process of a PID namespace: when its other processes used no CPU time and the log did
    not grow for `limit` seconds (0: for ever), they are killed, and `struck` is true. While something happens, `tell` is
    called now and then: who waits for the job elsewhere gives it up otherwise. `proc`, `log`:
    descriptors."""

    def __init__(self, proc, log, limit, tell=lambda: None):
        self._proc, self._log, self._limit, self._tell = proc, log, limit, tell
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.struck = False

    def __enter__(self):
        if self._limit > 0:
            self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        if self._limit > 0:
            self._thread.join()

    def _watch(self):
        last, still, told = None, 0, 0
        while not self._over.wait(EVERY):
            now = self._state()
            # Counted, not taken from a clock: a host that was asleep did not look.
            still = still + EVERY if now == last else 0
            told += EVERY
            if now != last and told >= _TELL:
                told = 0
                self._tell()
            last = now
            if still >= self._limit:
                self.struck = True
                os.kill(-1, signal.SIGKILL)
                return

    def _state(self):
        return os.fstat(self._log).st_size, [(pid, self._ticks(pid)) for pid in processes(self._proc)]

    def _ticks(self, pid):
        """CPU time of a process and of its children that have ended, by proc_pid_stat(5); None if it ended meanwhile."""
        try:
            return read(self._proc, f"{pid}/stat").rpartition(b")")[2].split()[11:15]
        except OSError:
            return None
