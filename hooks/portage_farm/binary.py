# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a binary package as what a plan is compared with."""
import os
import subprocess

from portage.binpkg import get_binpkg_format
from portage.gpkg import gpkg
from portage.util.compression_probe import compression_probe
from portage.xpak import tbz2

from . import metadata


_DECOMPRESS = {
    "bzip2": "bzip2 -d",
    "gzip": "gzip -d",
    "lz4": "lz4 -d",
    "lzip": "lzip -d",
    "lzop": "lzop -d",
    "xz": "xz -d",
    "zstd": "zstd -d --long=31",
}


class _Settings(dict):
    """As little of a configuration as `gpkg` needs: to load the real one takes longer than to read most packages.

    Signatures are Portage's to check, when it installs the package.
    """

    features = frozenset(("binpkg-ignore-signature",))

    def environ(self):
        return dict(os.environ)


class BrokenPackage(Exception):
    pass


def inspect(path):
    """The package's metadata, once its whole content was found to be what it was when it was packaged."""
    size = os.stat(path).st_size
    raw = _read_gpkg(path) if get_binpkg_format(path, check_file=True) == "gpkg" else _read_xpak(path)
    fields = {name: value.decode("utf-8", "replace").strip("\n") for name, value in raw.items()}
    for name in ("CATEGORY", "PF", "SLOT", "EAPI"):
        if not fields.get(name):
            raise BrokenPackage(f"no {name} in its metadata")
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
        "variables": metadata.variables(fields),
        "unbound": metadata.unbound(fields, use, eapi),
        "buildId": _number(fields.get("BUILD_ID")),
        "buildTime": _number(fields.get("BUILD_TIME")),
        "size": size,
        "provides": fields.get("PROVIDES", "").strip(),
        "requires": fields.get("REQUIRES", "").strip(),
    }


def _number(text):
    return int(text) if text and text.strip().isdigit() else None


def _read_gpkg(path):
    commands = {"PORTAGE_BZIP2_COMMAND": "bzip2", "PORTAGE_BUNZIP2_COMMAND": "bunzip2"}
    package = gpkg(_Settings(commands), gpkg_file=path)
    package._verify_binpkg()
    return package.get_metadata()


def _read_xpak(path):
    """An xpak has no checksums but those of its compressed archive, so that is read to its end."""
    package = tbz2(path)
    if package.scan() != 2:
        raise BrokenPackage("neither a gpkg nor an xpak")
    archive = os.stat(path).st_size - package.xpaksize
    # XPAKPACK, two lengths, the index, the data, XPAKSTOP.
    if archive <= 0 or 24 + package.indexsize + package.datasize != package.infosize:
        raise BrokenPackage("its xpak does not fit the file")
    command = _DECOMPRESS.get(compression_probe(path), "cat")
    checked = subprocess.run(
        ["bash", "-c", f'set -o pipefail; head -c "$1" -- "$2" | {command} | tar -t >/dev/null', "bash", str(archive), path],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if checked.returncode:
        raise BrokenPackage(f"its archive is damaged: {checked.stderr.decode(errors='replace').strip()}")
    return {
        name.decode("utf-8", "replace") if isinstance(name, bytes) else name: value
        for name, value in package.get_data().items()
    }
