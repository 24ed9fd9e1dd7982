"""Records a made-up package as installed: `record(cpf, entries)`; or, as a program, `record.py CPF PATH…` with what is there."""
import hashlib
import os
import stat
import sys


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def record(cpf, entries):
    """`entries`: pairs of a path and an MD5, which is None for what is no file or is as it was installed."""
    lines = []
    for path, md5 in entries:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            lines.append(f"dir {path}")
        elif stat.S_ISLNK(mode):
            lines.append(f"sym {path} -> {os.readlink(path)} 1700000000")
        else:
            lines.append(f"obj {path} {md5 or digest(path)} 1700000000")
    folder = f"/var/db/pkg/{cpf}"
    os.makedirs(folder)
    category, pf = cpf.split("/")
    values = {
        "CATEGORY": category, "PF": pf, "EAPI": "8", "SLOT": "0", "repository": "gentoo", "KEYWORDS": "amd64 arm64",
        "LICENSE": "MIT", "DEFINED_PHASES": "-", "IUSE": "", "USE": "", "COUNTER": "1", "BUILD_TIME": "1700000000",
        "SIZE": "0", "DESCRIPTION": "Made up",
    }
    for name, value in values.items():
        with open(f"{folder}/{name}", "w") as file:
            file.write(value + "\n")
    with open(f"{folder}/CONTENTS", "w", errors="surrogateescape") as file:
        file.writelines(line + "\n" for line in lines)


if __name__ == "__main__":
    record(sys.argv[1], [(path, None) for path in sys.argv[2:]])
