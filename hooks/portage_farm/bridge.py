# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON lines to and from the library, which never block emerge."""
import json
import os
import select
import signal
import subprocess
import time

from . import messages


def _write(descriptor, data):
    """os.write that does not end the process where nobody reads: emerge sets SIGPIPE to its default."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        return os.write(descriptor, data)
    except BrokenPipeError:
        signal.sigtimedwait({signal.SIGPIPE}, 0)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class Bridge:
    """The connection. Before `attach` and after `detach` it is used with `receive`, which waits; in between Portage's
    event loop drives it."""

    def __init__(self, reading, writing, process=None):
        self._reading, self._writing, self._process = reading, writing, process
        if process is not None:
            process.stdin.close()
            process.stdout.close()
        for descriptor in (reading, writing):
            os.set_blocking(descriptor, False)
            os.set_inheritable(descriptor, False)
        self._received, self._unsent = b"", bytearray()
        self._messages = []
        #: The Patterns of farm.yaml, once the library has said them.
        self.patterns = None
        self._loop = self._on_message = self._on_lost = None
        #: Why nothing comes or goes any more; None while it is open.
        self.lost = None

    def send(self, message):
        """Queues a message. What the pipe does not take at once is written when it can."""
        if self.lost is not None:
            return
        try:
            self._unsent += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        except (TypeError, ValueError) as error:
            # Better without the library than not at all.
            self._fail(f"the library cannot be told of {message['type']}: {error}")
        else:
            self._flush()

    def receive(self, timeout):
        """Waits for a message; None if there was none in time, or if the library is gone."""
        deadline = time.monotonic() + timeout
        while not self._messages and self.lost is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            readable, writable, _ = select.select([self._reading], [self._writing] if self._unsent else [], [], left)
            if writable:
                self._flush()
            if readable:
                self._read()
        return self._messages.pop(0) if self._messages else None

    def attach(self, loop, on_message, on_lost):
        """From now on the event loop reads and writes, and calls with each message, or with why the library is gone."""
        self._loop, self._on_message, self._on_lost = loop, on_message, on_lost
        if self.lost is None:
            loop.add_reader(self._reading, self._readable)
            if self._unsent:
                loop.add_writer(self._writing, self._flush)
        loop.call_soon(self._deliver)

    def detach(self):
        """Gives reading and writing back to `receive`."""
        if self._loop is not None and self.lost is None:
            self._loop.remove_reader(self._reading)
            self._loop.remove_writer(self._writing)
        self._loop = self._on_message = self._on_lost = None

    def close(self, kill=False):
        """Ends the connection. The library is not waited for: it may have hosts to clean up."""
        self.detach()
        self._lose("closed")
        if self._process is not None:
            if kill:
                self._process.kill()
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                pass
            self._process = None

    def _readable(self):
        self._read()
        self._deliver()

    def _deliver(self):
        while self._messages and self._on_message is not None:
            message = self._messages.pop(0)
            try:
                self._on_message(message)
            except Exception as error:  # pylint: disable=broad-except
                # In Portage's event loop it would end emerge, wherever that is.
                self._lose(f"the library's message {str(message)[:80]} cannot be understood ({error!r})")
        if self.lost is not None and self._on_lost is not None:
            on_lost, self._on_lost = self._on_lost, None
            on_lost(self.lost)

    def _read(self):
        while self.lost is None:
            try:
                data = os.read(self._reading, 65536)
            except BlockingIOError:
                return
            except OSError as error:
                return self._lose(f"the library cannot be read from: {error.strerror}")
            if not data:
                return self._lose("the library ended")
            *lines, self._received = (self._received + data).split(b"\n")
            for line in lines:
                try:
                    message = json.loads(line)
                except (ValueError, RecursionError):
                    message = None
                problem = messages.problem(message)
                if problem is not None:
                    return self._lose(f"the library said {line[:80].decode(errors='replace')!r}, {problem}")
                self._messages.append(messages.cleaned(message))

    def _flush(self):
        while self._unsent and self.lost is None:
            try:
                del self._unsent[: _write(self._writing, self._unsent)]
            except BlockingIOError:
                if self._loop is not None:
                    self._loop.add_writer(self._writing, self._flush)
                return
            except OSError as error:
                # What it said before it ended is still to be read.
                self._read()
                self._fail(f"the library cannot be written to: {error.strerror}")
        if self._loop is not None and self.lost is None:
            self._loop.remove_writer(self._writing)

    def _fail(self, reason):
        """Loses the library while something is sent to it: who sends does not expect to hear of it at once."""
        self._lose(reason)
        if self._loop is not None:
            self._loop.call_soon(self._deliver)

    def _lose(self, reason):
        if self.lost is not None:
            return
        self.lost = reason
        self._unsent.clear()
        if self._loop is not None:
            self._loop.remove_reader(self._reading)
            self._loop.remove_writer(self._writing)
        for descriptor in {self._reading, self._writing}:
            os.close(descriptor)
