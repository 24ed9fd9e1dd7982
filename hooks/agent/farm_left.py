# SPDX-License-Identifier: MIT
"""What a job left in its directories, once all its processes have ended. Whoever was root in it may have put anything there:
regular files count, and nothing that is a link is followed."""
import hashlib
import os
import re
import stat

import farm_paths as paths

#: Bytes at the end of what a build printed in which Portage's figures are.
_LAST_WORDS = 1 << 16
#: Bytes of messages that come home.
_MOST_WORDS = 1 << 20
#: How Portage names logs; there may be other things where it leaves them.
_LOG = re.compile(r"[\x21-\x7e]{1,200}[0-9]{8}-[0-9]{6}\.log(\.gz)?")


def by_job(job, log, code):
    """The part of its report that is read from files. `log`: a descriptor; `code`: what its last step ended with."""
    packages = paths.real(job["steps"][-1]["pkgdir"], job["client"])
    return {
        "files": _packages(packages) if code == 0 else [],
        "disk": _disk(log) if code == 0 else None,
        **_words(paths.real(os.path.join(job["root"], "job", "logs"), job["client"])),
    }


def _packages(directory):
    """The binary packages below a directory: path relative to it, bytes, SHA-256."""
    suffixes = (".gpkg.tar", ".xpak", ".tbz2")
    return [{"path": path, **_digest(file)} for path, file in _files(directory) if path.endswith(suffixes)]


def _words(directory):
    """What Portage left in PORTAGE_LOGDIR: the path of the build's log in it, if there is one, and elog messages."""
    log, messages, left = None, [], _MOST_WORDS
    for path, file in _files(directory):
        if path.startswith("elog/"):
            said = file.read(left + 1)
            messages.append(said[:left].decode("utf-8", "replace"))
            left -= min(left, len(said))
        elif _LOG.fullmatch(path):
            log = path
    return {"log": log, "elog": "".join(messages)}


def _files(directory):
    """Path and opened file of each regular file below a directory, in the order of their names."""
    for folder, folders, names, descriptor in os.fwalk(directory, follow_symlinks=False):
        folders.sort()
        for name in sorted(names):
            # Asked before it is opened: to open a device may do something.
            if not stat.S_ISREG(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                continue
            with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=descriptor), "rb") as file:
                yield os.path.relpath(os.path.join(folder, name), directory), file


def _disk(log):
    """Bytes of the build's working directory and of its image, which Portage prints after src_install and shortly before
    the end; null where it does not."""
    words = os.pread(log, _LAST_WORDS, max(0, os.fstat(log).st_size - _LAST_WORDS))
    sizes = re.findall(rb"Final size of (?:build directory|installed tree): +(\d+) KiB", words)
    return sum(map(int, sizes[-2:])) * 1024 if sizes else None


def _digest(file):
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return {"size": file.tell(), "sha256": digest.hexdigest()}
