# SPDX-License-Identifier: MIT
"""Finds the emerge that would have run without us, its Python script, and the Python of that. Nothing here needs Portage.

What a file is counts, never what it is called: python-exec has `python` in its name, and is no Python.
"""
import os
import shlex
import shutil
import sys

from .aside import Aside
from .python_exec import python_exec, shebang

#: Where emerge is looked for behind PATH.
_USUAL = ("/usr/bin", "/usr/sbin", "/bin", "/sbin")
#: One expression that is a syntax error to every shell: what it is handed to may turn out to be one.
_WHO = "print('portage-farm', __import__('importlib.util').util.find_spec('portage') is not None)"
#: Seconds that a Python has to answer that.
_ASK_TIMEOUT = 30


def is_shim(path):
    """Whether the file is a portage-farm shim: this one, or that of another copy, which would call us back."""
    try:
        with open(path, "rb") as file:
            return b"The portage-farm shim:" in file.read(512)
    except OSError:
        return True


def find():
    """The emerge that would have run without us; None if there is none."""
    for directory in [*os.environ.get("PATH", "").split(os.pathsep), *_USUAL]:
        path = os.path.join(directory or ".", "emerge")
        if os.path.isfile(path) and os.access(path, os.X_OK) and not is_shim(path):
            return path
    return None


class Script:
    """Stock emerge's own Python script, and how it is started."""

    def __init__(self, stock):
        """`stock`: the file that is found as emerge. Raises Aside if no Python script is behind it."""
        through = python_exec(stock)
        #: The script itself.
        self.path = stock if through is None else through.script()
        if self.path is None:
            text = f"{stock} is python-exec, which finds no script named {through.name} for any Python that it may use"
            raise Aside("no-script", text)
        #: The command in its first line: a program, and perhaps its arguments.
        self.command = _command(shebang(self.path))
        if self.command is None:
            raise Aside("not-python", f"{self.path} is {_description(self.path)}, not Portage's Python script")

    def is_running(self):
        """Whether this process is what the script would be run by."""
        program = self.command[0]
        through = python_exec(program)
        if through is not None:
            program = through.script() or program
        return _identity(program) == _identity(sys.executable)

    def ask(self):
        """Raises Aside unless its command is a Python that has Portage. This starts a process."""
        import subprocess

        program = self.command[0]
        try:
            asked = subprocess.run(
                [os.path.abspath(program), *self.command[1:], "-c", _WHO],
                # With -c a Python looks for modules in its working directory first, and emerge may be called anywhere.
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=_ASK_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            text = f"{program}, which runs {self.path}, did not answer within {_ASK_TIMEOUT} seconds"
            raise Aside("interpreter", text) from None
        except OSError as error:
            raise self.unstartable(error.strerror) from error
        if asked.returncode < 0 or asked.returncode in (126, 127):
            # A library of it is missing, it crashed: the words are its own.
            words = asked.stderr.decode(errors="replace").strip().split("\n")[-1]
            raise self.unstartable(words or f"it ended with {asked.returncode}")
        answer = asked.stdout.decode(errors="replace").split()
        if answer[:1] != ["portage-farm"]:
            raise Aside("not-python", f"{self.path} is {_description(self.path)}, not Portage's Python script")
        if answer[1:] != ["True"]:
            raise self.without_portage()

    def check_here(self):
        """Raises Aside unless this Python has Portage."""
        from importlib.util import find_spec

        if find_spec("portage") is None:
            raise self.without_portage()

    def unstartable(self, why):
        return Aside("interpreter", f"{self.command[0]}, which runs {self.path}, cannot be started ({why})")

    def without_portage(self):
        return Aside("no-portage", f"{self.command[0]}, which runs {self.path}, cannot import portage")


def _command(words):
    """The words of a first line without env, as a command; None if there is none, or if env would find none."""
    if words is None or os.path.basename(words[0]) != "env":
        return words
    if len(words) < 2:
        return None
    split = next((words[1].removeprefix(option) for option in ("--split-string=", "-S") if words[1].startswith(option)), None)
    try:
        # Without an option it is one word, as the kernel hands it over.
        command = [words[1]] if split is None else shlex.split(split)
    except ValueError:
        return None
    program = shutil.which(command[0]) if command else None
    return None if program is None else [program, *command[1:]]


def _identity(program):
    """What makes one Python the same as another: its file, and the virtual environment that it is started in."""
    folder = os.path.dirname(os.path.abspath(program))
    around = (folder, os.path.dirname(folder))
    environment = next((each for each in around if os.path.isfile(os.path.join(each, "pyvenv.cfg"))), None)
    return os.path.realpath(program), environment and os.path.realpath(environment)


def _description(path):
    """What a file is, for a person."""
    first = shebang(path)
    if first is not None:
        return f"a script for {' '.join(first)}"
    try:
        with open(path, "rb") as file:
            return "a compiled program" if file.read(4) == b"\x7fELF" else "a file without a first line that names Python"
    except OSError as error:
        return f"unreadable ({error.strerror})"
