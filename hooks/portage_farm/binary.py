# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a binary package as what a plan is compared with."""
import os
import re

from portage.binpkg import get_binpkg_format
from portage.dep import match_from_list
from portage.gpkg import gpkg
from portage.xpak import tbz2

from . import confined, metadata, sonames
from .archive import check_gpkg, check_sizes, check_xpak
from .bounds import METADATA, BrokenPackage, is_bzip2


class _Settings(dict):
    """As little of a configuration as `gpkg` needs: to load the real one takes longer than to read most packages.

    Signatures are Portage's to check, when it installs the package.
    """

    features = frozenset(("binpkg-ignore-signature",))

    def environ(self):
        return dict(os.environ)


#: Bytes of an image, if nothing else is said.
MOST = 16 << 30
#: Bytes that are read in a second of computing: a fifth of what a slow machine does.
_SPEED = 4 << 20
#: Seconds for all that does not grow with a package.
_SECONDS = 60


class Inspector:
    """Remembers what the packages provide that it has seen, by their inodes: a commit renames a package's file."""

    def __init__(self):
        self._sonames = sonames.Sonames()
        self._provided = {}

    def inspect(self, path, libc=(), needs=(), most=MOST, seconds=None):
        """The package's metadata, once its whole content was found to be what it was when it was packaged.

        `libc`: the cpvs of the C libraries that there will be where it is installed. `needs`: the files of those
        packages of the plan that it may need libraries of. `most`: bytes that its image may have. `seconds` of computing
        that it may take; default: by its size. It is read in a process of its own: whatever it is, it costs no more.
        """
        if seconds is None:
            seconds = _SECONDS + (os.stat(path).st_size + most) // _SPEED
        found = confined.call(lambda: self._inspect(path, libc, needs, most), seconds)
        for device, inode, *names in found["provided"]:
            self._provided[device, inode] = {tuple(each) for each in names}
        return found["metadata"]

    def _inspect(self, path, libc, needs, most):
        known = set(self._provided)
        file_format = get_binpkg_format(path, check_file=True)
        raw = _read_gpkg(path, most) if file_format == "gpkg" else _read_xpak(path, most)
        fields = _fields(raw)
        for name in ("CATEGORY", "PF", "SLOT", "EAPI"):
            if not fields.get(name):
                raise BrokenPackage("metadata", f"no {name} in its metadata")
        described = _describe(fields)
        ebuild = raw.get(f"{fields['PF'].strip()}.ebuild")
        self._provided[_inode(path)] = sonames.provided(fields)
        others = [lambda each=each: self._provides(each) for each in needs]
        found = {
            **described,
            "format": file_format,
            "size": os.stat(path).st_size,
            "ebuild": None if ebuild is None else metadata.digest(ebuild),
            "environment": _has_environment(raw),
            "unmetLibc": [atom for atom in described["libc"] if not match_from_list(atom, list(libc))],
            "missingSonames": self._sonames.missing(fields, others),
        }
        new = [[*inode, *map(list, names)] for inode, names in self._provided.items() if inode not in known]
        return {"metadata": found, "provided": [*new, [*_inode(path), *map(list, self._provided[_inode(path)])]]}

    def sign(self, path):
        """Signs a gpkg by the configuration of this system, as Portage does what it builds itself."""
        import portage  # pylint: disable=import-outside-toplevel  # to load the configuration takes a while

        package = gpkg(portage.settings, gpkg_file=path)
        # What is there is not signed yet, and was verified.
        package.request_signature = package.verify_signature = False
        package.update_signature()
        return {}

    def _provides(self, path):
        """What a package of the plan provides. One that was built here was not inspected."""
        inode = _inode(path)
        if inode not in self._provided:
            is_gpkg = get_binpkg_format(path, check_file=True) == "gpkg"
            raw = _gpkg(path).get_metadata() if is_gpkg else _strings(_xpak(path).get_data())
            self._provided[inode] = sonames.provided(_fields(raw))
        return self._provided[inode]


def _inode(path):
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _fields(raw):
    for name in raw:
        if "/" in name or name in ("", ".", ".."):
            raise BrokenPackage("metadata", f"{name!r} in its metadata is no file name")
    return {name: value.decode("utf-8", "replace").strip("\n") for name, value in raw.items()}


def _describe(fields):
    eapi = fields["EAPI"].strip()
    use = sorted(fields.get("USE", "").split())
    slot, sub_slot = metadata.split_slot(fields["SLOT"].strip())
    return {
        "cpv": f"{fields['CATEGORY'].strip()}/{fields['PF'].strip()}",
        "slot": slot,
        "subSlot": sub_slot,
        "repo": fields.get("repository", "").strip(),
        "eapi": eapi,
        "use": use,
        "dependencies": metadata.dependencies(fields, use, eapi),
        "bindings": metadata.bindings(fields, use, eapi),
        "libc": metadata.libc(fields, use, eapi),
        "variables": metadata.variables(fields),
        "recorded": metadata.recorded(fields, use, eapi),
        "buildId": _number(fields.get("BUILD_ID")),
    }


def _has_environment(raw):
    """Whether it has the environment of its build, which its pkg_ phases run in, whole."""
    try:
        return is_bzip2(raw["environment.bz2"])
    except (KeyError, OSError, ValueError, EOFError):
        return False


def _number(text):
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text.strip()) else None


def _gpkg(path):
    return gpkg(_Settings({"PORTAGE_BZIP2_COMMAND": "bzip2", "PORTAGE_BUNZIP2_COMMAND": "bunzip2"}), gpkg_file=path)


def _read_gpkg(path, most):
    check_sizes(path)
    package = _gpkg(path)
    package._verify_binpkg()
    check_gpkg(path, most)
    return package.get_metadata()


def _read_xpak(path, most):
    """An xpak has no checksums but those of its compressed archive, so that is read to its end."""
    package = _xpak(path)
    if package.scan() != 2:
        raise BrokenPackage("integrity", "neither a gpkg nor an xpak")
    archive = os.stat(path).st_size - package.xpaksize
    # XPAKPACK, two lengths, the index, the data, XPAKSTOP.
    if archive <= 0 or 24 + package.indexsize + package.datasize != package.infosize:
        raise BrokenPackage("integrity", "its xpak does not fit the file")
    _check_index(package.index, package.datasize)
    check_xpak(path, archive, most)
    return _strings(package.get_data())


def _check_index(index, size):
    """Portage takes memory for what an index says, whether or not the file has as much (xpak(5))."""
    at = end = 0
    while at < len(index):
        name = at + 4 + int.from_bytes(index[at : at + 4], "big")
        offset, length = (int.from_bytes(index[start : start + 4], "big") for start in (name, name + 4))
        at = name + 8
        if at > len(index) or offset != end:
            raise BrokenPackage("integrity", "the index of its xpak is damaged")
        end += length
    if end != size:
        raise BrokenPackage("integrity", "the index of its xpak does not fit its data")


def _xpak(path):
    """The last eight bytes say how long what Portage reads into memory is."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - 8))
        # What is longer than the file is no length: Portage's own code says so.
        if METADATA < int.from_bytes(file.read(4), "big") <= size:
            raise BrokenPackage("limits", f"its metadata are more than {METADATA} bytes")
    return tbz2(path)


def _strings(data):
    return {
        name.decode("utf-8", "replace") if isinstance(name, bytes) else name: value for name, value in data.items()
    }
