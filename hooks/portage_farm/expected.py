# SPDX-License-Identifier: GPL-2.0-or-later
"""What a plan's package must say of itself when it comes back, as far as that can be known beforehand: `Expected` in
lib/core/request.ts. Nothing here grows with packages that are not in the plan."""
import functools
import re

from portage.dep import match_from_list
from portage.versions import cpv_sort_key

from . import metadata

#: The eclass that changes flags for others; that it names a flag says nothing about the ebuild that uses it.
_FLAG_O_MATIC = "flag-o-matic"
_MACHINE = re.compile(r"march|mcpu|mtune|cpu-flags|sparc64-flags")
#: A file that a bashrc reads and that is not known here. Those of bashrc.d are.
_SOURCES = re.compile(r"^[^#\n]*(?:\bsource|(?:^|[;&|\s])\.)[ \t]+(?!.*bashrc\.d)", re.MULTILINE)


class Expectations:
    """`sources`: of all packages. `vardb`: what is installed. `name`: gives a package's id in the plan."""

    def __init__(self, merge_list, sources, vardb, name):
        self._sources, self._vardb, self._name = sources, vardb, name
        self._positions = {pkg: position for position, pkg in enumerate(merge_list)}
        self._merged, self._removed = {}, {}
        for pkg in merge_list:
            if pkg.root != "/":
                continue
            kind = self._removed if pkg.operation == "uninstall" else self._merged
            kind.setdefault(pkg.cp, []).append(pkg)

    def __call__(self, pkg):
        use, (ebuild, eclasses, env_files) = pkg.use.enabled, self._sources.of(pkg)
        with open(ebuild, "rb") as file:
            digest = metadata.digest(file.read())
        named = self._named([ebuild, *env_files], eclasses)
        return {
            "ebuild": digest,
            "recorded": metadata.recorded(pkg._metadata, use, pkg.eapi),
            "libc": metadata.libc(pkg._metadata, use, pkg.eapi),
            "bindings": self._bindings(pkg),
            "unchanged": [variable for variable in metadata.VARIABLES if not _may_change(variable, named)],
            "keepsMachine": "machine" not in named,
        }

    def libc(self):
        """The C libraries that are installed, and those of the plan."""
        found = [{"cpv": str(cpv)} for cp in sorted(metadata.LIBC) for cpv in self._vardb.match(cp)]
        planned = [pkg for cp in sorted(metadata.LIBC) for pkg in self._merged.get(cp, ())]
        return found + [{"cpv": str(pkg.cpv), "package": self._name(pkg)} for pkg in planned]

    def _bindings(self, pkg):
        """What Portage would bind each `:=` to, had it built the package here in its place of the merge list:
        `evaluate_slot_operator_equal_deps`, with the plan's earlier packages counted as installed."""
        result = {}
        for variable in metadata.DEPENDENCIES:
            atoms = metadata.slot_operators(pkg._metadata, variable, pkg.use.enabled, pkg.eapi)
            if atoms:
                result[variable] = [{"atom": str(atom), "candidates": self._candidates(pkg, atom)} for atom in atoms]
        return result

    def _candidates(self, pkg, atom):
        """What may satisfy an atom when the package is built, best first, up to that which is there for certain."""
        position = self._positions[pkg]
        before = [each for each in self._merged.get(atom.cp, ()) if self._positions[each] < position]
        gone = [each for each in self._removed.get(atom.cp, ()) if self._positions[each] < position]
        found = [
            (each.cpv, {"slot": f"{each.slot}/{each.sub_slot}", "package": self._name(each)})
            for each in match_from_list(atom, before)
        ]
        for cpv in self._vardb.match(atom):
            if not hasattr(cpv, "slot"):
                cpv = self._vardb._pkg_str(cpv, None)
            candidate = {"slot": f"{cpv.slot}/{cpv.sub_slot}"}
            replaced = [self._name(each) for each in before if each.slot == cpv.slot or each.cpv == cpv]
            if replaced:
                candidate["replacedBy"] = replaced
            if any(each.cpv == cpv for each in gone):
                candidate["removed"] = True
            found.append((cpv, candidate))
        # Stable: of two with the same version the plan's comes first.
        key = cpv_sort_key()
        found.sort(key=lambda each: key(each[0]), reverse=True)
        result = []
        for _cpv, candidate in found:
            result.append(candidate)
            if candidate.keys() == {"slot"}:
                break
        return result

    def _named(self, files, eclasses):
        """What the ebuild, its eclasses and the bashrc files name of the variables that a build may change."""
        named = set(self._bashrcs)
        for name, path in eclasses.items():
            if path is None:
                return _EVERYTHING
            found = _names_in(path)
            named |= found - {"machine"} if name == _FLAG_O_MATIC else found
        return named.union(*map(_names_in, files))

    @functools.cached_property
    def _bashrcs(self):
        return set().union(*map(_names_in_bashrc, self._sources.bashrcs))


_EVERYTHING = frozenset(("CBUILD", "CTARGET", "FLAGS", "machine"))


def _may_change(variable, named):
    """Portage itself puts CHOST back."""
    return variable != "CHOST" and ("FLAGS" if variable.endswith("FLAGS") else variable) in named


@functools.cache
def _names_in(path):
    """Which of what may be changed a file names; a variable that is named nowhere is changed nowhere."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return _EVERYTHING
    found = {name for name in ("CBUILD", "CTARGET", "FLAGS") if name in text}
    return frozenset(found | {"machine"} if _MACHINE.search(text) else found)


def _names_in_bashrc(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        reads_others = _SOURCES.search(file.read())
    return _EVERYTHING if reads_others else _names_in(path)
