# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether this system has the libraries that a binary package needs (REQUIRES)."""
import os
import stat
import subprocess

import portage
from portage.dep.soname.multilib_category import compute_multilib_category
from portage.dep.soname.parse import parse_soname_deps
from portage.exception import InvalidData
from portage.util import getlibpaths, normalize_path
from portage.util._dyn_libs.NeededEntry import NeededEntry
from portage.util.elf.header import ELFHeader

from .bounds import LIBRARIES, BrokenPackage

#: Where glibc's loader looks without being told; /lib and /usr/lib are among Portage's library paths already.
_STANDARD = ("/lib64", "/usr/lib64", "/lib32", "/usr/lib32", "/libx32", "/usr/libx32")
#: Below these a package may say that its libraries are (RUNPATH). Elsewhere a look may do something by itself: an
#: automounter's directory, a share that does not answer.
_TREES = ("/usr/", "/opt/", *(f"{each}/" for each in ("/lib", "/lib64", "/lib32", "/libx32")))
#: Where ldconfig is, whatever a caller's PATH says.
_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


class Sonames:
    """What this system provides. It changes while packages are installed, so what is missing is looked for again."""

    def missing(self, package, others):
        """The sonames, as `category: soname`, that a package needs and neither the system nor `others` have.

        Of what the package itself brings, Portage leaves out of REQUIRES what it can see that it is found. A library of
        its own that is found in another way (a wrapper's LD_LIBRARY_PATH, dlopen), and what prebuilt files (QA_PREBUILT)
        were linked with elsewhere, is no matter of where it was built, so that is left out as well.
        """
        try:
            required = [(atom.multilib_category, atom.soname) for atom in parse_soname_deps(package.get("REQUIRES", ""))]
        except InvalidData as error:
            return [str(error)]
        if not required:
            return []
        wanted = [each for each in required if not _in_directories(*each, self._directories())]
        if not wanted:
            return []
        entries = list(_entries(package))
        own = {(entry.multilib_category, os.path.basename(entry.filename)) for entry in entries}
        wanted = [
            each for each in wanted if each not in own and not _in_directories(*each, _runpaths(entries, each))
        ]
        for provided in (lambda: _in_cache(wanted), *others, self._installed):
            if not wanted:
                return []
            found = provided()
            wanted = [each for each in wanted if each not in found]
        if package.get("QA_PREBUILT", "").strip():
            return []
        return [": ".join(each) for each in wanted]

    @staticmethod
    def _directories():
        return dict.fromkeys((*getlibpaths("/"), *_STANDARD))

    @staticmethod
    def _installed():
        """What all installed packages say that they provide. It takes the configuration to be read: seldom needed."""
        vardb = portage.db["/"]["vartree"].dbapi
        found = set()
        for cpv in vardb.cpv_all():
            try:
                (provides,) = vardb.aux_get(cpv, ["PROVIDES"])
                found.update((atom.multilib_category, atom.soname) for atom in parse_soname_deps(provides))
            except (KeyError, InvalidData):
                # It was just removed, or it says nothing that can be read.
                pass
        return found


def provided(package):
    """All libraries in a package, those that it hides by PROVIDES_EXCLUDE as well: they can be found by a RUNPATH."""
    found = set()
    for entry in _entries(package):
        found.add((entry.multilib_category, os.path.basename(entry.filename)))
        if entry.soname:
            found.add((entry.multilib_category, entry.soname))
        if len(found) > LIBRARIES:
            raise BrokenPackage("limits", f"it has more than {LIBRARIES} libraries")
    return found


def _entries(package):
    for line in package.get("NEEDED.ELF.2", "").splitlines():
        try:
            yield NeededEntry.parse("NEEDED.ELF.2", line)
        except InvalidData:
            pass


def _runpaths(entries, wanted):
    category, soname = wanted
    for entry in entries:
        if entry.multilib_category == category and soname in entry.needed:
            origin = os.path.dirname(entry.filename)
            for path in entry.runpaths:
                path = normalize_path(path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin))
                if path.startswith(_TREES):
                    yield path


def _in_directories(category, soname, directories):
    """A soname is a name: one with a slash is a path, which nobody here is to open because a package says so."""
    return "/" not in soname and any(_is_library(os.path.join(directory, soname), category) for directory in directories)


def _in_cache(wanted):
    """Those that the loader's cache has: a system may have directories in it that no file names."""
    try:
        listed = subprocess.run(
            ["ldconfig", "-p"], env={"PATH": _PATH, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).stdout
    except OSError:
        # musl's loader has none.
        return set()
    found = set()
    for line in listed.decode("utf-8", "replace").splitlines():
        name, _, path = line.strip().partition(" => ")
        soname = name.partition(" (")[0]
        found.update(each for each in wanted if each[1] == soname and _is_library(path, each[0]))
    return found


def _is_library(path, category):
    try:
        # Whatever it is, nothing happens to it by that: to open a pipe may take for ever, and devices do things.
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(place).st_mode):
                return False
            with open(f"/proc/self/fd/{place}", "rb") as file:
                return file.read(4) == b"\x7fELF" and compute_multilib_category(ELFHeader.read(file)) == category
        finally:
            os.close(place)
    except (OSError, TypeError, ValueError):
        return False
