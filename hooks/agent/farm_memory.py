# SPDX-License-Identifier: MIT
"""How much memory a job holds: a thread that looks from time to time."""
import os
import threading

from farm_processes import processes, read

#: Seconds between looks. What holds much holds it for longer.
EVERY = 1
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Memory:
    """Use as a context; then `most` is the most that the processes of a PID namespace, but for its first, held at a time,
    in bytes. `proc`: a descriptor of its /proc. Pages that processes share are counted for each, so it is rather too much than too little."""

    def __init__(self, proc):
        self._proc = proc
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.most = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(EVERY):
            self.most = max(self.most, sum(map(self._held, processes(self._proc))))

    def _held(self, pid):
        """Resident bytes, by proc_pid_statm(5); 0 for a process that has ended meanwhile."""
        try:
            return int(read(self._proc, f"{pid}/statm").split()[1]) * _PAGE
        except (OSError, IndexError):
            return 0
