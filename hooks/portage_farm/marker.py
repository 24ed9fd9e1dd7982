# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that tell a bashrc hook which builds here are meant to be here: all that were not started round the shim."""
import atexit
import os

DIRECTORY = "/run/portage-farm/local"


_paths = set()


def _path(pkg):
    return os.path.join(DIRECTORY, f"{pkg.category}:{pkg.pf}")


def set_marker(pkg):
    """Best effort: without /run the hook has nothing to go by, and that is no reason not to build."""
    try:
        os.makedirs(DIRECTORY, 0o755, exist_ok=True)
        with open(_path(pkg), "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
        _paths.add(_path(pkg))
    except OSError:
        pass


def clear_marker(pkg):
    _clear(_path(pkg))


def _clear(path):
    if path in _paths:
        _paths.remove(path)
        try:
            os.unlink(path)
        except OSError:
            pass


@atexit.register
def _clear_all():
    """For what was built, and was not merged any more."""
    for path in list(_paths):
        _clear(path)
