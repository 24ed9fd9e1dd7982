# SPDX-License-Identifier: MIT
"""Which paths a request may have. They are compared as words, as what they lead to may not be there yet; what uses one
asks `real`."""
import os


def is_name(value):
    """One component of a path, that leads nowhere else."""
    return isinstance(value, str) and value not in ("", ".", "..") and not set(value) & {"/", "\0"}


def is_relative(value):
    """A path that stays below the directory it is joined to."""
    return isinstance(value, str) and all(map(is_name, value.split("/")))


def is_absolute(value):
    return isinstance(value, str) and value[:1] == "/" and "\0" not in value and ".." not in value.split("/")


def is_below(value, directory):
    return is_absolute(value) and value.startswith(directory.rstrip("/") + "/") and len(value) > len(directory) + 1


def real(path, client):
    """What a path leads to. Raises ValueError for one in the client's directory that is led elsewhere by a link: who sends
    files to there can make some."""
    found, path, client = os.path.realpath(path), os.path.normpath(path), os.path.normpath(client)
    if is_below(path, client) and found != os.path.realpath(client) + path[len(client):]:
        raise ValueError(f"{path} leads elsewhere: to {found}")
    return found
