# SPDX-License-Identifier: MIT
"""Copies a file into a directory that others may write to: PKGDIR may belong to group portage. Nothing here needs Portage."""
import fcntl
import os
import shutil

_FICLONE = 0x40049409


def copy(path, to, may_link):
    """The cheapest copy there is, under a name that is not there yet. Where only what Portage does to it counts, a hard link
    will do: that breaks links before it changes a package.

    What is written goes to a file that this call has made, never to what stands under its name by then: open(2) with
    O_EXCL follows no link, link(2) and rename(2) follow none either.
    """
    made = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with open(made, "wb") as target, open(path, "rb") as source:
        try:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
            return
        except OSError:
            pass
        if may_link and _link(path, to):
            return
        shutil.copyfileobj(source, target, 1 << 20)


def _link(path, to):
    beside = f"{to}.{os.urandom(6).hex()}"
    try:
        os.link(path, beside)
    except OSError:
        # Another file system, or one without hard links.
        return False
    try:
        os.rename(beside, to)
    except OSError:
        os.unlink(beside)
        return False
    return True
