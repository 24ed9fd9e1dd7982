# SPDX-License-Identifier: GPL-2.0-or-later
"""How much of a binary package is read. Whoever made it chose what it says of its own sizes, and what it unpacks to."""
import bz2
import tarfile

#: Bytes of a package's metadata, unpacked. A kernel's or a compiler's, with its environment, has some MiB.
METADATA = 64 << 20
#: Bytes of a header that is more than a tar block: a long name (PATH_MAX is 4096), or what pax records, with xattrs.
HEADER = 1 << 20
#: Members of the container. GLEP 78 has at most seven.
MEMBERS = 16
#: Files of the image. A kernel's sources have about a hundred thousand.
FILES = 4_000_000
#: Libraries that one package has.
LIBRARIES = 1 << 16
#: Bytes of a decompressor's complaint.
WORDS = 4096

_BLOCK = 1 << 20


class BrokenPackage(Exception):
    """`what`: the name that the refusal has."""

    def __init__(self, what, reason):
        super().__init__(reason)
        self.what = what


class Member(tarfile.TarInfo):
    """A member of an archive whose headers are not longer than any that Portage makes: tarfile reads each into memory."""

    _LONG = frozenset((
        tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
    ))

    def _proc_member(self, archive):
        if self.type in self._LONG and not 0 <= self.size <= HEADER:
            raise BrokenPackage("limits", f"a header in its archive has {self.size} bytes, more than {HEADER}")
        return super()._proc_member(archive)


class Counted:
    """A stream that is read up to so many bytes."""

    def __init__(self, stream, most, name):
        self._stream, self._left, self._most, self._name = stream, most, most, name

    def read(self, size=_BLOCK):
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise BrokenPackage("limits", f"{self._name} unpacks to more than {self._most} bytes")
        return data

    def finish(self):
        while self.read():
            pass


def is_bzip2(data):
    """Whether it is whole and not empty, as bzip2 compresses it. Nothing of it is kept."""
    total = 0
    while data:
        stream = bz2.BZ2Decompressor()
        while not stream.eof:
            if not data and stream.needs_input:
                return False
            total += len(stream.decompress(data, _BLOCK))
            data = b""
            if total > METADATA:
                raise BrokenPackage("limits", f"its environment unpacks to more than {METADATA} bytes")
        data = stream.unused_data
    return total > 0
