# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files of this system a package's ebuild, its eclasses and its settings name. Those that hosts do not get would be
missed there, in silence if the ebuild only looks whether they are there."""
import functools
import os
import re
import stat

from portage.package.ebuild._config.special_env_vars import (
    env_blacklist,
    environ_filter,
    environ_whitelist,
    environ_whitelist_re,
)

#: A path that stands by itself or behind an option, but not behind what it is relative to: `"${ED}"/etc`, `${S}/etc`.
_PATH = re.compile(
    r"""(?P<url>file://)?
        (?:(?<=[\s"'(]-[A-Za-z])|(?<=file://)|(?<![\w})\]./~])(?<![\w})]["']))
        (?P<path>/(?!/)[^\s"'`$;|&()<>{}\[\]*?,:\\=]+)""",
    re.VERBOSE,
)
#: What follows says where something is put in the image, or is only read by people (PMS, "Ebuild-specific commands").
_OF_THE_IMAGE = re.compile(
    r"\s*(?:#|(?:keepdir|dodir|fowners|fperms|dosym|diropts|docompress|dostrip|(?:ins|exe|doc)?into"
    r"|e(?:info|infon|log|warn|error|qawarn|begin))\s)"
)
_VERSION = re.compile(r"\$(?:\{(PN|PV|PVR|PR|P|PF|CATEGORY)\}|(PN|PVR|PV|PR|PF|P|CATEGORY)\b)")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: What a job root has of its own.
_OF_A_JOB = tuple(f"/{name}/" for name in ("dev", "proc", "run", "sys", "tmp", "var/run", "var/tmp"))
#: Where variables are configured, the weakest first; see portage.package.ebuild.config. And what names directories for
#: another reason: a caller's working directory, home and the like are not for builds.
_LAYERS = ("env.d", "defaults", "conf", "env")
_CALLERS = "env"
#: Portage's own, which it sets for each build or keeps from builds.
_PORTAGES = env_blacklist | environ_filter | environ_whitelist
_PORTAGES_PREFIXES = ("PORTAGE_", "BINPKG_")


class Named:
    """`sources`: of all packages. `packages`: those that may be asked for."""

    def __init__(self, settings, sources, packages):
        self._settings, self._sources, self._packages = settings, sources, packages

    def __call__(self, pkg, configured):
        """Pairs of who names it and a path (NamedPath in lib/core/request.ts). `configured`: the package's settings."""
        ebuild, eclasses, env_files = self._sources.of(pkg)
        files = [path for path in (*eclasses.values(), *env_files, *self._sources.bashrcs) if path is not None]
        text = _text(ebuild)
        found = {}
        for path in _paths(_expanded(text, pkg)):
            found.setdefault(path, "its ebuild")
        for file in files:
            for path in _paths_in(file):
                found.setdefault(path, os.path.basename(file) if file.endswith(".eclass") else file)
        for name, paths in self._variables(configured, set(_WORD.findall(text)), files):
            for path in paths:
                found.setdefault(path, name)
        return [{"by": by, "path": path} for path, by in found.items()]

    def _variables(self, configured, words, files):
        """The variables that decide of the package, and the paths in them. `words`: those of its ebuild."""
        yield from _values(configured, ("pkg",)).items()
        for name, paths in self._global.items():
            if name in words or name in self._of_tools or any(name in _words_in(file) for file in files):
                yield name, paths

    @functools.cached_property
    def _global(self):
        return _values(self._settings, _LAYERS)

    @functools.cached_property
    def _of_tools(self):
        """What make.conf sets and neither an eclass nor one of the ebuilds knows: programs read it, whatever they build. A
        directory may be for them to write to."""
        configured = self._settings.configdict["conf"]
        found = {
            name for name, paths in self._global.items() if name in configured and any(map(os.path.isfile, paths))
        }
        # Most have none, and there are hundreds of eclasses.
        for file in self._known() if found else ():
            found.difference_update(_WORD.findall(_text(file)))
        return found

    def _known(self):
        """All eclasses, and the ebuilds."""
        for repository in self._settings.repositories:
            for eclass in repository.eclass_db.eclasses.values():
                yield eclass.location
        for pkg in self._packages:
            yield self._sources.of(pkg)[0]


def _values(settings, layers):
    """The paths in what is configured, by the names of the variables; without those that are Portage's own."""
    found = {}
    for layer in layers:
        for name, value in (settings.configdict.get(layer) or {}).items():
            if name in _PORTAGES or environ_whitelist_re.match(name) or name.startswith(_PORTAGES_PREFIXES):
                continue
            if not isinstance(value, str):
                continue
            found[name] = _paths(re.sub("[:,=]", " ", value), directories=layer != _CALLERS)
    return {name: paths for name, paths in found.items() if paths}


def _text(path):
    """Without comments, and what is about the image."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(line for line in file if not _OF_THE_IMAGE.match(line))
    except OSError:
        # Whatever it is, the build will say so better.
        return ""


@functools.cache
def _paths_in(path):
    return _paths(_text(path))


@functools.cache
def _words_in(path):
    return frozenset(_WORD.findall(_text(path)))


def _expanded(text, pkg):
    """With what Portage sets from the ebuild's own name."""
    name, version = pkg.cp.partition("/")[2], pkg.cpv.version
    plain, _, revision = version.partition("-r")
    values = {
        "CATEGORY": pkg.category, "PN": name, "P": f"{name}-{plain}", "PF": f"{name}-{version}",
        "PV": plain, "PVR": version, "PR": f"r{revision or 0}",
    }
    return _VERSION.sub(lambda found: values[found[1] or found[2]], text)


def _paths(text, directories=False):
    """The files that are there; directories only of URLs, or if asked for: those of an ebuild are mostly where its
    package will put its own."""
    found = []
    for match in _PATH.finditer(text):
        path = match["path"]
        for each in dict.fromkeys((path, path.rstrip(".!/"))):
            kind = _kind(each)
            if kind == "file" or (kind == "directory" and (directories or match["url"])):
                found.append(each)
                break
    return tuple(dict.fromkeys(found))


@functools.cache
def _kind(path):
    if os.path.normpath(path) in ("/", "//") or "\0" in path:
        return None
    try:
        if (os.path.realpath(path) + "/").startswith(_OF_A_JOB) or (path + "/").startswith(_OF_A_JOB):
            return None
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    return "file" if stat.S_ISREG(mode) else "directory" if stat.S_ISDIR(mode) else None
