# SPDX-License-Identifier: MIT
"""Stands between a host's programs and its connection, and alters what they say by a seed (alter.py).

    between.py SEED NOTES BELOW -- ssh's arguments

is what a client has for ssh: the host is this machine, and its files all lie below the directory BELOW.

    between.py SEED NOTES BELOW = PROGRAM ARGUMENT...

is a program of a host: the agent's Python, or rsync's server. NOTES is a file that gets a line for each alteration.
"""
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import alter  # noqa: E402 - beside this file, which -I does not look at

#: Denials as rsync says them of what it sends, which the host has no part in.
_DENIALS = "".join(
    f'rsync: [sender] send_files failed to open "{path}": Permission denied (13)\n'
    for path in ("/etc/portage/../shadow", "/root", "/x\\#033[2J", "relative", "/etc/passwd")
)
_STDERR = (b"\x1b[2J\x1b]0;title\x07\n", b"x" * (2 << 20), _DENIALS.encode(), b"\xff\xfe\n", b"")


class Notes:
    def __init__(self, path, altering):
        self._path, self._altering = path, altering

    def write(self):
        if self._altering.done:
            with open(self._path, "a") as file:
                file.write("".join(each + "\n" for each in self._altering.done))
            self._altering.done.clear()


def _put(data):
    while data:
        data = data[os.write(1, data) :]


class Agent:
    """Hands what the client says to the agent, and what that says, altered, to the client."""

    def __init__(self, argv, altering, notes):
        self._altering, self._notes = altering, notes
        self._length = int(argv[-2])
        self._asked, self._counts, self._said = {}, {}, {}
        self._held = b""
        self._lock, self._putting = threading.Lock(), threading.Lock()
        self._child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self):
        threading.Thread(target=self._hand_in, daemon=True).start()
        try:
            for line in self._child.stdout:
                self._hand_out(line)
            self._put_held()
        except (alter.Ended, BrokenPipeError):
            pass
        self._notes.write()
        os._exit(0)

    def _hand_in(self):
        try:
            left = self._length
            while left > 0 and (data := os.read(0, left)):
                self._child.stdin.write(data)
                left -= len(data)
            self._child.stdin.flush()
            with os.fdopen(0, "rb", closefd=False) as requests:
                for line in requests:
                    self._note(line)
                    self._child.stdin.write(line)
                    self._child.stdin.flush()
            self._child.stdin.close()
        except OSError:
            pass
        # What the client does not hear any more is of no use to it.
        time.sleep(5)
        os._exit(0)

    def _note(self, line):
        message = json.loads(line)
        number = self._counts[message["op"]] = self._counts.get(message["op"], -1) + 1
        self._asked[message["id"]] = (message["op"], number)

    def _hand_out(self, line):
        message = json.loads(line)
        operation, nth = self._asked.get(message.get("id"), ("facts", 0))
        said = self._said[operation, nth] = self._said.get((operation, nth), -1) + 1
        before = self._take_held()
        for seconds, data in self._altering.lines(operation, nth, said, message):
            if seconds is None:
                with self._lock:
                    self._held = data
                threading.Timer(1, self._put_held).start()
            else:
                time.sleep(seconds)
                self._put(data)
        self._put(before)
        self._notes.write()

    def _take_held(self):
        with self._lock:
            held, self._held = self._held, b""
        return held

    def _put_held(self):
        try:
            self._put(self._take_held())
        except BrokenPipeError:
            os._exit(0)

    def _put(self, data):
        with self._putting:
            _put(data)


def _rsync(words, altering, notes, below):
    """rsync's server, for files below a directory alone; what it sends is altered, and so may be its files before."""
    # The client holds its own rsync, and what that starts, to the size of the file that it wants.
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (OSError, ValueError):
        # Then its files grow no further than that.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    data = b""
    while not data.endswith(b"\0\0") and (byte := os.read(0, 1)):
        data += byte
    past = os.fsdecode(data[:-2]).split("\0")[1:]
    if not past:
        sys.exit(f"no arguments came past the shell: {words} {data!r}")
    paths = [past[-1], *(each.partition("=")[2] for each in past if each.startswith("--link-dest="))]
    if "--link-dest" in past:
        paths.append(past[past.index("--link-dest") + 1])
    if not all(os.path.normpath(each).startswith(below.rstrip("/") + "/") for each in paths):
        sys.exit(f"there is nothing but {below} here")
    sends = "--sender" in words
    chosen = altering.chance("file", os.path.basename(past[-1]), sends, 0)
    if chosen and sends and chosen.random() < 0.5:
        _spoil(past[-1], chosen, altering)
    argv = [*words[:-1], words[-1].replace("s", "", 1), *past]
    if chosen is None:
        notes.write()
        os.execvp(argv[0], argv)
    child = subprocess.Popen(argv, stdout=subprocess.PIPE)
    how = chosen.choice(("bytes", "cut", "stalled", "words", "whole"))
    altering.note(f"file: {how}")
    notes.write()
    end, place = chosen.choice((1, 40, 200, 900)), 0
    while said := child.stdout.read1(65536):
        if how == "bytes" and place + len(said) > end:
            said = bytearray(said)
            for _ in range(chosen.randint(1, 4)):
                said[chosen.randrange(len(said))] = chosen.randrange(256)
        if how == "cut" and place + len(said) > end:
            _put(said[: max(0, end - place)])
            child.kill()
            break
        if how == "stalled":
            time.sleep(0.3)
        place += len(said)
        _put(said)
    if how == "words":
        os.write(2, chosen.choice(_STDERR))
    code = child.wait()
    sys.exit(chosen.choice((0, 11, 12, 23, 24, 30, 255)) if how in ("words", "cut") else max(code, 0))


def _spoil(path, chosen, altering):
    """Something else in the place of a file."""
    if not os.path.isfile(path) or os.path.islink(path):
        return
    with open(path, "rb") as file:
        was = file.read()
    how = chosen.choice(("gone", "empty", "shorter", "longer", "other", "link", "pipe", "directory", "device", "sparse", "setuid"))
    altering.note(f"file: {how}")
    os.unlink(path)
    content = {"empty": b"", "shorter": was[:-1], "longer": was + b"x" * (1 << 20), "other": b"y" * len(was), "sparse": was, "setuid": was}
    if how in content:
        try:
            with open(path, "wb") as file:
                file.write(content[how])
            if how == "sparse":
                os.truncate(path, 1 << 42)
        except OSError:
            pass
    if how == "setuid":
        os.chmod(path, 0o6777)
    elif how == "link":
        os.symlink("/etc/hostname", path)
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "directory":
        os.mkdir(path)
    elif how == "device":
        os.symlink("/dev/zero", path)


def _words(arguments):
    """What ssh is to run there."""
    if "--" in arguments:
        return shlex.split(arguments[-1])[1:]
    return arguments[arguments.index("rsync") :]


def main():
    seed, path, below, kind, *arguments = sys.argv[1:]
    altering = alter.Altering(seed)
    notes = Notes(path, altering)
    words = _words(arguments) if kind == "--" else arguments
    if os.path.basename(words[0]) == "rsync":
        _rsync(words, altering, notes, below)
    else:
        Agent(words, altering, notes).run()


if __name__ == "__main__":
    main()
