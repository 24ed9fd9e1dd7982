# SPDX-License-Identifier: MIT
"""Keeps one run of a client on this host: its part of the mirror, its job roots, its jobs.

It has one connection at a time, the newest, and outlives it: jobs go on, and what they reported and came to is told to
whoever asks again with the same key. It ends when it is told to; when nobody has come back for GRACE seconds and it has
no jobs; or when nobody has for `linger` seconds and they are all done. With a `linger` of 0 nobody could use what its jobs
come to: they are not waited for longer than GRACE. Then every process of the run ends, and its directory is removed.
"""
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import farm_clean as cleaning
import farm_lines as lines
import farm_mirror as mirrors
import farm_requests as requests
import farm_runs as runs
import farm_view as view
from farm_cgroup import Groups
from farm_slots import Slots

#: Seconds without a connection after which a run without jobs is over.
GRACE = 60
#: What of a job's reports is kept for who asks again.
MOST_SAID = 120_000
#: Seconds without a word, after which a connection is taken for dead: the client says something every few seconds.
SILENCE = 60
#: Seconds between looks whether a job that waits for a slot of the host may begin.
LOOK = 0.25
#: Seconds between its words that it waits.
TELL = 60


class Job:
    """What a job has reported so far, for who asks, and who does."""

    def __init__(self, about):
        self.about = about
        self.process = None
        self.said = []
        self.result = None
        self.ended = threading.Event()
        self.listener = None
        #: Wanted no more, maybe before there was a process to end.
        self.cancelled = False

    def cancel(self):
        self.cancelled = True
        if self.process is not None:
            self.process.kill()


