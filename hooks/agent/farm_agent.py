# SPDX-License-Identifier: MIT
"""The farm's hand on a builder: it answers requests of one client's run, and starts and ends jobs.

Requests and answers are JSON lines: {"id": 7, "op": "mirror", ...} is answered by {"id": 7, "ok": {...}} or
{"id": 7, "error": "..."}; a job also reports events, {"id": 7, "event": "phase", ...}, before its answer.
When the connection ends, everything that the agent started ends, and the run's directory is removed.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import farm_facts
import farm_lines as lines
import farm_mirror as mirrors
import farm_requests as requests


class Agent:
    def __init__(self, modules):
        self._boot = None
        self._modules = modules
        self._jobs = {}
        self._mirror = None
        self._run = None
        self._client = None
        self._lock = threading.Lock()

    def answer(self, message):
        """Answers one request, whatever it is; a job is answered later, by its own thread."""
        problem = requests.problem(message, self._client, self._run)
        if problem is not None:
            return lines.write({"id": requests.number(message), "error": problem})
        operation = getattr(self, "do_" + message["op"], None)
        if operation is None:
            return lines.write({"id": message["id"], "error": f"this agent does not know {message['op'][:40]!r}"})
        try:
            result = operation(message)
        except (OSError, ValueError) as error:
            return lines.write({"id": message["id"], "error": str(error)})
        except Exception as error:  # jobs run, and other requests are still to be answered
            return lines.write({"id": message["id"], "error": f"{message['op']}: {type(error).__name__}: {error}"})
        if result is not None:
            lines.write({"id": message["id"], "ok": result})

    def do_facts(self, message):
        """Asked before all else: what this host is and can do. `dir`, `client`: as for hello."""
        return farm_facts.facts(message["dir"], _client_directory(message))

    def do_hello(self, message):
        """Makes the run's directory. `dir`: the farm's directory here; `client`, `run`: names; `boot`: boot.py."""
        self._boot = message["boot"]
        self._client = _client_directory(message)
        os.makedirs(self._client, mode=0o700, exist_ok=True)
        _remove_dead_runs(self._client)
        self._run = os.path.join(self._client, "runs", message["run"])
        os.makedirs(self._run, mode=0o700)
        with open(os.path.join(self._run, "pid"), "w") as file:
            file.write(_identity(os.getpid()))
        distfiles = os.path.join(self._client, "distfiles")
        os.makedirs(distfiles, exist_ok=True)
        return {"run": self._run, "distfiles": distfiles}

    def do_mirror(self, _message):
        self._mirror = mirrors.open_mirror(self._client)
        return {
            "path": self._mirror.path,
            "base": self._mirror.base,
            "first": not self._mirror.complete,
            "tried": self._mirror.take_tried(),
        }

    def do_mirrored(self, _message):
        self._mirror.finish()
        return {}

    def do_tried(self, message):
        """This host can run the client's tool chain: `toolchain` is its name."""
        self._mirror.set_tried(message["toolchain"])
        return {}

    def do_ping(self, _message):
        return {}

    def do_distfiles(self, message):
        """Which of `files` ([name, bytes]) this host does not have."""
        directory = os.path.join(self._client, "distfiles")
        return {"missing": [name for name, size in message["files"] if _size(os.path.join(directory, name)) != size]}

    def do_packages(self, message):
        """Which of `names` the run does not have here yet."""
        directory = os.path.join(self._run, "packages")
        os.makedirs(directory, exist_ok=True)
        return {"path": directory, "missing": [n for n in message["names"] if not os.path.exists(f"{directory}/{n}")]}

    def do_job(self, message):
        job = message["job"]
        root = job["root"]
        shutil.rmtree(os.path.join(root, "job"), ignore_errors=True)
        for name in ("install", "logs", "out", "tmp"):
            os.makedirs(os.path.join(root, "job", name))
        os.chmod(os.path.join(root, "job", "tmp"), 0o1777)
        for name, path in job.pop("packages").items():
            target = os.path.join(root, "job", "install", path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.link(os.path.join(self._run, "packages", name), target)
        threading.Thread(target=self._supervise, args=(message["id"], job)).start()

    def do_cancel(self, message):
        with self._lock:
            process = self._jobs.get(message["job"])
        if process is not None:
            process.kill()
        return {}

    def do_remove(self, message):
        """Removes a job root of this run."""
        path = os.path.join(self._run, "roots", os.path.basename(message["root"]))
        shutil.rmtree(path, ignore_errors=True)
        return {}

    def leave(self):
        with self._lock:
            processes = list(self._jobs.values())
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        if self._run is not None:
            shutil.rmtree(self._run, ignore_errors=True)

    def _supervise(self, request, job):
        payload = json.dumps(self._modules).encode()
        process = subprocess.Popen(
            [sys.executable, "-c", self._boot, str(len(payload)), "farm_runner"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        with self._lock:
            self._jobs[request] = process
        result = {"error": "the job ended without a word"}
        try:
            process.stdin.write(payload + json.dumps(job).encode() + b"\n")
            process.stdin.flush()
            for line in process.stdout:
                try:
                    message = json.loads(line)
                except ValueError:
                    result = {"error": line.decode("utf-8", "replace").strip()}
                    continue
                if message["event"] == "done":
                    output = {"output": _tail(job["log"])} if job.get("output") else {}
                    result = {"ok": {**message, **output}}
                elif message["event"] == "error":
                    result = {"error": message["reason"]}
                else:
                    lines.write({"id": request, **message})
        except OSError as error:
            result = {"error": str(error)}
        process.wait()
        with self._lock:
            del self._jobs[request]
        shutil.rmtree(os.path.join(job["root"], "job", "tmp"), ignore_errors=True)
        lines.write({"id": request, **result})


def _client_directory(message):
    return os.path.join(message["dir"], "clients", message["client"])


def _size(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return -1


def _tail(path):
    """The end of a log, 64 KiB at most."""
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 65536))
        return file.read().decode("utf-8", "replace")


def _identity(pid):
    """A process by its number and the time that it started: numbers are used again."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return f"{pid} {file.read().rpartition(')')[2].split()[19]}"
    except OSError:
        return ""


def _remove_dead_runs(client):
    """An agent that was killed, or a host that lost its power, leaves its run's directory behind."""
    runs = os.path.join(client, "runs")
    os.makedirs(runs, exist_ok=True)
    for name in os.listdir(runs):
        try:
            with open(os.path.join(runs, name, "pid")) as file:
                identity = file.read()
        except OSError:
            continue
        if identity and _identity(identity.split()[0]) != identity:
            shutil.rmtree(os.path.join(runs, name), ignore_errors=True)


def main(modules):
    # Ctrl-C is the client's business: it says so, or closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    agent = Agent(modules)
    try:
        for message in lines.read(0):
            agent.answer(message)
    finally:
        agent.leave()
