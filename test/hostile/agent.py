# SPDX-License-Identifier: MIT
"""An agent that attacks, in the way that WAY names; in the way "honest" it does what it is asked for, as far as that shows.

It stands where the real one would: what it is sent is the real library's, and so is all that it says listened to. HOST is
its own directory, OUTSIDE one of the client that nothing of it may reach; LEFT are earlier runs that it says it has.
"""
import gzip
import hashlib
import json
import os
import sys
import threading
import time

PACKAGE, CPV = "app-toy/a/a-1-1.gpkg.tar", "app-toy/a-1"
LOG = "app-toy:a-1:20260101-000000.log"
FOREIGN = "app-toy:b-1:20260101-000000.log"
#: What a compiler says of its flags.
TRIAL = ' /usr/libexec/gcc/x86_64-pc-linux-gnu/14/cc1 -quiet - -march=znver3 -mavx2 -quiet -o /tmp/x.s\n'
ESCAPES = "\x1b]0;title\x07\x1b[2J\x1b[8mhidden\u202e"

_lock = threading.Lock()


def say(**message):
    send(json.dumps(message).encode() + b"\n")


def send(data):
    with _lock:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


class Job:
    """What a job leaves, and says: a way changes some of it."""

    def __init__(self, number, given):
        self.number, self.job = number, os.path.join(given["root"], "job")
        self.content = b"built" * 200
        self.events = [
            {"event": "step", "name": "build"},
            {"event": "variable", "cpv": CPV, "name": "CFLAGS", "value": "-O2"},
            {"event": "phase", "cpv": CPV, "phase": "compile"},
        ]
        self.done = {
            "code": 0, "step": "build", "stuck": False, "outOfMemory": False, "outOfSpace": False, "seconds": 1.5,
            "cpuSeconds": 1.0, "memory": 1 << 20, "disk": 1 << 20, "log": LOG, "elog": "WARN: setup\nhello\n",
            "files": [self.file(PACKAGE, self.content)],
        }
        self.put("logs/" + LOG, b"built\n")
        self.put("out/" + PACKAGE, self.content)
        self.put("build.log", b"what was printed\n")

    @staticmethod
    def file(path, content):
        return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def at(self, name):
        return os.path.join(self.job, name)

    def put(self, name, content):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "wb") as file:
            file.write(content)

    def replace(self, name, make):
        """Something else in the place of a file."""
        if os.path.exists(self.at(name)):
            os.unlink(self.at(name))
        make(self.at(name))

    def call(self, path):
        self.done["files"][0]["path"] = path

    def fails(self):
        self.done.update(code=1, files=[])

    def names_log(self, name):
        """Its log is one that it does not have to make; its file is there, and belongs to somebody."""
        self.done["log"] = name
        self.put("logs/" + name, b"evil\n")
        os.chmod(self.at("logs/" + name), 0o6755)

    def talk(self):
        for event in self.events:
            say(id=self.number, **event)
        say(id=self.number, ok=self.done)


#: By name: what is done to an answer, or to a job before it talks. What gives back Ellipsis says nothing more.
ANSWERS, JOBS = {}, {}


def job(function):
    JOBS[function.__name__.replace("_", "-")] = function


def answers(operation, name, change):
    ANSWERS[name] = (operation, change)


def sets(**fields):
    return lambda answer: {**answer, **fields}


def never(_answer):
    return ...


answers("facts", "facts-never", never)
answers("facts", "facts-null", lambda _: None)
answers("facts", "facts-no-cores", sets(cores=0))
answers("facts", "facts-many-cores", sets(cores=10**300))
answers("facts", "facts-many-flags", sets(cpu={"flags": ["x"] * 100_000, "identity": ""}))
answers("facts", "facts-long-word", sets(kernel="x" * (4 << 20)))
answers("hello", "hello-never", never)
answers("hello", "hello-elsewhere", sets(run="/../../etc"))
answers("hello", "hello-many-others", sets(others=["x"] * 100_000))
answers("hello", "hello-other-paths", sets(others=["../../x"]))
answers("packages", "packages-never", never)
answers("packages", "packages-not-asked", sets(missing=["../../../outside/secret"]))
answers("packages", "packages-again-and-again", lambda said: {**said, "missing": said["missing"] * 1_000_000})
answers("packages", "packages-elsewhere", sets(path="/../etc"))
answers("distfiles", "distfiles-never", never)
answers("distfiles", "distfiles-not-asked", sets(missing=["/etc/shadow"]))
answers("ping", "ping-never", never)


