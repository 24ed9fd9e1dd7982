# SPDX-License-Identifier: GPL-2.0-or-later
"""What is compared between a plan and a binary package, in one form for both."""
import hashlib

from portage.dep import Atom, paren_enclose, use_reduce
from portage.dep._slot_operator import strip_slots

DEPENDENCIES = ("BDEPEND", "DEPEND", "IDEPEND", "PDEPEND", "RDEPEND")

#: Of what Portage records of a build's variables (`__dyn_install`), that which says how it was built. They are
#: recorded as they are after src_install: an ebuild that filters or appends flags records others than those configured.
VARIABLES = ("CHOST", "CBUILD", "CTARGET", "CFLAGS", "CXXFLAGS", "LDFLAGS", "ASFLAGS", "LIBCFLAGS", "LIBCXXFLAGS")

#: Since 3.0.57 a binary package with ELF files depends on at least the libc that it was built with, which no ebuild says.
LIBC = frozenset(("sys-libs/glibc", "sys-libs/musl"))

#: What the ebuild alone decides, and Portage records as it is: sets of words, whose order says nothing.
_RECORDED = ("DEFINED_PHASES", "INHERITED", "IUSE", "KEYWORDS", "LICENSE", "PROPERTIES", "RESTRICT")
#: Those that are recorded with their USE conditionals resolved.
_CONDITIONAL = frozenset(("LICENSE", "PROPERTIES", "RESTRICT"))


def dependencies(metadata, use, eapi):
    """The dependency strings as Portage's changed-deps check compares them."""
    result = {}
    for name in DEPENDENCIES:
        atoms = reduced(metadata, name, use, eapi)
        strip_slots(atoms)
        if name == "RDEPEND":
            atoms = [atom for atom in atoms if not _is_libc(atom)]
        if atoms:
            result[name] = paren_enclose(atoms)
    return result


def libc(metadata, use, eapi):
    """What a package says of its libc: the top level of RDEPEND, which is where Portage adds what it linked with."""
    return [str(atom) for atom in reduced(metadata, "RDEPEND", use, eapi) if _is_libc(atom)]


def slot_operators(metadata, name, use, eapi):
    """The atoms with `:=` of a dependency variable, those in `||` as well, in the order in which they are written."""
    return list(_slot_operators(reduced(metadata, name, use, eapi)))


def bindings(metadata, use, eapi):
    """What each `:=` was bound to, as (atom, slot/sub-slot), None if to nothing: Portage found nothing installed then."""
    result = {}
    for name in DEPENDENCIES:
        found = [
            {"atom": str(atom), "slot": f"{atom.slot}/{atom.sub_slot}" if atom.slot_operator_built else None}
            for atom in slot_operators(metadata, name, use, eapi)
        ]
        if found:
            result[name] = found
    return result


def recorded(metadata, use, eapi):
    """What a package has of its ebuild, word by word, sorted."""
    result = {}
    for name in _RECORDED:
        words = metadata.get(name) or ""
        if name in _CONDITIONAL:
            words = paren_enclose(use_reduce(words, uselist=use, eapi=eapi))
        # Where there is none, Portage's cache says "-", and what it records is empty.
        result[name] = " ".join(sorted(word for word in set(words.split()) if word != "-"))
    return result


def reduced(metadata, name, use, eapi):
    """The atoms of a dependency variable, in nested lists that are the caller's own: Portage keeps what it reduced, and
    gives a copy of the outermost list only."""
    return _copied(use_reduce(metadata.get(name) or "", uselist=use, eapi=eapi, token_class=Atom))


def _copied(items):
    return [_copied(item) if isinstance(item, list) else item for item in items]


def _is_libc(item):
    return isinstance(item, Atom) and item.cp in LIBC


def _slot_operators(items):
    for item in items:
        if isinstance(item, list):
            yield from _slot_operators(item)
        elif isinstance(item, Atom) and item.slot_operator == "=":
            yield item


def variables(source):
    """The build variables out of a mapping, with white space as Portage records it."""
    found = {name: " ".join((source.get(name) or "").split()) for name in VARIABLES}
    return {name: value for name, value in found.items() if value}


def split_slot(slot):
    """`0` and `0/1` as slot and sub-slot."""
    slot, _, sub_slot = slot.partition("/")
    return slot, sub_slot or slot


def digest(content):
    return hashlib.sha256(content).hexdigest()
