"""tree.py SEED — makes up files on this system, and prints what there is besides them as JSON: `binds`, see oracle.py.
tree.py SEED change — changes some of them."""
import base64
import json
import os
import random
import stat
import subprocess
import sys

from record import digest, record

seed, *words = sys.argv[1:]
draw = random.Random(seed + "".join(words))

PLACES = ["/etc", "/opt", "/usr/local", "/home", "/data", "/srv"]
#: In /var/lib: whose they are, their modes, and whether a package has them.
STATES = {
    "grove": (0, 0o755, True), "grove-nobodys": (65534, 0o755, True), "grove-closed": (0, 0o750, True),
    "grove-strange": (0, 0o755, False),
}
DIRECTORIES = [0o755] * 20 + [0o700, 0o711, 0o744, 0o750, 0o1777, 0o2755, 0o2750, 0o705, 0o1755, 0o555]
FILES = [0o644] * 6 + [0o600, 0o640, 0o444, 0o400, 0o755, 0o711, 0o744, 0o4711, 0o4755, 0o2755, 0o2711, 0o604, 0o660, 0o000]
OWNERS = [(0, 0)] * 4 + [(250, 250), (65534, 65534), (1000, 1000), (0, 250)]
NAMES = [
    *("one", "two", "three.conf", "four.so", "five", "six.h", "Makefile", "seven.service", "eight.d", "nine", "ten.txt"),
    *("a blank", "-rf", "*", "[x]", "qu\"ote'", "back\\slash", "\\#012", "$HOME", "ümlaut", "пример", "tab\there", "~", "#x#"),
    *(" -> ", "Permission denied (13)", "{a,b}", "%41", ".hidden", "line\nbreak", "latin-\udce4"),
]
#: What stays by its name.
STAYS = ["id_rsa", ".netrc", "store.p12", ".ssh"]


def text():
    # Sizes that a disk, a buffer and rsync's blocks do not divide.
    return draw.randbytes(draw.choice([0, 1, 17, 700, 701, 5000])).hex().encode()


def key():
    body = base64.encodebytes(draw.randbytes(200)).decode()
    kind = draw.choice(["", "RSA ", "OPENSSH ", "ENCRYPTED "])
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}-----END {kind}PRIVATE KEY-----\n".encode()


def free_name(folder):
    while True:
        name = draw.choice(NAMES if draw.random() > 0.04 else STAYS)
        if os.path.lexists(f"{folder}/{name}"):
            name = f"{draw.randrange(100)}{name}"
        if not os.path.lexists(f"{folder}/{name}"):
            return f"{folder}/{name}"


def dress(path, modes):
    os.lchown(path, *draw.choice(OWNERS))
    if not os.path.islink(path):
        os.chmod(path, draw.choice(modes))


def make_file(folder):
    path = free_name(folder)
    with open(path, "wb") as file:
        file.write(key() if draw.random() < 0.15 else text())
    dress(path, FILES)
    return path


def make_directory(folder, depth):
    os.mkdir(folder)
    for _ in range(draw.randrange(3, 7)):
        make_file(folder)
    if depth > 0:
        for _ in range(draw.randrange(1, 4)):
            make_directory(free_name(folder), depth - 1)
    dress(folder, DIRECTORIES)


def everything(tops):
    """Directories, files and links, without what is mounted."""
    found = ([], [], [])
    for top in tops:
        for folder, directories, names in os.walk(top):
            if folder.split("/")[-1].startswith("bound-"):
                directories.clear()
                continue
            found[0].append(folder)
            names = [each for each in names if not each.startswith("bound-")]
            for name in sorted(names + [each for each in directories if os.path.islink(f"{folder}/{each}")]):
                path = f"{folder}/{name}"
                found[2 if os.path.islink(path) else 1].append(path)
            directories.sort()
    return found


