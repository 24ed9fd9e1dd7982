# SPDX-License-Identifier: MIT
"""What a seed makes of what a host says: the same seed makes the same of the same, whatever came when.

Some of what is said goes as it is, so that runs come far enough to have other answers altered as well: how much, from which
request on, and in which ways is the seed's.
"""
import copy
import json
import random

#: In the order in which a run asks; what is not among them belongs to the first.
_ORDER = ("facts", "hello", "mirror", "mirrored", "tried", "jobs", "packages", "distfiles", "job", "file")

#: No absolute path that is there: what believes it must do no harm.
_NONSENSE = (
    None, True, False, 0, -1, 0.5, 1e308, 2**53, 2**63, -(2**63), 10**40, 10**400, float("nan"), float("-inf"), [], [None], {},
    [[]], {"toString": 1, "valueOf": 1}, {"__proto__": {"ok": 1}}, "", " ", "x", ".", "..", "../../x", "a/../../x", "/../x", "/x/../../y",
    "\0", "a\0b", "a\nb", "\x1b[2J\x1b]0;title\x07", "\u202e", "__proto__", "constructor", "toString", "-rf", "$(id)", "`id`", "%s%n",
    "\ud800", "\u2028", "\ufeff", "x" * 300, "x" * 5000, "\u65e5" * 200, "x" * (2 << 20), "0", "1e3", "NaN",
)
_KEYS = ("__proto__", "constructor", "toString", "length", "", "extra", "../x", "\0", "event", "ok", "error", "id")
_IDS = (None, 0, -1, 1.5, "1", True, [], {}, 10**30, 1e308)
_WORDS = ("step", "phase", "variable", "alive", "waiting", "party", "__proto__", "", "done", "error")


class Ended(Exception):
    """The connection ends here."""


