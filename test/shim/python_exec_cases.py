# SPDX-License-Identifier: MIT
"""python_exec_cases.py HOOKS CASES KNOWN... — lays out each case, and prints what the shim would run, as JSON."""
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from portage_farm import python_exec  # noqa: E402  # pylint: disable=wrong-import-position

CONFIGURATION = {"emerge.conf": "etc/python-exec", "python-exec.conf": "etc/python-exec"}


def put(path, what, mode=0o644):
    """A file with that text, or what stands in its place."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if what == "<directory>":
        os.mkdir(path)
    elif what == "<dangling>":
        os.symlink("/nowhere", path)
    else:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(what)
        os.chmod(path, mode)


def put_script(path, state):
    text = {"no interpreter": "#!/no/python\n", "no first line": "true\n", "empty": ""}.get(state, "#!/bin/sh\n")
    what = {"a directory": "<directory>", "dangling": "<dangling>"}.get(state, text)
    if state != "absent":
        put(path, what, 0o644 if state == "not executable" else 0o755)


def chosen(case, known):
    with tempfile.TemporaryDirectory() as root:
        environ = {"EPYTHON": case["EPYTHON"]} if "EPYTHON" in case else {}
        for name in known:
            put_script(f"{root}/usr/lib/python-exec/{name}/emerge", case.get(name, "ok"))
        for name, what in case.items():
            if name in CONFIGURATION or name.startswith("env.d/"):
                put(f"{root}/{CONFIGURATION.get(name, 'etc')}/{name}", what)
        path = python_exec.choose("emerge", known, environ, root)
        return path and path.split("/")[-2]


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        cases = json.load(file)
    print(json.dumps([chosen(case, sys.argv[3:]) for case in cases]))


main()
