# SPDX-License-Identifier: GPL-2.0-or-later
"""A PKGDIR for this emerge alone, where FEATURES=binpkg-request-signature asks for signatures that nobody here can make.

What a host built stands for what would have been built here, and that is merged without a signature. So it is merged by
Portage's own code from a directory that only root can reach, in whose settings alone signatures are not asked for, from a
copy that was compared with what the library verified. The directory is gone when emerge ends. It lies below root's own: who
owns the directory that PKGDIR is in could put another one in its place. What is in it is copied there, not linked: it may be
on another file system than PKGDIR. PKGDIR, and what comes from binary hosts, is not concerned.
"""
import copy
import hashlib

import portage
from portage.dbapi.bintree import binarytree

from . import private


class Unsigned:
    def __init__(self, settings):
        # As signaturesOf() in lib/core/policy.ts: what is signed here is merged as any other signed package.
        signs = "binpkg-signing" in settings.features and settings.get("BINPKG_FORMAT", "gpkg") == "gpkg"
        self._applies = "binpkg-request-signature" in settings.features and not signs
        self._root_config = None

    def root_config(self, pkg):
        """The package's RootConfig, with this PKGDIR in it where it is needed."""
        if not self._applies:
            return pkg.root_config
        if self._root_config is None:
            self._root_config = _with_own_pkgdir(pkg.root_config)
        return self._root_config

    def stand_in(self, pkg):
        """The package, for what makes a binary package of it or asks where that is."""
        root_config = self.root_config(pkg)
        if root_config is pkg.root_config:
            return pkg
        found = copy.copy(pkg)
        found.root_config = root_config
        return found

    def check(self, path, verdict):
        """Raises ValueError unless the file is what the library verified."""
        if self._applies and _digest(path) != verdict.get("sha256"):
            raise ValueError(f"{verdict['path']} is not what was verified")


def _with_own_pkgdir(root_config):
    bintree = root_config.trees["bintree"]
    directory = private.directory("unsigned")
    settings = portage.config(clone=bintree.settings)
    settings["PKGDIR"] = directory
    settings.backup_changes("PKGDIR")
    settings.features.discard("binpkg-request-signature")
    settings.features.add("binpkg-ignore-signature")
    settings.lock()
    own = copy.copy(root_config)
    own.trees = root_config.trees.copy()
    own.trees["bintree"] = binarytree(pkgdir=directory, settings=settings)
    own.trees["bintree"].populate()
    return own


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
