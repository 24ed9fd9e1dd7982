# SPDX-License-Identifier: MIT
"""JSON lines on file descriptors and sockets, for the agent, the keeper and the job runner."""
import json
import os
import threading

_writing = threading.Lock()


def write(message, fd=1):
    """Writes one message. Whole lines only: several threads report at once."""
    write_bytes(json.dumps(message).encode() + b"\n", fd)


def write_bytes(data, fd=1):
    with _writing:
        while data:
            data = data[os.write(fd, data):]


def send(connection, message):
    """As `write`, to a socket."""
    with _writing:
        connection.sendall(json.dumps(message).encode() + b"\n")


def read(fd):
    """Yields the messages that arrive, until the other side closes; None for a line that is no JSON."""
    return read_from(lambda size: os.read(fd, size))


def read_from(receive):
    buffer = b""
    while chunk := receive(65536):
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                message = None
            yield message
