# SPDX-License-Identifier: MIT
"""Answers `portage-farm check`, which calls emerge to learn whether that comes to the farm. Nothing here needs Portage.

It names an empty file of its own in the environment. What is written there is read by lib/edge/reach.ts.
"""
import json
import os
import stat
import sys


class Probe:
    """Where the answer goes. Without a path nobody asked, and nothing is written."""

    def __init__(self, path, shim):
        self._path, self._shim = path, shim
        #: What is known so far: the farm.yaml, the emerge behind this one, its Python script.
        self.config = self.stock = self.script = None

    @property
    def is_asked(self):
        return self._path is not None

    def reached(self, **more):
        """Stock emerge has been changed: whatever it merges from now on comes to the farm."""
        self._answer(reached=True, **more)

    def aside(self, reason):
        """It goes on without the farm."""
        self._answer(reached=False, code=reason.code, reason=reason.text)

    def _answer(self, **what):
        if self._path is None:
            return
        path, self._path = self._path, None
        said = {"shim": self._shim, "version": _version(self._shim), "interpreter": sys.executable, "config": self.config, **what}
        if self.stock is not None:
            said["stock"] = self.stock
        if self.script is not None:
            said["script"] = self.script
        try:
            # Only into the file of who asks: it is there, it is empty, and it is ours.
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                found = os.fstat(descriptor)
                if stat.S_ISREG(found.st_mode) and found.st_size == 0 and found.st_uid == os.geteuid():
                    file.write(json.dumps(said) + "\n")
        except OSError:
            pass


def _version(shim):
    """That of the portage-farm which the shim belongs to; None if it cannot be read."""
    try:
        with open(os.path.join(os.path.dirname(os.path.dirname(shim)), "package.json"), encoding="utf-8") as file:
            return str(json.load(file)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
