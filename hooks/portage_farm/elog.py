# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages of phases that ran on a host, handed to Portage's own elog here, so that a package's messages are one set.

They come as the text of Portage's elog module `save`: `LEVEL: phase` above the lines of each level of each phase, in the
order of the phases. A line of a message that reads like such a heading is taken for one.
"""
import io
import os

import portage.elog
from portage.const import EBUILD_PHASES
from portage.elog import messages

_FUNCTIONS = {"INFO": "einfo", "LOG": "elog", "WARN": "ewarn", "QA": "eqawarn", "ERROR": "eerror"}

#: Portage ran it here too, before anything was built.
_SAID_HERE = "pretend"


def parse(text):
    """The messages by phase: lists of (level, line)."""
    found = {}
    phase = level = None
    # Not splitlines(), which knows more ends of lines than Portage.
    for line in text.removesuffix("\n").split("\n"):
        heading = _heading(line, phase, level)
        if heading is not None:
            level, phase = heading
        elif phase is not None:
            found.setdefault(phase, []).append((level, line))
    found.pop(_SAID_HERE, None)
    return found


def _heading(line, phase, level):
    """Phases come in their order, and within one the level changes with each heading."""
    new_level, _, new_phase = line.partition(": ")
    if new_level not in _FUNCTIONS or new_phase not in EBUILD_PHASES:
        return None
    if phase is not None:
        before, after = EBUILD_PHASES.index(phase), EBUILD_PHASES.index(new_phase)
        if after < before or (after == before and new_level == level):
            return None
    return new_level, new_phase


def restore(text, settings):
    """Puts the messages where Portage finds those of the package's own phases, before it merges it.

    pkg_setup ran on the host and here: what both said is said once, also how Portage describes the package above it.
    """
    said = parse(text)
    directory = os.path.join(settings["T"], "logging")
    for phase, lines in said.items():
        path = os.path.join(directory, phase)
        raw = [f"{level} {line}\n" for level, line in lines]
        here = [line for line in _read(path) if line not in raw]
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(raw + here)
    if "setup" in said:
        buffered = messages.collect_messages(key=settings.mycpv, phasefilter=("setup",))
        for level, line in buffered.get(settings.mycpv, {}).get("setup", ()):
            if level != "INFO":
                _say(level, line, "setup", settings.mycpv)


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
            return file.readlines()
    except FileNotFoundError:
        return []


def process(text, settings, cpv):
    """Hands the messages of a package that is not merged to Portage's elog modules."""
    for phase, said in parse(text).items():
        for level, line in said:
            _say(level, line, phase, cpv)
    portage.elog.elog_process(cpv, settings)


def _say(level, line, phase, cpv):
    getattr(messages, _FUNCTIONS[level])(line, phase=phase, key=cpv, out=io.StringIO())
