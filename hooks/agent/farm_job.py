# SPDX-License-Identifier: MIT
"""The first process of a job, in namespaces of its own: makes the job root and moves into it, runs the steps one after
another, and says what they came to. Nothing of the host is in its reach by then but the network, if a step is to have that.
"""
import contextlib
import fcntl
import os
import re
import signal
import socket
import struct
import threading
import time

import farm_capabilities as capabilities
import farm_kernel as kernel
import farm_lines as lines
from farm_memory import Memory
from farm_processes import read
from farm_root import JobRoot
from farm_stuck import Stuck

#: Bytes of a line that the bashrc hook writes, and how many it may write for a job with all that is installed for it.
_LONGEST_LINE = 4096
_MOST_LINES = 100_000
#: What a disk has left on which a build failed for want of space: not nothing, as it may have wanted more at once.
_LEAST_BYTES = 16 << 20
_LEAST_FILES = 50
#: Of -1000 to 1000; what runs on a host has 0 otherwise.
_OOM_SCORE = 500


def run(job, log, resolver):
    """Runs the job, and returns the part of its report that no file has. `log`: a descriptor of its log; `resolver`: the
    host's resolv.conf, or None."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    socket.sethostname(job["hostname"])
    if job["is32bit"]:
        kernel.personality(kernel.PER_LINUX32)
    root = JobRoot(job["root"], job["lower"], job["client"])
    root.enter(job["binds"], [step["pkgdir"] for step in job["steps"]])
    capabilities.keep_only(capabilities.JOB)
    if not any(step["network"] for step in job["steps"]):
        # By this process a step could get back to it.
        _leave_network()
    jobservers = [(root.provide_fifo(path), tokens) for path, tokens in job["jobservers"].items()]
    threading.Thread(target=_report_phases, args=(root.mark(),), daemon=True).start()
    mounted = None
    for step in job["steps"]:
        lines.write({"event": "step", "name": step["name"]})
        if step["pkgdir"] != mounted:
            if mounted is not None:
                root.hide_packages(job["pkgdir"])
            mounted = step["pkgdir"]
            root.show_packages(mounted, job["pkgdir"])
        if step["network"] and resolver is not None:
            root.provide_resolver(resolver)
        for fifo, tokens in jobservers:
            _fill(fifo, tokens)
        began, killed = time.monotonic(), _killed_for_memory(root.proc)
        with Memory(root.proc) as memory, Stuck(root.proc, log, job["stuckAfter"], _tell_alive) as stuck:
            code, cpu_seconds = _run(root, step, log)
        seconds = time.monotonic() - began
        if code != 0:
            break
    figures = {"code": code, "step": step["name"], "stuck": stuck.struck, "seconds": seconds, "cpuSeconds": cpu_seconds}
    figures["memory"] = memory.most
    figures["outOfMemory"] = _killed_for_memory(root.proc) > killed
    figures["outOfSpace"] = code != 0 and _is_full()
    unfit = root.unfit()
    return figures if unfit is None else {**figures, "unfit": unfit}


def _tell_alive():
    lines.write({"event": "alive"})


def _run(root, step, log):
    """Runs a command in the root to its end, and cleans up after its children. Returns its exit code, and the CPU
    seconds that it and everything that it started took."""
    child = os.fork()
    if child == 0:
        try:
            _offer_to_killer()
            if not step["network"]:
                _leave_network()
            os.setsid()
            os.umask(0o022)
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
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


def _offer_to_killer():
    """Where memory runs out, the kernel is to take what builds, and not what serves the host. (proc_pid_oom_score_adj(5))"""
    score = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_NONBLOCK)
    if int(os.read(score, 16)) < _OOM_SCORE:
        os.write(score, str(_OOM_SCORE).encode())


def _leave_network():
    """Tests of packages may use 127.0.0.1; a new network namespace has it down. (netdevice(7): SIOCSIFFLAGS)"""
    kernel.unshare(kernel.CLONE_NEWNET)
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


def _killed_for_memory(proc):
    """How many processes the kernel has killed since it started, on the whole host (mm/oom_kill.c)."""
    found = re.search(rb"^oom_kill (\d+)$", read(proc, "vmstat"), re.MULTILINE)
    return int(found[1]) if found else 0


def _is_full():
    place = os.statvfs("/")
    # Some file systems make inodes as they need them, and count none.
    return place.f_bavail * place.f_frsize < _LEAST_BYTES or 0 < place.f_files and place.f_favail < _LEAST_FILES
