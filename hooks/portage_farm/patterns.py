# SPDX-License-Identifier: GPL-2.0-or-later
"""The patterns of farm.yaml, matched as Portage matches those of its own package.* files."""
from portage.dep import Atom, match_from_list
from portage.exception import InvalidAtom


class Patterns:
    """`texts`: package atoms, with wildcards and repositories. Raises a ValueError that names the one that is none."""

    def __init__(self, texts):
        self._atoms = [(text, _atom(text)) for text in texts]

    def matches(self, pkg):
        """The patterns that a Package matches."""
        return [text for text, atom in self._atoms if match_from_list(atom, [pkg])]


def _atom(text):
    try:
        atom = Atom(text, allow_wildcard=True, allow_repo=True)
    except InvalidAtom:
        raise ValueError(f'"{text}" is no package atom as Portage knows it') from None
    if atom.blocker or atom.use is not None or atom.slot_operator is not None:
        raise ValueError(f'"{text}" must be a package atom without blocker, USE flags and slot operator')
    return atom
