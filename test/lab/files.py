"""files.py PATH SKIP… — prints what is under PATH: a path and its description by turns, each ended by a NUL."""
import hashlib
import os
import stat
import sys

top, *skip = sys.argv[1:]
skip = set(skip)


def describe(path, status):
    kind = stat.filemode(status.st_mode)
    words = [kind, f"{status.st_uid}:{status.st_gid}"]
    if kind[0] == "l":
        words.append("-> " + os.readlink(path))
    elif kind[0] == "-":
        with open(path, "rb") as file:
            words.append(hashlib.file_digest(file, "sha256").hexdigest())
    elif kind[0] in "bc":
        words.append(f"{os.major(status.st_rdev)},{os.minor(status.st_rdev)}")
    return " ".join(words)


def walk(path):
    if path in skip:
        return
    try:
        status = os.lstat(path)
        description = describe(path, status)
    except FileNotFoundError:
        return  # It went away while we looked.
    sys.stdout.buffer.write(os.fsencode(path) + b"\0" + os.fsencode(description) + b"\0")
    if stat.S_ISDIR(status.st_mode):
        for name in sorted(os.listdir(path)):
            walk(os.path.join(path, name))


walk(top)
