# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs what reads a host's package in a process of its own, which has only so much memory and time and can be ended."""
import json
import os
import resource
import select
import signal
import time

from .bounds import BrokenPackage

#: Bytes of address space.
MEMORY = 1 << 30
#: That of a decompressor: zstd needs 2 GiB for what was compressed with --long=31, as Portage does when it installs it.
DECOMPRESSOR = 3 << 30
#: Bytes of a file that it may write: Portage and decompressors put their words into temporary ones.
FILE = 64 << 20
#: Bytes of its answer: a package's metadata, and the names of its libraries.
ANSWER = 256 << 20


def call(function, seconds, memory=MEMORY):
    """What `function` returns, as JSON has it. Raises BrokenPackage as it does, or because a limit was met: `seconds` of
    CPU time, twice as many by the clock, or `memory`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(function, writing, seconds, memory)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        try:
            said = _read(pipe, 2 * seconds)
        finally:
            # Whatever it has started is in its session, and of its process group.
            _end(child)
            _, status = os.waitpid(child, 0)
    if said is None:
        raise BrokenPackage("limits", f"it could not be read within {2 * seconds} s")
    if not said:
        raise BrokenPackage("limits", _why_ended(status, seconds))
    answer = json.loads(said)
    if "what" in answer:
        raise BrokenPackage(answer["what"], answer["error"])
    return answer["result"]


def allow_decompressor():
    """To be called in the process that becomes one."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _answer(function, writing, seconds, memory):
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (memory, max(memory, DECOMPRESSOR)))
        # At the first the kernel says so, at the second it kills.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            said = {"result": function()}
        except BrokenPackage as error:
            said = {"what": error.what, "error": str(error)}
        except MemoryError:
            said = {"what": "limits", "error": f"it takes more than {memory >> 20} MiB of memory to read"}
        except Exception as error:  # pylint: disable=broad-except
            said = {"what": "integrity", "error": f"{type(error).__name__}: {error}"}
        data = json.dumps(said).encode()
        while data:
            data = data[os.write(writing, data):]
    finally:
        os._exit(0)


def _read(pipe, seconds):
    """All that it says until it ends; None if that takes too long."""
    deadline = time.monotonic() + seconds
    said = bytearray()
    while True:
        readable, _, _ = select.select([pipe], [], [], max(0, deadline - time.monotonic()))
        if not readable:
            return None
        data = pipe.read(1 << 16)
        if not data:
            return bytes(said)
        said += data
        if len(said) > ANSWER:
            raise BrokenPackage("limits", f"its metadata are more than {ANSWER} bytes")


def _end(child):
    for end in (os.killpg, os.kill):
        try:
            end(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # It has ended, or has not come to have a group of its own.
            pass


def _why_ended(status, seconds):
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return f"it takes more than {seconds} s of computing to read"
    return f"what read it ended without a word (status {status})"
