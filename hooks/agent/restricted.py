# SPDX-License-Identifier: MIT
"""What a key may do on a host that is for portage-farm alone: the command of a line in authorized_keys (sshd(8)).

`portage-farm agent` puts BOOT, boot.py's text, and MODULES, the agent's own, before this. Called as `agent DIR` by sshd it
looks at what the client asks for, SSH_ORIGINAL_COMMAND: the same agent, which then works in DIR alone; or rsync, for which
there is nothing but programs and DIR. All else is refused.
"""
import json
import os
import shlex
import sys
import types

#: What rsync needs to run, if it is there.
_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
#: Where its root is mounted, in a namespace of its own: any directory that every system has.
_ROOT = "/tmp"


def _refuse(words):
    sys.exit(f"portage-farm agent: {words}")


def _modules():
    """The agent's modules, made from what is installed here."""
    for name, source in json.loads(MODULES):
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(source, name + ".py", "exec"), module.__dict__)
    return sys.modules


def _read(length):
    data = b""
    while len(data) < length and (chunk := os.read(0, length - len(data))):
        data += chunk
    return data


def _agent(boot, length, directory):
    if boot != BOOT or not length.isdigit() or int(length) != len(MODULES.encode()):
        _refuse("another version is installed here than the client has: install what `portage-farm agent` prints there")
    if _read(int(length)).decode("utf-8", "replace") != MODULES:
        _refuse("what the client sent is not the agent that is installed here")
    modules = json.loads(MODULES)
    _modules()["farm_agent"].main(modules, {"dir": directory, "boot": BOOT})


def _rsync(words, directory):
    """Becomes rsync, in a root where nothing else is."""
    kernel = _modules()["farm_kernel"]
    os.makedirs(directory, exist_ok=True)
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    # It may lie below what is covered next.
    inside = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    kernel.mount("none", _ROOT, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0755")
    for path in _PROGRAMS:
        if os.path.islink(path):
            os.symlink(os.readlink(path), _ROOT + path)
        elif os.path.exists(path):
            _bind(kernel, path, _ROOT + path)
            kernel.mount("none", _ROOT + path, flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY)
    _bind(kernel, f"/proc/self/fd/{inside}", _ROOT + directory)
    os.close(inside)
    os.chroot(_ROOT)
    os.chdir("/")
    os.execvp("rsync", words)


def _bind(kernel, source, target):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
    kernel.mount(source, target, flags=kernel.MS_BIND | kernel.MS_REC)


def main():
    directory = os.path.normpath(sys.argv[1] if len(sys.argv) > 1 else "/var/lib/portage-farm")
    try:
        words = shlex.split(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    except ValueError:
        words = []
    if words[:2] == ["rsync", "--server"]:
        _rsync(words, directory)
    elif words[:4] == ["exec", "python3", "-I", "-c"] and len(words) == 7 and words[6] == "farm_agent":
        _agent(words[4], words[5], directory)
    else:
        _refuse("this key is for portage-farm alone")


if __name__ == "__main__":
    main()
