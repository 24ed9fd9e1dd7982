# SPDX-License-Identifier: GPL-2.0-or-later
"""What the library may say. The types are in lib/core/message.ts; fields that are not named here nobody reads."""


def _is_text(value):
    return isinstance(value, str)


def _is_level(value):
    return value in ("info", "warn", "error")


def _is_words(value):
    return isinstance(value, list) and all(map(_is_text, value))


def _may(is_good):
    return lambda value: value is None or is_good(value)


_FIELDS = {
    # Of another protocol than ours all but its number may be otherwise, and launch.py says so.
    "ready": {"patterns": _may(_is_words)},
    "refused": {"text": _is_text},
    "go": {},
    "commit": {"id": _is_text, "path": _is_text, "sha256": _may(_is_text), "log": _may(_is_text), "elog": _may(_is_text)},
    "home": {"id": _is_text, "share": _may(lambda value: isinstance(value, bool))},
    "withdraw": {"id": _is_text},
    "say": {"level": _is_level, "text": _is_text},
    "progress": {"text": _is_text},
    "bye": {},
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
