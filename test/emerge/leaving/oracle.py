"""oracle.py <REQUEST — what of this system may be on a host, and what must be: by walking it, and by packages' records.

REQUEST is JSON: `tops`, the directories to look at; `binds`, pairs of a directory and where it is mounted besides; `names`, what
stays by its name. It knows nothing of how the copy is made: a file may leave if everybody can open it by its path and it
really lies where programs are, or if a package brought it and it is that still and no private key. It must, if everybody finds it
as well: in directories that can be listed.
"""
import hashlib
import json
import os
import re
import stat
import sys

request = json.load(sys.stdin)
binds = {target: source for source, target in request["binds"]}
names = set(request["names"])


def read_records():
    objects, others = {}, set()
    for folder, _, files in os.walk("/var/db/pkg"):
        if "CONTENTS" not in files:
            continue
        with open(os.path.join(folder, "CONTENTS"), errors="surrogateescape") as file:
            for line in file.read().split("\n"):
                if line.startswith("obj "):
                    path, md5, _ = line[4:].rsplit(" ", 2)
                    objects.setdefault(real(path), set()).add(md5)
                elif line.startswith("sym "):
                    others.add(real(line[4:].split(" -> ")[0]))
                elif line.startswith("dir "):
                    others.add(real(line[4:]))
    return objects, others


def real(path):
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def ancestors(path):
    parts = path.split("/")
    return ["/".join(parts[:count]) or "/" for count in range(1, len(parts))]


objects, others = read_records()
#: Packages' records, which hosts have, say that there are these directories, also where what was in them is not sent.
known = {above for path in [*objects, *others] for above in ancestors(path)}


def place(path):
    """Where it lies when nothing is mounted over it."""
    while True:
        for target, source in binds.items():
            if path == target or path.startswith(target + "/"):
                path = source + path[len(target):]
                break
        else:
            return path


def is_open(path):
    parts = path.split("/")
    if parts[1] in ("etc", "opt", "usr"):
        return True
    if parts[1:3] != ["var", "lib"] or len(parts) < 4:
        return False
    own = "/".join(parts[:4])
    status = os.lstat(own)
    return own in others and stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and status.st_mode & 0o005 == 0o005


def look(path):
    status = os.lstat(path)
    above = [os.lstat(each).st_mode for each in ancestors(path)]
    reached = all(mode & 0o001 for mode in above)
    found = reached and all(mode & 0o004 for mode in above)
    by_place = is_open(place(path)) and not names & set(path.split("/"))
    own = {"path": path, "mode": oct(stat.S_IMODE(status.st_mode)), "owner": f"{status.st_uid}:{status.st_gid}"}
    if stat.S_ISDIR(status.st_mode):
        return {
            **own, "kind": "directory", "content": "",
            # A mount point is there, whatever is in it.
            "may": reached and (by_place or path in binds and is_open(os.path.dirname(path))) or path in others or path in known,
            "must": found and by_place,
        }
    if stat.S_ISLNK(status.st_mode):
        recorded = path in others
        return {
            **own, "kind": "link", "content": os.readlink(path),
            "may": reached and by_place or recorded, "must": found and by_place or recorded,
        }
    with open(path, "rb") as file:
        data = file.read()
    md5 = hashlib.md5(data).hexdigest()
    is_key = re.search(rb"^-----BEGIN [A-Z ]*PRIVATE KEY-----$", data, re.M) is not None
    recorded = md5 in objects.get(path, ()) and not is_key
    public = bool(status.st_mode & 0o004) and by_place
    return {
        **own, "kind": "file", "content": md5,
        "may": reached and public or recorded, "must": found and public or recorded,
    }


def walk(path):
    own = look(path)
    yield own
    if own["kind"] == "directory":
        for name in sorted(os.listdir(path)):
            yield from walk(f"{path}/{name}")


print(json.dumps([each for top in request["tops"] for each in walk(top)]))
