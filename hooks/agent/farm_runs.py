# SPDX-License-Identifier: MIT
"""The directories of a client's runs on this host.

    DIR/clients/MACHINE/runs/RUN/keeper   the keeper's process: its number, and when it started
    DIR/clients/MACHINE/runs/RUN/socket   where it listens
"""
import os
import shutil
import socket
import time

#: Seconds after which a run's directory that no keeper has claimed is one that none will.
_UNCLAIMED = 600


def client_directory(message):
    return os.path.join(message["dir"], "clients", message["client"])


def run_directory(message):
    return os.path.join(client_directory(message), "runs", message["run"])


def claim(run):
    """Notes that this process keeps the run."""
    with open(os.path.join(run, "keeper"), "w") as file:
        file.write(_identity(os.getpid()))


def remove_dead(client):
    """A keeper that was killed, or a host that lost its power, leaves its run's directory behind."""
    runs = os.path.join(client, "runs")
    os.makedirs(runs, exist_ok=True)
    for name in os.listdir(runs):
        run = os.path.join(runs, name)
        if not _is_kept(run):
            remove(run)


def remove(run):
    """Removes a run's directory, and last what says whose it is: what is busy now goes when the next run comes."""
    try:
        for name in os.listdir(run):
            if name != "keeper":
                _remove(os.path.join(run, name))
        if os.listdir(run) in ([], ["keeper"]):
            shutil.rmtree(run)
    except OSError:
        pass


def _remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)


def _is_kept(run):
    try:
        with open(os.path.join(run, "keeper")) as file:
            identity = file.read()
        if identity:
            return _identity(identity.split()[0]) == identity
    except OSError:
        pass
    try:
        return time.time() - os.stat(run).st_mtime < _UNCLAIMED
    except OSError:
        return False


def kept(client):
    """The runs of a client that have a keeper here."""
    runs = os.path.join(client, "runs")
    return sorted(name for name in os.listdir(runs) if _is_kept(os.path.join(runs, name)))


def listen(run):
    """A socket's path may have 107 bytes at most, and a run's directory more: it is named from within."""
    os.chdir(run)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("socket")
    listener.listen()
    return listener


def connect(run):
    os.chdir(run)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("socket")
    return connection


def _identity(pid):
    """A process by its number and the time that it started: numbers are used again. Empty if it is not there, or has ended
    and nobody has asked how."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            state, *fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else f"{pid} {fields[18]}"
