# SPDX-License-Identifier: GPL-2.0-or-later
"""The library's words on the terminal, in Portage's manner."""
import re

import portage.output
from _emerge.JobStatusDisplay import JobStatusDisplay
from portage.output import colorize

_COLOURS = {"info": "GOOD", "warn": "WARN", "error": "BAD"}
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class _Raw(str):
    """A line that is shown without emerge's `>>>` (3.0.52 has no parameter for it)."""


class FarmStatusDisplay(JobStatusDisplay):
    """Portage's status line. On a terminal it ends in what the farm is doing instead of in the load average; elsewhere
    it is printed only when a package was completed or failed, or when a build here began or ended."""

    progress = ""

    def __init__(self, at_home, **kwargs):
        #: Counts what is built here: what else runs only waits, or is done in a moment.
        object.__setattr__(self, "_at_home", at_home)
        super().__init__(**kwargs)

    def set_progress(self, text):
        object.__setattr__(self, "progress", text)
        if self._isatty:
            self._changed = True
            self.display()

    def building_changed(self):
        self._changed = True
        self.display()

    def say(self, level, text):
        for line in text.splitlines():
            self.displayMessage(_Raw(f" {colorize(_COLOURS.get(level, 'GOOD'), '*')} {line}"))

    def displayMessage(self, msg, *args, **kwargs):
        if not self._isatty:
            # Nothing is erased there: the status line need not be repeated.
            self._displayed = False
        super().displayMessage(msg, *args, **kwargs)

    def display(self):
        if not self._isatty and not self._changed:
            return True
        return super().display()

    def _format_msg(self, msg):
        return msg if isinstance(msg, _Raw) else super()._format_msg(msg)

    def _property_change(self, name, old_value, new_value):
        if name != "running":
            super()._property_change(name, old_value, new_value)

    def _display_status(self):
        object.__setattr__(self, "running", self._at_home())
        super()._display_status()

    def _update(self, msg):
        if self._isatty and self.progress:
            status = msg.partition("Load avg:")[0].rstrip()
            room = portage.output.get_term_size()[1] - len(_ESCAPES.sub("", self._format_msg(status))) - 3
            msg = f"{status}; {self.progress[:room]}" if room > 0 else status
        super()._update(msg)
