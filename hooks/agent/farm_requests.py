# SPDX-License-Identifier: MIT
"""What a request must be before anything of it is done."""
import farm_paths as paths

#: The requests that come before there is a run's directory.
_BEFORE = ("facts", "hello", "ping")


def number(message):
    """By what a request's answer is found; None if it has nothing of that kind."""
    found = message.get("id") if isinstance(message, dict) else None
    return found if _is_integer(found) else None


def answer(agent, message, client, run, roots=None):
    """What a request is answered by, whatever it is: by the method of `agent` that has its name. `client`, `run`: their
    directories, once there are any; `roots`: where lower layers may be besides; None: anywhere."""
    words = _problem(message, client, run, roots)
    if words is not None:
        return {"id": number(message), "error": words}
    operation = getattr(agent, "do_" + message["op"], None)
    if operation is None:
        return {"id": message["id"], "error": f"this agent does not know {message['op'][:40]!r}"}
    try:
        return {"id": message["id"], "ok": operation(message)}
    except (OSError, ValueError) as error:
        return {"id": message["id"], "error": str(error)}
    except Exception as error:  # jobs run, and other requests are still to be answered
        return {"id": message["id"], "error": f"{message['op']}: {type(error).__name__}: {error}"}


def _problem(message, client, run, roots):
    """Why a request cannot be answered, in words; None if it can."""
    if not isinstance(message, dict):
        return "a request must be a JSON object"
    if number(message) is None:
        return "a request must have an id, which is a number"
    operation = message.get("op")
    if not isinstance(operation, str):
        return "a request must have an op, which is a word"
    if operation not in _BEFORE and run is None:
        return f"{operation[:40]} was asked before hello"
    fields = dict(_FIELDS.get(operation, {}))
    if operation == "mirror":
        fields["keep"] = lambda path: path is None or paths.is_below(path, client)
    if operation == "job":
        fields["job"] = lambda job: job is None or _is_job(job, client, run, roots)
    for name, is_good in fields.items():
        if name not in message:
            return f"{operation} lacks {name}"
        said = is_good(message[name])
        if said is not True:
            return f"{operation}: its {name} is wrong" + (f" ({said})" if said else "")
    return None


def _is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value):
    return _is_integer(value) and value >= 0


def _is_text(value):
    return isinstance(value, str) and "\0" not in value


def _is_flag(value):
    return isinstance(value, bool)


def _are(is_good):
    return lambda value: isinstance(value, list) and all(map(is_good, value))


def _is_dictionary(is_key, is_value):
    return lambda value: isinstance(value, dict) and all(is_key(key) and is_value(each) for key, each in value.items())


def _is_file(value):
    return isinstance(value, list) and len(value) == 2 and paths.is_name(value[0]) and _is_integer(value[1])


#: A pipe takes at least so many bytes before it makes its writer wait (pipe(7)).
_MOST_TOKENS = 4096


def _is_place_for_fifo(path):
    """Whether a job root has nothing of the client's there."""
    return any(paths.is_below(path, place) and paths.is_relative(path[1:]) for place in ("/dev", "/run", "/tmp"))


_FIELDS = {
    "facts": {"dir": paths.is_absolute, "client": paths.is_name},
    "hello": {
        "dir": paths.is_absolute, "client": paths.is_name, "run": paths.is_name,
        "boot": _is_text, "linger": _is_integer, "again": _is_flag,
    },
    "mirrored": {"forget": _are(paths.is_absolute)},
    "tried": {"toolchain": _is_text},
    "distfiles": {"files": _are(_is_file)},
    "clean": {"days": _is_count, "bytes": _is_count, "pretend": _is_flag},
    "packages": {"names": _are(paths.is_name)},
    "job": {"key": _is_text, "about": lambda about: isinstance(about, dict)},
    "cancel": {"key": _is_text},
    "remove": {"root": paths.is_name},
}


def _is_job(job, client, run, roots):
    """True, or which field is wrong."""
    if not isinstance(job, dict):
        return "it is no object"
    root = job.get("root")
    if not paths.is_below(root, run + "/roots"):
        return "its root is not below the run's directory"
    fields = {
        "lower": lambda path: _is_lower(path, client, roots),
        "hostname": _is_text,
        "is32bit": _is_flag,
        "stuckAfter": _is_integer,
        "slots": lambda most: most is None or _is_integer(most) and most > 0,
        "binds": _is_dictionary(paths.is_absolute, lambda path: paths.is_below(path, client)),
        "jobservers": _is_dictionary(_is_place_for_fifo, lambda tokens: _is_integer(tokens) and 0 <= tokens <= _MOST_TOKENS),
        "pkgdir": paths.is_absolute,
        "log": lambda path: paths.is_below(path, root),
        "packages": _is_dictionary(paths.is_name, paths.is_relative),
        "steps": lambda steps: isinstance(steps, list) and steps and all(_is_step(step, root) for step in steps),
    }
    return next((f"its {name}" for name, is_good in fields.items() if name not in job or not is_good(job[name])), True)


def _is_lower(path, client, roots):
    return paths.is_absolute(path) and (roots is None or path in roots or paths.is_below(path, client))


def _is_step(step, root):
    return (
        isinstance(step, dict)
        and _is_text(step.get("name"))
        and _are(_is_text)(step.get("argv"))
        and paths.is_absolute(next(iter(step["argv"]), None))
        and _is_dictionary(_is_variable, _is_text)(step.get("env"))
        and _is_flag(step.get("network"))
        and paths.is_below(step.get("pkgdir"), root)
    )


def _is_variable(name):
    return _is_text(name) and name != "" and "=" not in name
