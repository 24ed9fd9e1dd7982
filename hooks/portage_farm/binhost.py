# SPDX-License-Identifier: GPL-2.0-or-later
"""A PKGDIR besides this system's own, kept by Portage's own code: whoever reads its index finds it whole."""
import os
import shutil

import portage
from portage.dbapi.bintree import binarytree
from portage.versions import _pkg_str


class Binhost:
    def __init__(self, pkgdir):
        settings = portage.config(clone=portage.settings)
        settings["PKGDIR"] = pkgdir
        settings.backup_changes("PKGDIR")
        self._pkgdir = pkgdir
        self._tree = binarytree(pkgdir=pkgdir, settings=settings)
        self._seen = set()

    def add(self, path):
        """Takes a copy of a package in, under a build id that is free. Portage locks the directory, reads the index anew, and
        puts another in its place by a rename."""
        if path in self._seen:
            return
        incoming = os.path.join(self._pkgdir, f".incoming-{os.getpid()}-{os.path.basename(path)}")
        try:
            shutil.copyfile(path, incoming)
            cpv = _cpv_of(path)
            if self._tree.inject(_pkg_str(cpv), current_pkg_path=incoming) is None:
                raise ValueError(f"Portage does not take {cpv} into {self._pkgdir}")
            self._seen.add(path)
        finally:
            if os.path.lexists(incoming):
                os.unlink(incoming)


def _cpv_of(path):
    """CATEGORY/PF, as a file of the farm's store is named: CATEGORY%PN%PF-BUILDID.gpkg.tar, or CATEGORY%PF.tbz2."""
    category, *_, name = os.path.basename(path).split("%")
    for ending in (".gpkg.tar", ".xpak", ".tbz2"):
        if name.endswith(ending):
            name, is_instance = name[: -len(ending)], ending != ".tbz2"
            break
    else:
        raise ValueError(f"{path} is no binary package by its name")
    return f"{category}/{name.rpartition('-')[0] if is_instance else name}"