def make_links(directories, files):
    for folder in draw.sample(directories, len(directories) // 2):
        target = draw.choice([*directories, *files, "/nowhere/at/all", "/etc/shadow"])
        relative = draw.random() < 0.4
        link = free_name(folder)
        os.symlink(os.path.relpath(target, folder) if relative else target, link)
        dress(link, [])
    for folder in draw.sample(directories, len(directories) // 2):
        os.link(draw.choice(files), free_name(folder))


def make_binds(directories, files):
    """What is mounted again elsewhere: what should stay in places that go, and one of a place that goes."""
    sources = [each for each in directories if each.startswith(("/home/", "/data/"))]
    pairs = list(zip(draw.sample(sources, 4), ["/opt", "/usr/local", "/opt", "/usr/local"]))
    pairs.append((draw.choice([each for each in directories if each.startswith("/etc/grove/")] or ["/etc/grove"]), "/opt"))
    binds = []
    for number, (source, top) in enumerate(pairs):
        target = f"{top}/grove/bound-{number}"
        os.mkdir(target)
        subprocess.run(["mount", "--bind", "--", source, target], check=True)
        binds.append((source, target))
    for number, source in enumerate(draw.sample([each for each in files if each.startswith(("/home/", "/data/"))], 6)):
        target = f"/opt/grove/bound-file-{number}"
        os.close(os.open(target, os.O_CREAT))
        subprocess.run(["mount", "--bind", "--", source, target], check=True)
        binds.append((source, target))
    return binds


#: What Python makes of bytes that are not UTF-8.
SURROGATES = {chr(code) for code in range(0xDC80, 0xDD00)}


def can_be_recorded(path):
    # portage(5): an entry is a line, and a link's target begins with an arrow. Portage merges no name that is not UTF-8.
    return "\n" not in path and " -> " not in path and path == path.strip() and not SURROGATES & set(path)


def make_records(directories, files, links, binds):
    by_link = [
        f"{link}/{name}"
        for link in links
        if os.path.isdir(link) and can_be_recorded(link)
        for name in sorted(os.listdir(link))
        if stat.S_ISREG(os.lstat(f"{link}/{name}").st_mode)
    ]
    mounted = [
        f"{target}/{name}"
        for _, target in binds
        for name in (sorted(os.listdir(target)) if os.path.isdir(target) else [])
        if stat.S_ISREG(os.lstat(f"{target}/{name}").st_mode)
    ]
    entries = [(f"/var/lib/{name}", None) for name, (_, _, owned) in STATES.items() if owned]
    entries += [(path, None) for path in draw.sample(directories, len(directories) // 5) if can_be_recorded(path)]
    entries += [(path, None) for path in draw.sample(links, len(links) // 5) if can_be_recorded(path)]
    chosen = draw.sample(files, len(files) // 3)
    chosen += draw.sample(by_link, min(len(by_link), 8)) + draw.sample(mounted, min(len(mounted), 4))
    for path in chosen:
        if can_be_recorded(path):
            entries.append((path, "0" * 32 if draw.random() < 0.3 else digest(path)))
    record("app-made/up-1", entries)


def make():
    tops = [f"{place}/grove" for place in PLACES]
    for place, top in zip(PLACES, tops):
        os.makedirs(place, exist_ok=True)
        make_directory(top, 2)
        # Most of it is under directories that let everybody in.
        os.chmod(top, draw.choice([0o755] * 6 + [0o711]))
    for name, (owner, mode, _) in STATES.items():
        top = f"/var/lib/{name}"
        tops.append(top)
        make_directory(top, 1)
        os.chown(top, owner, owner)
        os.chmod(top, mode)
    directories, files, _ = everything(tops)
    make_links(directories, files)
    directories, files, links = everything(tops)
    binds = make_binds(directories, files)
    make_records(directories, files, links, binds)
    return {"tops": tops, "binds": binds, "names": STAYS}


def change(tops):
    directories, files, _ = everything(tops)
    inner = [each for each in directories if each not in tops]
    for path in draw.sample(files, len(files) // 3):
        os.chmod(path, draw.choice(FILES))
    for path in draw.sample(inner, len(inner) // 3):
        os.chmod(path, draw.choice(DIRECTORIES))
    for path in draw.sample(files, len(files) // 8):
        with open(path, "wb") as file:
            file.write(text())
    for path in draw.sample(files, len(files) // 12):
        os.unlink(path)
    for folder in draw.sample(directories, len(directories) // 6):
        make_file(folder)


if not words:
    made = make()
    with open("/run/leaving/made.json", "w") as file:
        json.dump(made, file)
    print(json.dumps(made))
else:
    with open("/run/leaving/made.json") as file:
        change(json.load(file)["tops"])
