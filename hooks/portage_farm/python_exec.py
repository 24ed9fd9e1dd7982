# SPDX-License-Identifier: MIT
"""Which script python-exec would run: Gentoo's way of having one command for several Pythons.

There `/usr/bin/emerge` leads to python-exec, and the scripts are `/usr/lib/python-exec/PYTHON/emerge`. This follows
python-exec 2.4: src/python-exec.c has the rules. Nothing here needs Portage.
"""
import os
import re

SCRIPTS = "/usr/lib/python-exec"
CONFIGURATION = "/etc/python-exec"
#: What eselect-python wrote before there was python-exec.conf.
LEGACY = ("/etc/env.d/python/config", "/etc/env.d/python/python2", "/etc/env.d/python/python3")

#: python-exec goes by its own name: a link that leads to a file of this name says which script is meant.
_NAMES = ("python-exec2", "python-exec2c")
#: What only python-exec says, in the program itself, which is small.
_MARK = b"no python-exec wrapped executable found"
_MOST_BYTES = 1 << 20
_MOST_LINKS = 40
#: Lines that python-exec does not read in one piece are no names.
_LONGEST_LINE = 8191
_IMPLEMENTATION = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


class PythonExec:
    """A file that is python-exec under the name of a script."""

    def __init__(self, program, name):
        #: The C program.
        self.program = program
        #: Of the script that it looks for: `emerge`.
        self.name = name

    def script(self, environ=os.environ):
        """The script that it would run; None if there is none that could be run."""
        known = implementations(self.program) or present(SCRIPTS)
        return choose(self.name, known, environ)


def python_exec(path):
    """What a file is, if it is python-exec; None if it is not."""
    name = target = path
    for _ in range(_MOST_LINKS):
        try:
            name, target = target, os.path.join(os.path.dirname(target), os.readlink(target))
        except OSError:
            break
    program = _program(target)
    if program is None:
        return None
    # A file of another name is a copy of python-exec, which goes by its own.
    return PythonExec(program, os.path.basename(name if os.path.basename(target) in _NAMES else target))


def _program(path):
    """The C program: the file itself, or a copy of it, or what it has in its first line."""
    if os.path.basename(path) == "python-exec2c":
        return path if os.path.isfile(path) else None
    first = shebang(path)
    if first is not None:
        real = os.path.realpath(first[0])
        return real if os.path.basename(real) == "python-exec2c" else None
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"\x7fELF" or os.fstat(file.fileno()).st_size > _MOST_BYTES:
                return None
            return path if _MARK in file.read() else None
    except OSError:
        return None


def shebang(path):
    """The words of a script's first line, as the kernel takes them: a program, and what follows it as one word. None if
    there is no such line."""
    try:
        with open(path, "rb") as file:
            line = file.read(256).split(b"\n")[0]
    except OSError:
        return None
    words = line[2:].decode(errors="replace").strip(" \t").split(None, 1) if line.startswith(b"#!") else []
    return words or None


def implementations(program):
    """The Pythons that a python-exec was built for, the one that it prefers first; empty if it does not say."""
    import subprocess

    try:
        result = subprocess.run(
            # It must think that it was called by its own name.
            ["python-exec2c", "--list-implementations"],
            executable=program,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    lines = result.stdout.decode(errors="replace").split()
    return lines if result.returncode == 0 and all(map(_IMPLEMENTATION.fullmatch, lines)) else []


def present(scripts):
    """The Pythons that have scripts, newest first."""
    try:
        names = [name for name in os.listdir(scripts) if _IMPLEMENTATION.fullmatch(name)]
    except OSError:
        return []
    return sorted(names, key=lambda name: ([int(number) for number in re.findall(r"\d+", name)], name), reverse=True)


def choose(name, known, environ, root=""):
    """The script of that name which python-exec would run.

    `known`: the implementations that it was built for, in its own order. `root`: in front of all paths, for tests.
    """
    wanted, unwanted = preferences(name, known, environ, root)
    others = [each for each in known if each not in wanted and each not in unwanted]
    for each in wanted + others:
        path = f"{root}{SCRIPTS}/{each}/{name}"
        if can_run(path):
            return path
    return None


def preferences(name, known, environ, root=""):
    """The implementations that are wanted, the best first, and those that are not."""
    wanted, unwanted = [], []

    def prefer(each, into):
        # What was said first counts, and EPYTHON is looked at before any file.
        if each in known and each not in wanted and each not in unwanted:
            into.append(each)

    if "EPYTHON" in environ:
        prefer(environ["EPYTHON"], wanted)
    # The script's own file takes the place of the general one.
    for file in (f"{name}.conf", "python-exec.conf"):
        lines = _lines(f"{root}{CONFIGURATION}/{file}")
        if lines is not None:
            for line in lines:
                prefer(line.removeprefix("-"), unwanted if line.startswith("-") else wanted)
            return wanted, unwanted
    for path in LEGACY:
        prefer((_text(root + path) or "").removesuffix("\n"), wanted)
    return wanted, unwanted


def _lines(path):
    """The lines of a file that say something; None if it cannot be opened."""
    text = _text(path)
    if text is None:
        return None
    return [line for line in text.split("\n") if 0 < len(line) < _LONGEST_LINE and not line.startswith("#")]


def _text(path):
    """What a file says; None if it cannot be opened. A directory can be, and says nothing."""
    if os.path.isdir(path):
        return ""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            return file.read()
    except OSError:
        return None


def can_run(path):
    """Whether the kernel would start it: python-exec goes on to the next one otherwise."""
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        return False
    first = shebang(path)
    if first is not None:
        return os.path.isfile(first[0]) and os.access(first[0], os.X_OK)
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"
