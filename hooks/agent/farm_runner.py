# SPDX-License-Identifier: MIT
"""One job: a process of its own, that runs the steps of a job in a job root.

It reads the job as one JSON line and reports with JSON lines:

    {"event": "step", "name": ...}              a step begins
    {"event": "phase", "cpv": ..., "phase": ...}  Portage entered a phase (from the bashrc hook)
    {"event": "variable", "cpv": ..., "name": ..., "value": ...}  a flag as Portage gave it to the build (also from it)
    {"event": "alive"}                          the step goes on, and something happens in it; once a minute
    {"event": "done", "code": 0, "step": ..., "stuck": false, "files": [...], "seconds": ..., "cpuSeconds": ..., "memory": ...,
     "disk": ..., "log": ..., "elog": ...}  figures are of the last step; memory: the most at a time, in bytes; disk:
                                            bytes of working directory and image; null: Portage did not say;
                                            stuck: it was ended, as nothing happened any more
        "outOfMemory": whether the kernel killed anything on this host meanwhile, for want of memory
        "outOfSpace": whether next to nothing is free where the root lies, after a step that failed
        "unfit": why, in words, if no binary package can hold what was built
    {"event": "error", "reason": ...}           the root could not be made: the host's fault

The job lives in its own PID namespace, whose first process dies with this one, as this one dies with the agent: killing
any of them ends every process of the job and takes its mounts away.
"""
import contextlib
import fcntl
import hashlib
import os
import re
import signal
import socket
import stat
import struct
import sys
import threading
import time

import farm_kernel as kernel
import farm_lines as lines
from farm_memory import Memory
from farm_root import JobRoot
from farm_stuck import Stuck

#: Bytes at the end of what a build printed in which Portage's figures are.
_LAST_WORDS = 1 << 16
#: Bytes of a line that the bashrc hook writes, and how many it may write for a job with all that is installed for it.
_LONGEST_LINE = 4096
_MOST_LINES = 100_000
#: Bytes of messages that come home.
_MOST_WORDS = 1 << 20
#: How Portage names logs; there may be other things where it leaves them.
_LOG = re.compile(r"[\x21-\x7e]{1,200}[0-9]{8}-[0-9]{6}\.log(\.gz)?")
#: What a disk has left on which a build failed for want of space: not nothing, as it may have wanted more at once.
_LEAST_BYTES = 16 << 20
_LEAST_FILES = 50


def main(_modules):
    kernel.die_with_parent()
    job = next(lines.read(0))
    try:
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS)
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    except OSError as error:
        return _fail(f"no namespaces for a job: {error}")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            kernel.die_with_parent()
            code = _first_process(job)
        except OSError as error:
            _fail(str(error))
        except BaseException as error:  # the report must reach the client, whatever it was
            _fail(f"{type(error).__name__}: {error}")
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        _fail(f"the job was killed by signal {os.WTERMSIG(status)}")
    sys.exit(0)


def _tell_alive():
    lines.write({"event": "alive"})


def _fail(reason):
    lines.write({"event": "error", "reason": reason})
    return 1


def _first_process(job):
    """Runs as process 1 of the job: mounts, runs the steps one after another, reports."""
    socket.sethostname(job["hostname"])
    if job["is32bit"]:
        kernel.personality(kernel.PER_LINUX32)
    root = JobRoot(job["root"], job["lower"])
    root.mount(job["binds"])
    jobservers = [(root.provide_fifo(path), tokens) for path, tokens in job["jobservers"].items()]
    threading.Thread(target=_report_phases, args=(root.mark(),), daemon=True).start()
    mounted = None
    for step in job["steps"]:
        lines.write({"event": "step", "name": step["name"]})
        if step["pkgdir"] != mounted:
            if mounted is not None:
                root.unbind(job["pkgdir"])
            root.bind(step["pkgdir"], job["pkgdir"])
            mounted = step["pkgdir"]
        if step["network"]:
            root.provide_resolver()
        for fifo, tokens in jobservers:
            _fill(fifo, tokens)
        began, killed = time.monotonic(), _killed_for_memory()
        proc = os.path.join(root.path, "proc")
        with Memory(proc) as memory, Stuck(proc, job["log"], job["stuckAfter"], _tell_alive) as stuck:
            code, cpu_seconds = _run(root, step, job["log"])
        seconds = time.monotonic() - began
        if code != 0:
            break
    files = _packages(mounted) if code == 0 else []
    words = _words(os.path.join(job["root"], "job", "logs"))
    used = {"seconds": seconds, "cpuSeconds": cpu_seconds, "memory": memory.most}
    used["disk"] = _disk(job["log"]) if code == 0 else None
    done = {"event": "done", "code": code, "step": step["name"], "stuck": stuck.struck, "files": files, **used, **words}
    done["outOfMemory"] = _killed_for_memory() > killed
    done["outOfSpace"] = code != 0 and _is_full(job["root"])
    unfit = root.unfit()
    lines.write(done if unfit is None else {**done, "unfit": unfit})
    return 0


