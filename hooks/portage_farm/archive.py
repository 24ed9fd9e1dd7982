# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the archives of a binary package to their ends, and says what no package of Portage's making has."""
import contextlib
import os
import signal
import subprocess
import tarfile
import tempfile

from portage.util.compression_probe import compression_probe

from . import bounds
from .bounds import BrokenPackage
from .confined import allow_decompressor

_DECOMPRESS = {
    "bzip2": ("bzip2", "-d"),
    "gzip": ("gzip", "-d"),
    "lz4": ("lz4", "-d"),
    "lzip": ("lzip", "-d"),
    "lzop": ("lzop", "-d"),
    "xz": ("xz", "-d", "--memlimit-decompress=1GiB"),
    "zstd": ("zstd", "-d", "--long=31"),
}
_EXTENSIONS = {"bz2": "bzip2", "gz": "gzip", "lz4": "lz4", "lz": "lzip", "lzo": "lzop", "xz": "xz", "zst": "zstd"}

#: The members of a gpkg (GLEP 78), without the extensions of compressed archives.
_MEMBERS = frozenset(("gpkg-1", "metadata.tar", "metadata.tar.sig", "image.tar", "image.tar.sig", "Manifest"))

_BLOCK = 1 << 20


def check_sizes(path):
    """Reads what Portage's own code reads of a gpkg into memory, and keeps nothing: it must not be too much."""
    try:
        with tarfile.open(path, "r:", tarinfo=bounds.Member) as container:
            for number, member in enumerate(container):
                if number >= bounds.MEMBERS:
                    raise BrokenPackage("limits", f"its container has more than {bounds.MEMBERS} members")
                plain, compression = _split(os.path.basename(member.name))
                if plain == "metadata.tar":
                    with _unpacked(path, member.offset_data, member.size, compression, "its metadata", bounds.METADATA) as data:
                        data.finish()
                elif plain != "image.tar" and member.size > bounds.METADATA:
                    raise BrokenPackage("limits", f"{member.name[:100]!r} in its container has {member.size} bytes")
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BrokenPackage("integrity", f"its container is damaged: {error}") from None


def check_gpkg(path, most):
    """What `gpkg` itself does not mind: other members than its own, and an image that reaches outside of itself.

    `most`: bytes that the image may unpack to."""
    with tarfile.open(path, "r:", tarinfo=bounds.Member) as container:
        image = None
        for member in container:
            directory, _, name = member.name.rpartition("/")
            plain, compression = _split(name)
            if plain not in _MEMBERS or not directory or "/" in directory or not member.isreg():
                raise BrokenPackage("container", f"{member.name!r} is none of a gpkg's members")
            if plain == "image.tar":
                if image is not None:
                    raise BrokenPackage("container", "it has two images")
                image = member, compression
        if image is None:
            raise BrokenPackage("container", "it has no image")
    member, compression = image
    # gpkg extracts no devices: a package with some has to be merged from where it was built.
    _read(path, member.offset_data, member.size, compression, "image", most, devices=False)


def check_xpak(path, size, most):
    """The archive is the first `size` bytes. An xpak has no checksums but those that its compression has."""
    _read(path, 0, size, compression_probe(path), "", most, devices=True)


def _split(name):
    """A member's name without its compression, and that."""
    signed = name.endswith(".sig")
    stem, _, extension = name.removesuffix(".sig").rpartition(".")
    if extension in _EXTENSIONS and stem.endswith(".tar"):
        return stem + (".sig" if signed else ""), _EXTENSIONS[extension]
    return name, None


def _read(path, offset, size, compression, prefix, most, devices):
    with _unpacked(path, offset, size, compression, "its image", most) as data:
        _check(data, prefix, devices)
        data.finish()


@contextlib.contextmanager
def _unpacked(path, offset, size, compression, name, most):
    """A part of a file, decompressed: a stream of `most` bytes at most."""
    with open(path, "rb", buffering=0) as file, tempfile.TemporaryFile() as said:
        file.seek(offset)
        with subprocess.Popen(("head", "-c", str(size)), stdin=file, stdout=subprocess.PIPE) as head:
            command = _DECOMPRESS.get(compression, ("cat",))
            with subprocess.Popen(
                command, stdin=head.stdout, stdout=subprocess.PIPE, stderr=said, preexec_fn=allow_decompressor
            ) as process:
                # Only the decompressor is to hold that end: it ends `head` by ending itself.
                head.stdout.close()
                try:
                    yield bounds.Counted(process.stdout, most, name)
                except BrokenPackage:
                    # An archive that ends too early is not damaged where its decompressor was ended.
                    process.stdout.close()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=1)
                    process.kill()
                    _check_ended(process)
                    raise
                except BaseException:
                    # It may go on for long, and nobody reads it any more.
                    process.kill()
                    raise
        _check_ended(process)
        if process.returncode:
            said.seek(0)
            words = said.read(bounds.WORDS).decode("utf-8", "replace").strip()
            raise BrokenPackage("integrity", f"its archive is damaged: {words or command[0]}")


def _check_ended(process):
    """The kernel ends a decompressor that takes more time than the package may."""
    if process.returncode == -signal.SIGXCPU:
        raise BrokenPackage("limits", "its archive takes more computing to unpack than its size allows")


def _check(stream, prefix, devices):
    """Reads a tar archive of a directory tree, and raises BrokenPackage for what cannot be one, or leaves it."""
    links, parents, seen = set(), set(), set()
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK, tarinfo=bounds.Member) as archive:
            while (member := archive.next()) is not None:
                # Only names are kept: there are packages of a hundred thousand files.
                archive.members.clear()
                if len(seen) >= bounds.FILES:
                    raise BrokenPackage("limits", f"its image has more than {bounds.FILES} files")
                _check_member(member, prefix, devices, links, parents, seen)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BrokenPackage("integrity", f"its archive is damaged: {error}") from None


def _check_member(member, prefix, devices, links, parents, seen):
    wrong = None
    name = os.path.normpath(member.name)
    inside = _inside(member.name, prefix)
    parent = os.path.dirname(name)
    if not inside:
        wrong = "leaves the image"
    elif name in seen:
        wrong = "is there twice"
    elif not links.isdisjoint(_ancestors(parent)) or (member.issym() and name in parents):
        wrong = "goes through a symbolic link"
    elif member.islnk() and os.path.normpath(member.linkname) not in seen:
        wrong = f"is a hard link to {member.linkname!r}, which is not in the image"
    elif member.isdev() and not devices:
        wrong = "is a device, which Portage takes out of no gpkg"
    if wrong is not None:
        raise BrokenPackage("image", f"{member.name!r} {wrong}")
    seen.add(name)
    parents.add(parent)
    if member.issym():
        links.add(name)


def _inside(name, prefix):
    parts = name.split("/")
    return parts[0] != "" and ".." not in parts and (prefix == "" or parts[0] == prefix)


def _ancestors(path):
    while path:
        yield path
        path = os.path.dirname(path)
