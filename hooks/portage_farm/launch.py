# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds and starts the library, or takes the connection to the one that started us."""
import os
import shutil
import subprocess
import sys

from . import PROTOCOL
from .bridge import Bridge
from .patterns import Patterns

#: Seconds until the library must have said whether farm.yaml is good.
READY_TIMEOUT = 20


class Unavailable(Exception):
    """There is no library to work with: emerge goes on without it."""


class Refused(Exception):
    """The library does not want to start as things are: emerge stops before it resolves anything."""


def complain(text):
    """Says something before or without Portage's status display."""
    sys.stdout.flush()
    from portage.output import colorize

    for line in text.splitlines():
        sys.stderr.write(f" {colorize('BAD', '*')} portage-farm: {line}\n")


class Launcher:
    """How to get at the library: the configuration for one to be started, or descriptors to one that is there."""

    def __init__(self, config, descriptors, node):
        self._config, self._descriptors, self._node = config, descriptors, node

    @property
    def is_ours(self):
        """Whether the library started this emerge, and wants the farm or nothing."""
        return self._descriptors is not None

    def node(self):
        """The node that the library is started with. Raises Unavailable."""
        node = self._node or _node()
        # It is started elsewhere.
        return os.path.abspath(node) if os.sep in node else node

    def tell_aside(self, reason):
        """Tells a library that started this emerge why the farm has no part in it."""
        bridge = Bridge(*self._descriptors)
        bridge.send({"type": "aside", "reason": reason})
        bridge.close()

    def connect(self):
        """A bridge to a library that is ready for the plan."""
        bridge = Bridge(*self._descriptors) if self._descriptors else self._spawn()
        message = bridge.receive(READY_TIMEOUT)
        if message is None:
            reason = bridge.lost or f"the library did not answer within {READY_TIMEOUT} seconds"
            bridge.close(kill=True)
            raise Unavailable(reason)
        if message["type"] == "refused":
            bridge.close()
            raise Refused(message["text"])
        if message["type"] != "ready" or message.get("protocol") != PROTOCOL:
            bridge.close()
            raise Unavailable(f"the library speaks protocol {message.get('protocol')}, this shim {PROTOCOL}")
        try:
            bridge.patterns = Patterns(message.get("patterns", ()))
        except ValueError as error:
            bridge.close()
            raise Refused(self._refusal(str(error))) from error
        return bridge

    def _refusal(self, reason):
        """The words for what only Portage can say of farm.yaml, with the line that has it, if that is found."""
        where = self._config or "farm.yaml"
        text = reason.split('"')[1]
        try:
            with open(where, encoding="utf-8") as file:
                where += next((f":{number}" for number, line in enumerate(file, 1) if text in line), "")
        except OSError:
            pass
        return f"{where}: {reason}\nNothing was started. Mend the file, or build here alone with PORTAGE_FARM=0."

    def _spawn(self):
        library = library_file()
        try:
            process = subprocess.Popen(
                [self.node(), library, "bridge", "--config", os.path.abspath(self._config)],
                # Where emerge was called is nothing to it, and to what it starts.
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Ctrl-C on the terminal must not reach it: emerge tells it what to do.
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(f"the library did not start: {error}") from error
        return Bridge(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()), process)


def library_file():
    """The library's program. Raises Unavailable."""
    hooks = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    library = os.path.join(os.path.dirname(hooks), "dist", "cli.js")
    if not os.path.isfile(library):
        raise Unavailable(f"{library} is missing")
    return library


def _node():
    """node, also where sudo or cron have shortened PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/bin", "/usr/bin", "/opt/bin"])
    node = shutil.which("node", path=path)
    if node is None:
        raise Unavailable("node was not found; set PORTAGE_FARM_NODE")
    return node
