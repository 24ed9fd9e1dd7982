# SPDX-License-Identifier: GPL-2.0-or-later
"""What is compared between a plan and a binary package, in one form for both."""
from portage.dep import Atom, paren_enclose, use_reduce
from portage.dep._slot_operator import strip_slots

DEPENDENCIES = ("BDEPEND", "DEPEND", "IDEPEND", "PDEPEND", "RDEPEND")

#: Of what Portage records of a build's variables (`__dyn_install`), that which says how it was built. They are
#: recorded as they are after src_install: an ebuild that filters or appends flags records others than those configured.
VARIABLES = ("CHOST", "CBUILD", "CTARGET", "CFLAGS", "CXXFLAGS", "LDFLAGS", "ASFLAGS", "LIBCFLAGS", "LIBCXXFLAGS")

#: Since 3.0.57 a binary package with ELF files depends on at least the builder's libc, which no ebuild says.
_LIBC = frozenset(("sys-libs/glibc", "sys-libs/musl"))


def dependencies(metadata, use, eapi):
    """The dependency strings as Portage's changed-deps check compares them."""
    result = {}
    for name in DEPENDENCIES:
        if metadata.get(name):
            atoms = use_reduce(metadata[name], uselist=use, eapi=eapi, token_class=Atom)
            strip_slots(atoms)
            if name == "RDEPEND":
                atoms = [atom for atom in atoms if not (isinstance(atom, Atom) and atom.cp in _LIBC)]
            if atoms:
                result[name] = paren_enclose(atoms)
    return result


def unbound(metadata, use, eapi):
    """The `:=` dependencies of a binary package that no installed package was found for when it was built.

    Those in `||` are left out: only the branch that was taken is bound. PDEPEND and IDEPEND need not be installed then.
    """
    result = set()
    for name in ("BDEPEND", "DEPEND", "RDEPEND"):
        atoms = use_reduce(metadata.get(name) or "", uselist=use, eapi=eapi, token_class=Atom)
        result.update(str(atom) for atom in _required(atoms) if atom.slot_operator == "=" and atom.slot is None)
    return sorted(result)


def _required(atoms):
    in_choice = False
    for item in atoms:
        if isinstance(item, list):
            if not in_choice:
                yield from _required(item)
        elif isinstance(item, Atom) and not item.blocker:
            yield item
        in_choice = item == "||"


def variables(source):
    """The build variables out of a mapping, with white space as Portage records it."""
    found = {name: " ".join((source.get(name) or "").split()) for name in VARIABLES}
    return {name: value for name, value in found.items() if value}


def split_slot(slot):
    """`0` and `0/1` as slot and sub-slot."""
    slot, _, sub_slot = slot.partition("/")
    return slot, sub_slot or slot