class Keeper:
    def __init__(self, modules, given, slots, groups):
        self._modules, self._slots, self._groups = modules, slots, groups
        #: Where the lower layers of job roots may be, besides the client's directory; None: anywhere.
        self._roots = given["roots"]
        self._boot, self._client, self._linger = given["boot"], given["client"], given["linger"]
        self._run = os.getcwd()
        self._name = os.path.basename(self._run)
        self._jobs = {}
        self._mirror = None
        self._connection = None
        #: When something was last heard, or the last job ended.
        self._active = time.monotonic()
        #: Of the jobs' records and what is said of them, so that nothing is told twice or in the wrong order.
        self._lock = threading.RLock()

    def serve(self, listener):
        threading.Thread(target=self._end_in_time, daemon=True).start()
        while True:
            connection, _ = listener.accept()
            connection.settimeout(SILENCE)
            previous, self._connection = self._connection, connection
            if previous is not None:
                _shut(previous)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def leave(self):
        """Ends every process of the run and removes what is left of it."""
        with self._lock:
            processes = [job.process for job in self._jobs.values() if job.process is not None]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        runs.remove(self._run)

    def _talk(self, connection):
        try:
            for message in lines.read_from(connection.recv):
                self._active = time.monotonic()
                self._answer(connection, message)
        except OSError:
            pass
        finally:
            self._active = time.monotonic()
            _shut(connection)
            connection.close()
            if self._connection is connection:
                self._connection = None

    def _answer(self, connection, message):
        answer = requests.answer(self, message, self._client, self._run, self._roots)
        listener = _Listener(connection, answer.pop("id"))
        if "ok" in answer and message["op"] == "job":
            self._tell(message["key"], listener)
            return
        listener.say(answer)
        if "ok" in answer and message["op"] == "leave":
            os._exit(0)

    def do_ping(self, _message):
        return {}

    def do_leave(self, _message):
        """The run is over."""
        self.leave()
        return {}

    def do_mirror(self, message):
        """The generation of this run; the same one for who asks again. `keep`: the path of one that an earlier keeper of
        this run has finished; it is used as it is."""
        if self._mirror is None:
            keep = message["keep"]
            self._mirror = mirrors.open_mirror(self._client) if keep is None else mirrors.keep_mirror(keep, self._name)
        return {
            "path": self._mirror.path,
            "base": self._mirror.base,
            "first": not self._mirror.complete,
            "tried": self._mirror.take_tried(),
        }

    def do_mirrored(self, message):
        self._mirror.forget(message["forget"])
        self._mirror.finish(self._name)
        return {}

    def do_tried(self, message):
        """This host can run the client's tool chain: `toolchain` is its name."""
        self._mirror.set_tried(message["toolchain"])
        return {}

    def do_distfiles(self, message):
        """Which of `files` ([name, bytes]) this host does not have."""
        directory = os.path.join(self._client, "distfiles")
        for name, _ in message["files"]:
            cleaning.use(os.path.join(directory, name))
        return {"missing": [name for name, size in message["files"] if _size(os.path.join(directory, name)) != size]}

    def do_packages(self, message):
        """Which of `names` the run does not have here yet."""
        directory = os.path.join(self._run, "packages")
        os.makedirs(directory, exist_ok=True)
        return {"path": directory, "missing": [n for n in message["names"] if not os.path.exists(f"{directory}/{n}")]}

    def do_jobs(self, _message):
        """The jobs of the run: what the client said about each, and whether it is done."""
        with self._lock:
            return {
                "jobs": [
                    {"key": key, "about": job.about, "done": job.result is not None} for key, job in self._jobs.items()
                ]
            }

    def do_job(self, message):
        """Begins a job; one that is here already is only listened to. `key`: its name in this run; `about`: whatever the
        client wants to know it by. Its answer comes when it is done."""
        key, job = message["key"], message["job"]
        with self._lock:
            if key in self._jobs:
                return
            if job is None:
                raise ValueError(f"there is no job {key} here")
            record = self._jobs[key] = Job(message["about"])
        root = job["root"]
        try:
            shutil.rmtree(os.path.join(root, "job"), ignore_errors=True)
            for name in ("install", "logs", "out", "tmp"):
                os.makedirs(os.path.join(root, "job", name))
            os.chmod(os.path.join(root, "job", "tmp"), 0o1777)
            for name, path in job.pop("packages").items():
                target = os.path.join(root, "job", "install", path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                os.link(os.path.join(self._run, "packages", name), target)
        except OSError:
            with self._lock:
                del self._jobs[key]
            raise
        threading.Thread(target=self._supervise, args=(record, job), daemon=True).start()

    def do_cancel(self, message):
        with self._lock:
            job = self._jobs.get(message["key"])
            if job is not None:
                job.cancel()
        return {}

    def do_clear(self, _message):
        """Ends all jobs, and removes what they left: the client has given them up."""
        with self._lock:
            jobs = list(self._jobs.values())
            for job in jobs:
                job.cancel()
        for job in jobs:
            job.ended.wait()
        with self._lock:
            self._jobs.clear()
        shutil.rmtree(os.path.join(self._run, "roots"), ignore_errors=True)
        return {}

    def do_remove(self, message):
        """Removes a job root of this run."""
        path = os.path.join(self._run, "roots", os.path.basename(message["root"]))
        shutil.rmtree(path, ignore_errors=True)
        return {}

    def _tell(self, key, listener):
        """Tells what a job has said so far, and from now on what it says."""
        with self._lock:
            job = self._jobs[key]
            job.listener = listener
            for said in job.said:
                listener.say(said)
            if job.result is not None:
                listener.say(job.result)

    def _supervise(self, job, given):
        result = self._wait_and_run(job, given)
        shutil.rmtree(os.path.join(given["root"], "job", "tmp"), ignore_errors=True)
        with self._lock:
            job.process = None
            job.result = result
            job.ended.set()
            self._active = time.monotonic()
            if job.listener is not None:
                job.listener.say(result)

    def _wait_and_run(self, job, given):
        if given["slots"] is None:
            return self._run_job(job, given)
        try:
            ticket = self._slots.ticket()
        except OSError as error:
            return {"error": f"no slot of the host: {error}"}
        try:
            told = None
            while not ticket.is_next(given["slots"]):
                if job.cancelled:
                    return {"error": "the job was cancelled before it began"}
                if told is None or time.monotonic() - told >= TELL:
                    self._report(job, {"event": "waiting"})
                    told = time.monotonic()
                time.sleep(LOOK)
            return self._run_job(job, given)
        except OSError as error:
            return {"error": f"no slot of the host: {error}"}
        finally:
            ticket.give_back()

    def _run_job(self, job, given):
        group = None
        payload = json.dumps(self._modules).encode()
        result = {"error": "the job ended without a word"}
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", self._boot, str(len(payload)), "farm_runner"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            with self._lock:
                job.process = process
                if job.cancelled:
                    process.kill()
            # It waits for what it is to do.
            group = self._groups.make(process.pid)
            process.stdin.write(payload + json.dumps({**given, "client": self._client}).encode() + b"\n")
            process.stdin.flush()
            for line in process.stdout:
                try:
                    message = json.loads(line)
                except ValueError:
                    result = {"error": line.decode("utf-8", "replace").strip()}
                    continue
                if message.get("event") == "done":
                    wanted = given.get("output") or message["code"] == 0 and not message["files"]
                    output = {"output": _tail(given["log"])} if wanted else {}
                    result = {"ok": {**message, **output}}
                elif message.get("event") == "error":
                    result = {"error": message["reason"]}
                else:
                    self._report(job, message)
            process.wait()
        except Exception as error:  # whoever waits for the job must hear of its end
            result = {"error": f"{type(error).__name__}: {error}"}
        finally:
            if group is not None:
                group.remove()
        return result

    def _report(self, job, message):
        with self._lock:
            # That it lived is of no use to who comes back later.
            if message.get("event") != "alive":
                if len(job.said) >= MOST_SAID:
                    return
                job.said.append(message)
            if job.listener is not None:
                job.listener.say(message)

    def _end_in_time(self):
        while True:
            time.sleep(1)
            if self._connection is not None:
                continue
            with self._lock:
                jobs = list(self._jobs.values())
            silence = time.monotonic() - self._active
            if any(job.result is None for job in jobs) and (self._linger > 0 or silence <= GRACE):
                continue
            if silence > (self._linger if jobs else min(GRACE, self._linger)):
                self.leave()
                os._exit(0)


class _Listener:
    """A request of a connection, which may be gone."""

    def __init__(self, connection, request):
        self._connection, self._request = connection, request

    def say(self, message):
        try:
            lines.send(self._connection, {"id": self._request, **message})
        except OSError:
            # Who comes back asks again.
            _shut(self._connection)


def _shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _size(path):
    """Of a regular file; -1 if there is none: jobs may write to the directory."""
    try:
        found = os.lstat(path)
    except OSError:
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def _tail(path):
    """The end of a log, 64 KiB at most."""
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 65536))
        return file.read().decode("utf-8", "replace")


def main(modules):
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    given, run = next(lines.read(0)), os.getcwd()
    slots, groups = Slots(given["dir"]), Groups()
    view.confine(given["client"])
    os.chdir(run)
    keeper = Keeper(modules, given, slots, groups)
    runs.claim(run)
    listener = runs.listen(run)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    lines.write({"ready": True})
    os.dup2(nothing, 1)
    os.close(nothing)
    keeper.serve(listener)
