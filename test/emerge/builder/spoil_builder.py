# SPDX-License-Identifier: MIT
"""Makes a builder one that gives back wrong packages: Python loads this there at each start (spoil.pth).

A package named app-toy/bad-KIND is changed when its job looks for what was built, before its checksum is taken, in the
way of falsify.py that has this name; or it is built in another way than was asked for.
"""
import os
import re

import falsify

_fwalk, _execve = os.fwalk, os.execve

#: What is given to the build of these kinds besides what was asked for.
_ENVIRONMENTS = {"configured": {"CFLAGS": "-O3"}, "built-without": {"USE": "-fast"}}


def _spoilt_fwalk(directory, **options):
    built = [
        (kind.group(1), os.path.join(folder, name))
        for folder, _, names, _ in _fwalk(directory)
        for name in names
        if (kind := re.match(r"bad-(.+)-1-1\.", name))
    ]
    for kind, path in built:
        if kind in falsify.KINDS:
            falsify.falsify(kind, path)
        elif kind == "path":
            os.rename(path, path.replace("-1-1.", "-2-1."))
    yield from _fwalk(directory, **options)
    for kind, path in built:
        # By now its checksum was taken.
        if kind == "checksum":
            with open(path, "ab") as file:
                file.write(b"more")


def _spoilt_execve(path, argv, env):
    kind = re.search(r"/bad-(.+)-1::", argv[-1])
    wrong = _ENVIRONMENTS.get(kind.group(1), {}) if kind and "--buildpkgonly" in argv else {}
    _execve(path, argv, {**env, **wrong})


os.fwalk, os.execve = _spoilt_fwalk, _spoilt_execve
