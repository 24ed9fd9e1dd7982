# SPDX-License-Identifier: MIT
"""The processes of a job, by a descriptor of its /proc: a path of the job root leads where the job likes."""
import os


def processes(proc):
    """The numbers of all but the first, as words."""
    # One of its own: where a listing is at belongs to the descriptor, and several threads look.
    listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc)
    try:
        return [name for name in os.listdir(listing) if name.isdigit() and name != "1"]
    finally:
        os.close(listing)


def read(proc, name):
    """The bytes of a file there."""
    with open(os.open(name, os.O_RDONLY, dir_fd=proc), "rb") as file:
        return file.read()
