# SPDX-License-Identifier: MIT
"""JSON lines on file descriptors, for the agent and the job runner."""
import json
import os
import threading

_writing = threading.Lock()


def write(message, fd=1):
    """Writes one message. Whole lines only: several threads report at once."""
    data = json.dumps(message).encode() + b"\n"
    with _writing:
        while data:
            data = data[os.write(fd, data):]


def read(fd):
    """Yields the messages that arrive, until the other side closes; None for a line that is no JSON."""
    buffer = b""
    while True:
        chunk = os.read(fd, 65536)
        if not chunk:
            return
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                message = None
            yield message
