# SPDX-License-Identifier: GPL-2.0-or-later
"""A PKGDIR besides this system's own, kept by Portage's own code: whoever reads its index finds it whole."""
import filecmp
import glob
import os
import shutil

import portage
from portage.dbapi.bintree import binarytree
from portage.locks import lockfile, unlockfile
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
        """Takes a copy of a package in, under a build id that is free, if it is not there. Portage locks the directory, reads
        the index anew, and puts another in its place by a rename.

        Several systems may offer the same, each in case the other died before it could: hence the lock around both steps."""
        if path in self._seen:
            return
        cpv = _cpv_of(path)
        incoming = os.path.join(self._pkgdir, f".incoming-{os.getpid()}-{os.path.basename(path)}")
        lock = lockfile(os.path.join(self._pkgdir, ".offer"), wantnewlockfile=1)
        try:
            # The index may lack a file that somebody moved in and died: Portage looks for such once.
            if not self._tree.populated:
                self._tree.populate()
            if not self._has(cpv, path):
                shutil.copyfile(path, incoming)
                if self._tree.inject(_pkg_str(cpv), current_pkg_path=incoming) is None:
                    raise ValueError(f"Portage does not take {cpv} into {self._pkgdir}")
            self._seen.add(path)
        finally:
            if os.path.lexists(incoming):
                os.unlink(incoming)
            unlockfile(lock)

    def _has(self, cpv, path):
        category, pf = cpv.split("/")
        there = glob.glob(os.path.join(glob.escape(self._pkgdir), category, "**", f"{glob.escape(pf)}*"), recursive=True)
        return any(os.path.isfile(each) and filecmp.cmp(each, path, shallow=False) for each in there)


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
