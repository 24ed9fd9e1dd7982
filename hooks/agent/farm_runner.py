# SPDX-License-Identifier: MIT
"""One job: a process of its own, that runs the steps of a job in a job root.

It reads the job as one JSON line and reports with JSON lines:

    {"event": "waiting"}                        it waits for a slot of the host, once a minute (from the keeper)
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

The job lives in its own PID namespace, whose first process (farm_job.py) dies with this one, as this one dies with the
keeper: killing any of them ends every process of the job and takes its mounts away. This process stays outside, and looks
at what the job left when none of its processes is there any more.
"""
import json
import os
import sys

import farm_job
import farm_kernel as kernel
import farm_left as left
import farm_lines as lines
import farm_paths as paths


def main(_modules):
    kernel.die_with_parent()
    job = next(lines.read(0))
    try:
        log = os.open(paths.real(job["log"], job["client"]), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS)
    except (OSError, ValueError) as error:
        _fail(f"no namespaces for a job: {error}")
        return
    resolver = _resolver()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            kernel.die_with_parent()
            os.close(reading)
            os.write(writing, json.dumps(farm_job.run(job, log, resolver)).encode())
            code = 0
        except OSError as error:
            _fail(str(error))
        except BaseException as error:  # the report must reach the client, whatever it was
            _fail(f"{type(error).__name__}: {error}")
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as pipe:
        figures = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        _fail(f"the job was killed by signal {os.WTERMSIG(status)}")
    elif status == 0:
        lines.write({"event": "done", **json.loads(figures), **left.by_job(job, log, json.loads(figures)["code"])})
    sys.exit(0)


def _fail(reason):
    lines.write({"event": "error", "reason": reason})


def _resolver():
    """resolv.conf(5) of this host; None if it has none."""
    try:
        with open("/etc/resolv.conf", "rb") as file:
            return file.read()
    except OSError:
        return None
