# SPDX-License-Identifier: MIT
"""Runs rsync as a sender that may read what everybody on this system may, and nothing else.

    python3 -I everybody.py REQUEST

REQUEST is JSON:
    rsync    rsync's arguments, from its first option on; the far side of the copy is called `farm:PATH`
    rules    a file of filter rules, one a line, which come before those arguments; or null
    list     what rsync reads from its standard input (--files-from=-); or null
    shell    the words that start the other side; rsync's own words for it follow them

The kernel decides what is read: rsync runs under a user and a group that own nothing, without capabilities. So a file that
loses its mode while it is looked at is not read, whatever was found out before. The other side is started by root, since
ssh needs root's keys: rsync's remote shell (its -e) lends its pipes to that process (SCM_RIGHTS, unix(7)) and waits.
"""
import ctypes
import json
import os
import signal
import socket
import sys

#: What nobody is: systemd's table of ids (its UIDS-GIDS document) leaves 1879048192 to 2147483647 free.
_NOBODY = 2111111111
#: Within a container there may be no more than its own 65536; the last but some of these are nobody's either.
_NOBODY_INSIDE = 65531

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

#: rsync's remote shell. It has no blanks but those of the language, and no double quotes: rsync splits the words of -e.
_LENDER = """
import json, os, socket, sys
door = socket.socket(fileno=int(sys.argv[1]))
socket.send_fds(door, [json.dumps(sys.argv[3:]).encode()], [0, 1])
os.close(0)
os.close(1)
code = door.recv(1)
sys.exit(code[0] if code else 255)
"""


def nobody():
    """A user id, and a group id of the same number, that own nothing."""
    with open("/proc/self/uid_map") as users, open("/proc/self/gid_map") as groups:
        maps = [[tuple(map(int, line.split())) for line in file] for file in (users, groups)]
    for number in (_NOBODY, _NOBODY_INSIDE):
        if all(any(first <= number < first + count for first, _, count in each) for each in maps):
            return number
    sys.exit("everybody.py: there is no user id here that owns nothing")


def become(number):
    """From now on this process can do no more than everybody, and no program that it starts can."""
    os.setgroups([])
    os.setresgid(number, number, number)
    # The kernel takes all capabilities from who leaves user 0 in all three ids (capabilities(7)).
    os.setresuid(number, number, number)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _prctl(option, value):
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _ends_with(parent):
    """Not to outlive the process that started this one; to be said after the ids have changed, which forgets it."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _python():
    """One that everybody may start: root's own may be in its home."""
    for path in (sys.executable, "/usr/bin/python3"):
        if os.access(path, os.X_OK):
            return path
    sys.exit(f"everybody.py: nobody but root may start {sys.executable}")


def _filters(path):
    """The rules as arguments: rsync cannot open a file that only root may read."""
    with open(path, "rb") as file:
        return [b"--filter=" + line for line in file.read().split(b"\n") if line]


def _start(action):
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            action(parent)
        except BaseException as error:
            os.write(2, f"everybody.py: {error}\n".encode())
        os._exit(127)
    return child


def _code(child):
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def main():
    request = json.loads(sys.argv[1])
    filters = _filters(request["rules"]) if request["rules"] else []
    source = os.open(request["list"] or os.devnull, os.O_RDONLY)
    here, there = socket.socketpair()
    os.set_inheritable(there.fileno(), True)
    number = nobody()

    def rsync(parent):
        here.close()
        become(number)
        _ends_with(parent)
        os.dup2(source, 0)
        shell = f'"{_python()}" -I -c "{_LENDER}" {there.fileno()}'
        os.execvp("rsync", ["rsync", "-e", shell, *filters, *request["rsync"]])

    reader = _start(rsync)
    there.close()
    # Nothing comes if rsync ended before it wanted the other side.
    message, pipes, _, _ = socket.recv_fds(here, 1 << 20, 2)
    if message and len(pipes) == 2:

        def other_side(parent):
            _ends_with(parent)
            os.dup2(pipes[0], 0)
            os.dup2(pipes[1], 1)
            words = [*request["shell"], *json.loads(message)]
            os.execvp(words[0], words)

        other = _start(other_side)
        for pipe in pipes:
            os.close(pipe)
        try:
            here.send(bytes([_code(other)]))
        except OSError:
            pass
    sys.exit(_code(reader))


if __name__ == "__main__":
    main()
