"""snapshot.py OPTIONS — prints what is on this system, as JSON. Reads only.

OPTIONS is JSON: `since`, seconds since the epoch, before which nothing of the scenario was written; `skip`, paths that are
not looked into; `skipNames`, the same for names of directories.

A file whose inode did not change since then is the image's, and only its path is printed. Times after `since` are those of
the run and cannot be the same on two systems: they are printed as "new".
"""
import bz2
import hashlib
import json
import os
import re
import stat
import sys

VDB = "/var/db/pkg"
ELOG = "/var/log/portage/elog"

options = json.loads(sys.argv[1])
since = options["since"]
skip = {*options["skip"], VDB}
skip_names = set(options["skipNames"])
files, unchanged, inodes = {}, [], {}


def text(data):
    return os.fsencode(data).decode("utf-8", "backslashreplace") if isinstance(data, str) else data.decode("utf-8", "backslashreplace")


def moment(status):
    return "new" if status.st_mtime >= since else f"{status.st_mtime_ns // 10**9}.{status.st_mtime_ns % 10**9:09d}"


def describe(path, status):
    kind = stat.filemode(status.st_mode)
    found = {"mode": kind[0] + f"{stat.S_IMODE(status.st_mode):04o}", "owner": f"{status.st_uid}:{status.st_gid}"}
    if kind[0] == "l":
        found["target"] = text(os.readlink(path))
    elif kind[0] == "-":
        with open(path, "rb") as file:
            content = file.read()
        found["sha256"] = hashlib.sha256(content).hexdigest()
        found["size"] = str(status.st_size)
        if status.st_size < 2000 and b"\0" not in content:
            found["text"] = text(content)
    elif kind[0] in "bc":
        found["device"] = f"{os.major(status.st_rdev)},{os.minor(status.st_rdev)}"
    # Portage does not keep the times of directories.
    if kind[0] != "d":
        found["mtime"] = moment(status)
        if status.st_nlink > 1:
            inodes.setdefault((status.st_dev, status.st_ino), []).append(text(path))
            found["links"] = str(status.st_nlink)
    for name in sorted(os.listxattr(path, follow_symlinks=False)):
        found[f"xattr {name}"] = os.getxattr(path, name, follow_symlinks=False).hex()
    return found


def walk(directory):
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.path in skip:
                continue
            try:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    if entry.name in skip_names:
                        continue
                    files[text(entry.path)] = describe(entry.path, status)
                    walk(entry.path)
                elif status.st_ctime >= since:
                    files[text(entry.path)] = describe(entry.path, status)
                else:
                    unchanged.append(text(entry.path))
            except FileNotFoundError:
                pass  # It went away while we looked.


def assignments(content):
    """The variables and functions of an environment, each with its text."""
    found, name = {}, "head"
    for line in content.split("\n"):
        start = re.match(r"declare (?:-\S+ )?(\w+)(?:=|$)|(\S+) \(\) *$", line)
        if start:
            name = start[1] or f"{start[2]}()"
        found[name] = f"{found[name]}\n{line}" if name in found else line
    return found


def contents(content):
    """CONTENTS by path. A time is checked against the file's own, if it is of the run."""
    found = {}
    for line in content.splitlines():
        kind, rest = line.split(" ", 1)
        if kind == "obj":
            path, digest, time = rest.rsplit(" ", 2)
            found[path] = f"obj {digest} {recorded(path, int(time), stat.S_ISREG)}"
        elif kind == "sym":
            link, time = rest.rsplit(" ", 1)
            path, target = link.split(" -> ", 1)
            found[path] = f"sym -> {target} {recorded(path, int(time), stat.S_ISLNK)}"
        else:
            found[rest] = kind
    return found


def recorded(path, time, is_kind):
    if time < int(since):
        return str(time)
    try:
        actual = os.lstat(path)
    except FileNotFoundError:
        return "new, of a file that is not there"
    # As where a directory is in the way of a link.
    if not is_kind(actual.st_mode):
        return "new, of something else that is there"
    return "new" if int(actual.st_mtime) == time else "new, not the file's own"


def pairs(content):
    """The lines of `metadata`: KEY=value."""
    return dict(line.split("=", 1) if "=" in line else (line, "") for line in content.splitlines())


def package(directory):
    fields = {}
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        status = os.lstat(path)
        fields[f"{name} mode"] = f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"
        with open(path, "rb") as file:
            raw = file.read()
        if name == "environment.bz2":
            values = assignments(text(bz2.decompress(raw)))
        elif name == "CONTENTS":
            values = contents(text(raw))
        elif name == "metadata":
            values = pairs(text(raw))
        else:
            fields[name] = text(raw)
            continue
        fields.update({f"{name} {key}": value for key, value in values.items()})
    return fields


def packages():
    found = {}
    for category in sorted(os.listdir(VDB)) if os.path.isdir(VDB) else []:
        for name in sorted(os.listdir(os.path.join(VDB, category))):
            found[f"{category}/{name}"] = package(os.path.join(VDB, category, name))
    return found


def read(path, empty=""):
    try:
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read() or empty
    except FileNotFoundError:
        return empty


def elog():
    names = sorted(os.listdir(ELOG)) if os.path.isdir(ELOG) else []
    # CATEGORY:PF:DATE.log
    return [[":".join(name.split(":")[:2]), read(os.path.join(ELOG, name))] for name in names]


walk("/")
for paths in inodes.values():
    for path in paths:
        files[path]["linked"] = " ".join(sorted(paths))
mtimedb = json.loads(read("/var/cache/edb/mtimedb", "{}"))
json.dump(
    {
        "files": files,
        "unchanged": unchanged,
        "packages": packages(),
        "preserved": json.loads(read("/var/lib/portage/preserved_libs_registry", "{}")),
        "resume": {name: mtimedb[name] for name in ("resume", "resume_backup") if name in mtimedb},
        "elog": elog(),
        "log": [line.split(": ", 1)[-1].strip() for line in read("/var/log/emerge.log").splitlines()],
    },
    sys.stdout,
)
