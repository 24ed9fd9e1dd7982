"""plant.py MARK <TABLE — writes the files of secrets.txt, each with a text of its own that begins with MARK. Prints their paths."""
import grp
import os
import pwd
import sys

mark = sys.argv[1]
ids = {}


def user(name):
    return ids[name] if name in ids else pwd.getpwnam(name).pw_uid if _has(pwd.getpwnam, name) else 900


def group(name):
    return ids[name] if name in ids else grp.getgrnam(name).gr_gid if _has(grp.getgrnam, name) else 900


def _has(ask, name):
    try:
        ask(name)
        return True
    except KeyError:
        return False


entries = []
for line in sys.stdin.read().split("\n"):
    if line.startswith("user "):
        _, name, number = line.split()
        ids[name] = int(number)
    elif line and not line.startswith("#"):
        mode, owner, path = line.split(" ", 2)
        first, _, second = owner.partition(":")
        entries.append((path, int(mode, 8), user(first), group(second or first)))
for number, (path, *_) in enumerate(entries):
    if path.endswith("/"):
        os.makedirs(path, exist_ok=True)
        continue
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # What the system has is added to: it goes on with it.
    with open(path, "a") as file:
        file.write(f"{mark}{number:04d}:!:\n")
    print(path)
for path, mode, uid, gid in entries:
    os.chown(path, uid, gid)
    os.chmod(path, mode)