def _nested(answer):
    send(b'{"id":1,"ok":' + b"[" * 5_000_000 + b"\n")
    return answer


answers("facts", "facts-deep", _nested)


def _long_line(_answer):
    for _ in range(40):
        send(b"x" * (1 << 20))
    return ...


answers("facts", "line-without-end", _long_line)


def _flood(answer):
    line = (json.dumps({"id": 4711, "ok": "x" * 8000}) + "\n").encode()
    try:
        while True:
            send(line)
    except OSError:
        os._exit(0)


answers("packages", "flood", _flood)


def _garbage(answer):
    for _ in range(4):
        send(os.urandom(1 << 20) + b"\n")
    return answer


answers("facts", "garbage", _garbage)


@job
def job_never(_job):
    return ...


@job
def job_goes_on(it):
    while True:
        say(id=it.number, event="alive")
        time.sleep(0.2)


@job
def job_hangs_up(_job):
    os._exit(1)


@job
def job_null(it):
    it.done = None


@job
def job_of_other_types(it):
    it.done.update(seconds="long", files={})


@job
def job_says_nothing_of_its_files(it):
    it.done["files"] = []


@job
def job_code_out_of_range(it):
    it.done["code"] = 10**30


@job
def path_up(it):
    it.call("../../../../outside/evil.gpkg.tar")


@job
def path_absolute(it):
    it.call(OUTSIDE + "/evil.gpkg.tar")


@job
def path_control(it):
    it.call("app-toy/a\x1b[2J/a-1-1.gpkg.tar")


@job
def path_too_long(it):
    it.call("app-toy/" + "x" * 240 + ".gpkg.tar")


@job
def path_long_in_bytes(it):
    it.call("app-toy/" + "\u65e5" * 100 + ".gpkg.tar")


@job
def path_half_character(it):
    it.call("app-toy/\ud800/a-1-1.gpkg.tar")


@job
def files_many(it):
    it.done["files"] *= 100_000


@job
def file_too_large_to_say(it):
    it.done["files"][0]["size"] = 9 * 10**15


@job
def file_larger_than_allowed(it):
    it.done["files"][0]["size"] = 2 << 30


@job
def file_larger_than_said(it):
    it.put("out/" + PACKAGE, b"x" * (200 << 20))


@job
def file_sparse(it):
    os.truncate(it.at("out/" + PACKAGE), 1 << 42)


@job
def file_missing(it):
    os.unlink(it.at("out/" + PACKAGE))


@job
def file_other_content(it):
    it.put("out/" + PACKAGE, b"other" * 200)


@job
def file_is_pipe(it):
    it.replace("out/" + PACKAGE, os.mkfifo)


@job
def file_is_link(it):
    it.replace("out/" + PACKAGE, lambda path: os.symlink(OUTSIDE + "/secret", path))


@job
def file_is_directory(it):
    it.replace("out/" + PACKAGE, os.mkdir)


@job
def file_is_device(it):
    it.replace("out/" + PACKAGE, lambda path: os.symlink("/dev/zero", path))


@job
def log_foreign(it):
    it.names_log(FOREIGN)


@job
def log_of_system(it):
    it.names_log("emerge.log")


@job
def log_foreign_of_failure(it):
    it.names_log(FOREIGN)
    it.fails()


@job
def log_up(it):
    it.done["log"] = "../outside/" + LOG


@job
def log_without_end(it):
    it.done["log"] = "x/" * 50_000 + LOG


@job
def log_odd_time(it):
    it.names_log("app-toy:a-1:99999999-999999.log.log")


@job
def log_setuid(it):
    os.chmod(it.at("logs/" + LOG), 0o6777)


@job
def log_is_pipe(it):
    it.replace("logs/" + LOG, os.mkfifo)
    it.fails()


@job
def log_is_link(it):
    it.replace("logs/" + LOG, lambda path: os.symlink(OUTSIDE + "/secret", path))
    it.fails()


@job
def log_sparse(it):
    os.truncate(it.at("logs/" + LOG), 1 << 42)


@job
def log_bomb(it):
    it.done["log"] += ".gz"
    it.put("logs/" + LOG + ".gz", gzip.compress(bytes(16 << 20)) * 64)


@job
def log_no_gzip(it):
    it.done["log"] += ".gz"
    it.put("logs/" + LOG + ".gz", b"evil")
    it.fails()