def _run(root, step, log):
    """Runs a command in the root to its end, and cleans up after its children. Returns its exit code, and the CPU
    seconds that it and everything that it started took."""
    child = os.fork()
    if child == 0:
        try:
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if not step["network"]:
                kernel.unshare(kernel.CLONE_NEWNET)
                _bring_loopback_up()
            os.setsid()
            os.chroot(root.path)
            os.chdir("/")
            os.umask(0o022)
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.closerange(3, 1024)
            # Python and the agent ignore these, and what is ignored stays ignored through exec.
            for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.execve(step["argv"][0], step["argv"], step["env"])
        except BaseException as error:
            os.write(2, f"portage-farm: {step['argv'][0]}: {error}\n".encode())
        finally:
            os._exit(127)
    cpu_seconds = 0
    while True:
        pid, status, usage = os.wait4(-1, 0)
        cpu_seconds += usage.ru_utime + usage.ru_stime
        if pid == child:
            return os.waitstatus_to_exitcode(status), cpu_seconds


def _fill(fifo, tokens):
    """Has a job server's pipe hold so many tokens: what a step that failed had taken is not missed by the next."""
    with contextlib.suppress(BlockingIOError):
        while os.read(fifo, 4096):
            pass
    os.write(fifo, b"+" * tokens)


def _bring_loopback_up():
    """Tests of packages may use 127.0.0.1; a new network namespace has it down. (netdevice(7): SIOCSIFFLAGS)"""
    siocsifflags, iff_up = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, siocsifflags, struct.pack("16sh22x", b"lo", iff_up))


def _report_phases(fd):
    """The bashrc hook writes `cat/pf phase` and `cat/pf NAME=value` lines; those below PIPE_BUF come whole."""
    buffer, told = b"", 0
    while True:
        *whole, buffer = (buffer + os.read(fd, 4096)).split(b"\n")
        # Whoever is in the job root may write there, and what is longer is none of the hook's.
        buffer = buffer if len(buffer) <= _LONGEST_LINE else b""
        for line in whole:
            told += 1
            if told > _MOST_LINES:
                continue
            cpv, _, said = line.decode("utf-8", "replace").partition(" ")
            name, is_variable, value = said.partition("=")
            if is_variable:
                lines.write({"event": "variable", "cpv": cpv, "name": name, "value": value})
            else:
                lines.write({"event": "phase", "cpv": cpv, "phase": said})


def _killed_for_memory():
    """How many processes the kernel has killed since it started, on the whole host (mm/oom_kill.c)."""
    with open("/proc/vmstat", "rb") as file:
        found = re.search(rb"^oom_kill (\d+)$", file.read(), re.MULTILINE)
    return int(found[1]) if found else 0


def _is_full(directory):
    place = os.statvfs(directory)
    # Some file systems make inodes as they need them, and count none.
    return place.f_bavail * place.f_frsize < _LEAST_BYTES or 0 < place.f_files and place.f_favail < _LEAST_FILES


def _files(directory):
    """The regular files below a directory: path relative to it, and a descriptor. What was built could leave anything there:
    links lead out of the job root, and to open a pipe takes for ever."""
    for folder, folders, names, place in os.fwalk(directory, follow_symlinks=False):
        folders.sort()
        for name in sorted(names):
            try:
                # By this nothing happens yet, whatever it is.
                found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
            except OSError:
                continue
            try:
                if stat.S_ISREG(os.fstat(found).st_mode):
                    with open(f"/proc/self/fd/{found}", "rb") as file:
                        yield os.path.normpath(os.path.join(os.path.relpath(folder, directory), name)), file
            finally:
                os.close(found)


def _packages(directory):
    """The binary packages below a directory: path relative to it, bytes, SHA-256."""
    return [
        {"path": path, **_digest(file)}
        for path, file in _files(directory)
        if path.endswith((".gpkg.tar", ".xpak", ".tbz2"))
    ]


def _words(directory):
    """What Portage left in PORTAGE_LOGDIR: the path of the build's log in it, if there is one, and elog messages."""
    log, messages, left = None, [], _MOST_WORDS
    for path, file in _files(directory):
        if path.startswith("elog/"):
            said = file.read(left + 1)
            messages.append(said[:left].decode("utf-8", "replace"))
            left -= min(left, len(said))
        elif _LOG.fullmatch(path):
            log = path
    return {"log": log, "elog": "".join(messages)}


def _disk(log):
    """Bytes of the build's working directory and of its image, which Portage prints after src_install and shortly before
    the end; null where it does not."""
    with open(log, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST_WORDS))
        sizes = re.findall(rb"Final size of (?:build directory|installed tree): +(\d+) KiB", file.read())
    return sum(map(int, sizes[-2:])) * 1024 if sizes else None


def _digest(file):
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return {"size": file.tell(), "sha256": digest.hexdigest()}
