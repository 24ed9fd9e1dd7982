# SPDX-License-Identifier: GPL-2.0-or-later
"""What the library may say. The types are in lib/core/message.ts; fields that are not named here nobody reads."""
import re


def _is_text(value):
    return isinstance(value, str)


def _is_path(value):
    """What the system can be asked for."""
    return isinstance(value, str) and re.search("[\0\ud800-\udfff]", value) is None


def _is_level(value):
    return value in ("info", "warn", "error")


def _is_words(value):
    return isinstance(value, list) and all(map(_is_text, value))


def _may(is_good):
    return lambda value: value is None or is_good(value)


_WORDS = {"log": _may(_is_path), "elog": _may(_is_text)}

_FIELDS = {
    # Of another protocol than ours all but its number may be otherwise, and launch.py says so.
    "ready": {"patterns": _may(_is_words)},
    "refused": {"text": _is_text},
    "go": {},
    "commit": {"id": _is_text, "path": _is_path, "sha256": _may(_is_text), **_WORDS},
    "home": {"id": _is_text, "share": _may(lambda value: isinstance(value, bool))},
    "withdraw": {"id": _is_text},
    "say": {"level": _is_level, "text": _is_text},
    "progress": {"text": _is_text},
    "bye": {},
}


#: What a host may have said.
_SAID = ("text", "reason", "elog")
#: Control characters but tabs and ends of lines, those that change a line's direction, halves of characters.
_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text):
    """Text for a terminal or a file, whoever said it. The library has seen to that, too (lib/core/printable.ts)."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def cleaned(message):
    """The message, with nothing in its words that a terminal would obey or a file cannot hold."""
    return {
        name: printable(value) if name in _SAID and isinstance(value, str) else value for name, value in message.items()
    }


def problem(message):
    """Why it is no message of the library's, in words that follow on what was said; None if it is one."""
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str):
        return "which is no message"
    if kind not in _FIELDS:
        return "which is no message that is known here"
    wrong = next((name for name, is_good in _FIELDS[kind].items() if not is_good(message.get(name))), None)
    return None if wrong is None else f"which is no message: its {wrong} is wrong"
