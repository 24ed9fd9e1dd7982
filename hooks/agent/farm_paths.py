# SPDX-License-Identifier: MIT
"""Which paths a request may have. They are compared as words: what they lead to may not be there yet."""


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