@job
def log_escapes(it):
    it.put("logs/" + LOG, ESCAPES.encode())


@job
def elog_without_end(it):
    it.done["elog"] = "x" * (12 << 20)


@job
def output_without_end(it):
    it.done.update(files=[], output="x" * (12 << 20))


@job
def reason_without_end(it):
    say(id=it.number, error="x" * (12 << 20))
    return ...


@job
def reason_escapes(it):
    say(id=it.number, error=ESCAPES)
    return ...


@job
def reason_no_words(it):
    say(id=it.number, error={"toString": 1})
    return ...


@job
def events_of_no_kind(it):
    it.events.append({"event": "party"})


@job
def events_without_end(it):
    it.events.append({"event": "phase", "cpv": CPV, "phase": "x" * 100_000})


@job
def events_many(it):
    it.events *= 100_000


@job
def phases_many(it):
    it.events += [{"event": "phase", "cpv": CPV, "phase": "compile"}] * 50_000


@job
def phases_odd(it):
    it.events += [{"event": "phase", "cpv": CPV, "phase": each} for each in (ESCAPES, "", "a" * 1000, "../x")]


@job
def variables_odd(it):
    names = ["__proto__", "constructor", "toString", ESCAPES, "x" * 1000]
    it.events += [{"event": "variable", "cpv": CPV, "name": each, "value": "evil"} for each in names]


@job
def answered_twice(it):
    say(id=it.number, ok=it.done)
    it.done = {**it.done, "code": 1}


@job
def answers_for_others(it):
    for number in range(it.number + 1, it.number + 1000):
        say(id=number, ok={"missing": ["/etc/shadow"]})


FACTS = {
    "hostname": "evil", "machine": "x86_64", "kernel": "6.6.1", "distribution": [], "python": "3.11.2", "uid": 0,
    "lacksCapabilities": [], "rsync": {"version": "3.4.1", "lacks": []}, "cores": 2, "memory": 1 << 33, "openFiles": 1024,
    "processes": -1, "cpu": {"flags": ["avx2", "sse2"], "identity": "AuthenticAMD 25 33"}, "hasCopy": True, "clock": time.time() * 1000,
    "directory": {
        "kind": "ext4", "mountPoint": "/", "options": ["rw"], "freeBytes": 1 << 40, "freeFiles": None,
        "trials": {"namespaces": None, "overlay": None, "mounts": None, "execution": None},
    },
}


def answer(message):
    operation = message["op"]
    if operation == "hello":
        run = HOST + ("/run" if message["run"] == "r" else "/run-before")
        return {"run": run, "distfiles": HOST + "/distfiles", "others": LEFT}
    if operation == "facts":
        return FACTS
    if operation == "packages":
        return {"path": HOST + "/packages", "missing": message["names"]}
    if operation == "distfiles":
        return {"missing": [name for name, _ in message["files"]]}
    if operation == "mirror":
        os.makedirs(HOST + "/root-1", exist_ok=True)
        return {"path": HOST + "/root-2", "base": HOST + "/root-1", "first": False, "tried": "another one"}
    if operation == "jobs":
        about = {"package": "a", "root": HOST + "/run-before/roots/r7", "cores": 2}
        return {"jobs": [{"key": "trial", "about": {}, "done": True}, {"key": "a#0", "about": about, "done": True}]}
    if operation == "clean":
        return {"removed": [{"name": "clients/0123/root-0", "bytes": 1 << 30, "days": 40}]}
    return {}


def hear(message):
    number, operation = message["id"], message["op"]
    if operation == "job":
        it = Job(number, message["job"] or {"root": HOST + "/run-before/roots/r7"})
        if message["key"] == "trial":
            it.done.update(files=[], log=None, output=TRIAL)
        if JOBS.get(WAY, lambda _: None)(it) is not ...:
            it.talk()
        return
    said = answer(message)
    of, change = ANSWERS.get(WAY, (None, None))
    if of == operation:
        said = change(said)
    if said is not ...:
        say(id=number, ok=said)


def main():
    sys.stdin.buffer.read(int(sys.argv[1]))
    for name in ("distfiles", "packages"):
        os.makedirs(f"{HOST}/{name}", exist_ok=True)
    for line in sys.stdin:
        threading.Thread(target=hear, args=(json.loads(line),), daemon=True).start()


if __name__ == "__main__":
    if WAY == "list":
        print(json.dumps(sorted([*ANSWERS, *JOBS])))
    else:
        main()