class Altering:
    def __init__(self, seed):
        self._seed = seed
        #: What was done, in words.
        self.done = []
        own = random.Random(f"{seed}")
        self._likely = own.choice((0.1, 0.2, 0.4, 0.7, 1.0))
        self._begins = own.choice((0, 1, 2, 3, 5, 6, 7, 8, 8, 8, 8, 9, 9))
        ways = [name for name in dir(self) if name.startswith("_say_")]
        self._says = own.sample(ways, own.randint(2, len(ways)))
        edits = [name for name in dir(self) if name.startswith("_edit_")]
        self._edits = own.sample(edits, own.randint(2, len(edits)))

    def chance(self, operation, *which):
        """What decides about one thing that is said; None: it is left as it is."""
        chosen = random.Random(f"{self._seed} {operation} {which}")
        place = _ORDER.index(operation) if operation in _ORDER else 0
        often = 0.02 if operation == "ping" else self._likely
        # Of a job's many words most must go through for its end to be heard.
        if which[-1:] and which[-1] > 0:
            often /= 4
        return chosen if place >= self._begins and chosen.random() < often else None

    def note(self, what):
        self.done.append(what)

    def lines(self, operation, nth, kth, message):
        """What is said in the place of a message, the kth that answers the nth request of that kind: seconds to wait, and bytes."""
        chosen = self.chance(operation, nth, kth)
        if chosen is None:
            return [(0, _line(message))]
        name = chosen.choice(self._says) if chosen.random() < 0.5 else None
        self.note(f"{operation}: {name[5:] if name else 'edited'}")
        if name:
            return getattr(self, name)(chosen, message)
        for _ in range(chosen.randint(1, 3)):
            message = self._edited(chosen, message)
        return [(0, _line(message))]

    def _edited(self, chosen, message):
        message = copy.deepcopy(message)
        edit = chosen.choice(self._edits)
        body = message["ok"] if isinstance(message.get("ok"), (dict, list)) and message["ok"] else message
        places = list(_places(body))
        if places:
            getattr(self, edit)(chosen, *chosen.choice(places))
        return message

    def _edit_nonsense(self, chosen, holder, key):
        holder[key] = copy.deepcopy(chosen.choice(_NONSENSE))

    def _edit_dropped(self, _chosen, holder, key):
        del holder[key]

    def _edit_retyped(self, chosen, holder, key):
        holder[key] = chosen.choice((str, repr, lambda value: [value], lambda value: {"value": value}, bool))(holder[key])

    def _edit_number(self, chosen, holder, key):
        holder[key] = chosen.choice((-1, 1, 10)) * chosen.choice((2**31, 2**50 + 1, 2**53 + 1, 2**64 + 1, 10**20, 1e20, 0.1))

    def _edit_deep(self, chosen, holder, key):
        for _ in range(chosen.choice((3, 200))):
            holder[key] = [holder[key]]

    def _edit_added(self, chosen, holder, _key):
        if isinstance(holder, dict):
            holder[chosen.choice(_KEYS)] = copy.deepcopy(chosen.choice(_NONSENSE))
        else:
            holder.append(copy.deepcopy(chosen.choice(_NONSENSE)))

    def _edit_doubled(self, chosen, holder, key):
        if isinstance(holder[key], (list, str)) and len(holder[key]) < 1000:
            holder[key] = holder[key] * chosen.choice((2, 17, 5000))

    def _edit_characters(self, chosen, holder, key):
        if isinstance(holder[key], str):
            place = chosen.randint(0, len(holder[key]))
            odd = chosen.choice(("\0", "\n", "\r", "\x1b[8m", "\u202e", "\u2028", "\ud800", "/", "/../", "\\", "\x85", "\x9b2J"))
            holder[key] = holder[key][:place] + odd + holder[key][place:]

    def _edit_swapped(self, chosen, holder, key):
        other = chosen.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        holder[key], holder[other] = holder[other], holder[key]

    def _say_with_other_id(self, chosen, message):
        number = message.get("id")
        other = chosen.choice((*_IDS, number + 1, number - 1) if isinstance(number, int) else _IDS)
        return [(0, _line({**message, "id": other}))]

    def _say_twice(self, _chosen, message):
        return [(0, _line(message) * 2)]

    def _say_torn(self, chosen, message):
        said = _line(message)
        place = chosen.randrange(len(said))
        return [(0, said[:place]), (chosen.choice((0.05, 0.3)), said[place:])]

    def _say_cut(self, chosen, message):
        said = _line(message)
        return [(0, said[: chosen.randrange(len(said))] + b"\n")]

    def _say_joined(self, _chosen, message):
        return [(0, _line(message)[:-1])]

    def _say_other_bytes(self, chosen, message):
        said = bytearray(_line(message))
        for _ in range(chosen.randint(1, 8)):
            said[chosen.randrange(len(said))] = chosen.randrange(256)
        return [(0, bytes(said))]

    def _say_late(self, chosen, message):
        return [(chosen.choice((0.2, 1.5)), _line(message))]

    def _say_never(self, _chosen, _message):
        return []

    def _say_held(self, _chosen, message):
        return [(None, _line(message))]

    def _say_after_noise(self, chosen, message):
        return [(0, chosen.randbytes(chosen.choice((10, 100_000))) + b"\n" + _line(message))]

    def _say_after_events(self, chosen, message):
        events = b""
        for _ in range(chosen.choice((1, 50, 3000))):
            event = {"id": message.get("id"), "event": chosen.choice(_WORDS), "cpv": "app-toy/a-1", "phase": "compile", "name": "CFLAGS"}
            events += _line({**event, "value": chosen.choice(("-O3", "", "\x1b[2J", "x" * 4000))})
        return [(0, events + _line(message))]

    def _say_before_more(self, chosen, message):
        number = message.get("id")
        more = [{"id": number, "event": "phase", "cpv": "app-toy/a-1", "phase": "install"}, {"id": number, "ok": {}}, {"id": number, "error": "no"}]
        return [(0, _line(message) + b"".join(map(_line, chosen.sample(more, 2))))]

    def _say_unasked(self, chosen, message):
        number = message.get("id") if isinstance(message.get("id"), int) else 1
        others = [{"id": number + each, "ok": chosen.choice(_NONSENSE[:20])} for each in range(1, 40)]
        return [(0, b"".join(map(_line, others)) + _line(message))]

    def _say_refusal(self, chosen, message):
        reason = chosen.choice(("no", "", "\x1b[2J\x1b[8m", "x" * 100_000, None, {"toString": 1}, [], 5))
        return [(0, _line({"id": message.get("id"), "error": reason}))]

    def _say_flood(self, chosen, message):
        filler = _line({"id": 4711, "ok": "x" * 8000})
        return [(0, filler * chosen.choice((100, 12_000)) + _line(message))]

    def _say_without_end(self, chosen, _message):
        return [(0, b"x" * chosen.choice((1 << 20, 20 << 20)))]

    def _say_goodbye(self, _chosen, _message):
        raise Ended


def _line(message):
    return json.dumps(message).encode() + b"\n"


def _places(holder):
    """Each place in a value where something stands: what has it, and by which key."""
    pairs = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
    for key, value in pairs:
        yield holder, key
        if isinstance(value, (dict, list)):
            yield from _places(value)
