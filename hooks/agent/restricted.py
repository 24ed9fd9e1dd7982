# SPDX-License-Identifier: MIT
"""What a key may do on a host that is for portage-farm alone: the command of a line in authorized_keys (sshd(8)).

`portage-farm agent` puts BOOT, boot.py's text, and MODULES, the agent's own, before this. Called by sshd as

    agent --client=CLIENT [--dir=DIR] [--root=ROOT]...

it looks at what is asked for, SSH_ORIGINAL_COMMAND: the same agent, which then works for CLIENT in DIR alone, with job roots
over its own copies or ROOTs; or rsync, in the forms that transfers of portage-farm have, for which there is nothing but
programs and the client's directory. All else is refused.
"""
import argparse
import json
import os
import re
import shlex
import sys
import types

#: What rsync needs to run, if it is there.
_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
#: Where its root is mounted, in a namespace of its own: any directory that every system has.
_ROOT = "/tmp"

#: The command line of rsync's server, as a client makes it that gives the rest of its arguments past the shell (-s): that, in
#: any order the options of lib/edge/host/, and what the client is able to.
_COMMAND = re.compile(r"-(?=[^e]*s)[stRlHogDpAXrSzc]+e[0-9.]*[a-zA-Z]*")
#: The arguments that come past the shell: options that stand alone, …
_OPTIONS = re.compile(
    r"--(delete(-during|-excluded)?|numeric-ids|sparse|partial|ignore-missing-args|ignore-errors|no-inc-recursive|info=[A-Z0-9,]+"
    r"|(log|out)-format=[%a-zA-Z]+"
    r"|(max-size|bwlimit|timeout|compress-level|modify-window)=[0-9]+|(compress|checksum)-choice=[a-z0-9,]+)"
)
#: … those that are followed by their value, or have it after "=", and what that may be.
_VALUED = {
    "--partial-dir": lambda value, _: value == ".portage-farm-partial",
    "--link-dest": lambda value, own: _is_below(value, own),
}
#: More bytes of them are no transfer of portage-farm's.
_MOST = 1 << 16


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


def _agent(boot, length, given):
    if boot != BOOT or not length.isdigit() or int(length) != len(MODULES.encode()):
        _refuse("another version is installed here than the client has: install what `portage-farm agent` prints there")
    if _read(int(length)).decode("utf-8", "replace") != MODULES:
        _refuse("what the client sent is not the agent that is installed here")
    modules = json.loads(MODULES)
    only = {"dir": given.dir, "client": given.client, "boot": BOOT}
    _modules()["farm_agent"].main(modules, only, given.root)


def _rsync(words, given):
    """Becomes rsync, in a root where nothing else is than programs and the client's directory."""
    own = os.path.join(given.dir, "clients", given.client)
    if not (words[2:3] == ["--sender"] and len(words) == 4 or len(words) == 3) or not _COMMAND.fullmatch(words[-1]):
        _refuse("this key is for the transfers of portage-farm alone, not for this form of rsync")
    arguments = _arguments(own)
    modules = _modules()
    kernel, capabilities = modules["farm_kernel"], modules["farm_capabilities"]
    os.makedirs(given.dir, mode=0o700, exist_ok=True)
    os.makedirs(own, mode=0o700, exist_ok=True)
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    # It may lie below what is covered next.
    inside = os.open(own, os.O_PATH | os.O_DIRECTORY)
    kernel.mount("none", _ROOT, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0755")
    for path in _PROGRAMS:
        if os.path.islink(path):
            os.makedirs(os.path.dirname(_ROOT + path), exist_ok=True)
            os.symlink(os.readlink(path), _ROOT + path)
        elif os.path.exists(path):
            _bind(kernel, path, _ROOT + path)
            kernel.make_readonly(_ROOT + path)
    _bind(kernel, f"/proc/self/fd/{inside}", _ROOT + own)
    os.close(inside)
    kernel.pivot_root(_ROOT)
    capabilities.keep_only(capabilities.RSYNC)
    capabilities.no_new_privileges()
    # What came past the shell was read: it follows on the command line, where there is no shell any more.
    os.execvp("rsync", [*words[:-1], words[-1].replace("s", "", 1), *arguments])


def _arguments(own):
    """The arguments that come past the shell, each ended by a zero byte, after them an empty one; only those of a transfer of
    portage-farm below the client's directory."""
    data = b""
    # One at a time: what follows is rsync's own to read.
    while not data.endswith(b"\0\0"):
        byte = os.read(0, 1)
        if not byte or len(data) > _MOST:
            _refuse("the arguments of a transfer of portage-farm were expected")
        data += byte
    program, *words = os.fsdecode(data[:-2]).split("\0")
    if program != "rsync" or "." not in words:
        _refuse("the arguments of a transfer of portage-farm were expected")
    options, paths = words[: words.index(".")], words[words.index(".") + 1 :]
    rest = iter(options)
    for option in rest:
        name, is_whole, value = option.partition("=")
        if name in _VALUED:
            allowed = _VALUED[name](value if is_whole else next(rest, ""), own)
        else:
            allowed = _OPTIONS.fullmatch(option)
        if not allowed:
            _refuse(f"no transfer of portage-farm has rsync's option {option[:80]!r}")
    if len(paths) != 1 or not _is_below(paths[0], own):
        _refuse(f"this key is for {own} alone")
    return words


def _is_below(path, directory):
    return (path.rstrip("/") + "/").startswith(directory + "/") and ".." not in path.split("/")


def _bind(kernel, source, target):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
    kernel.mount(source, target, flags=kernel.MS_BIND | kernel.MS_REC)


def _given():
    """What stands in authorized_keys."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--client", type=_client)
    parser.add_argument("--dir", type=_absolute, default="/var/lib/portage-farm")
    parser.add_argument("--root", type=_absolute, action="append", default=[])
    # What it was up to version 0.1: DIR alone, for whatever client.
    parser.add_argument("old", nargs="?")
    given = parser.parse_args()
    if given.client is None or given.old is not None:
        _refuse(
            "its line in authorized_keys must say which client the key is of, as --client=CLIENT, and another directory than"
            " /var/lib/portage-farm as --dir=DIR: `portage-farm agent` prints the line on that client"
        )
    return given


def _client(word):
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_-]*", word):
        raise argparse.ArgumentTypeError("it must be what `portage-farm agent` says on the client")
    return word


def _absolute(path):
    if not path.startswith("/") or os.path.normpath(path) != path:
        raise argparse.ArgumentTypeError("it must be an absolute path, without a slash at its end")
    return path


def main():
    given = _given()
    try:
        words = shlex.split(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    except ValueError:
        words = []
    if words[:2] == ["rsync", "--server"]:
        _rsync(words, given)
    # The words before the program are those of lib/edge/host/agent.ts.
    elif words[:4] == ["exec", "python3", "-I", "-c"] and len(words) == 7 and words[6] == "farm_agent":
        _agent(words[4], words[5], given)
    else:
        _refuse("this key is for portage-farm alone")


if __name__ == "__main__":
    main()
