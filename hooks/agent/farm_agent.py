# SPDX-License-Identifier: MIT
"""The farm's hand on a builder: what a connection talks to.

Requests and answers are JSON lines: {"id": 7, "op": "mirror", ...} is answered by {"id": 7, "ok": {...}} or
{"id": 7, "error": "..."}; a job also reports events, {"id": 7, "event": "phase", ...}, before its answer.

Before `hello` it answers by itself; from then on it only hands on, between the connection and the run's keeper
(farm_keeper.py), which goes on when the connection ends.
"""
import json
import os
import signal
import subprocess
import sys
import threading

import farm_clean as cleaning
import farm_facts
import farm_lines as lines
import farm_paths as paths
import farm_requests as requests
import farm_runs as runs


class Agent:
    def __init__(self, modules, only, roots):
        self._modules, self._only, self._roots = modules, only, roots
        #: The connection to the keeper of the run, from `hello` on.
        self._keeper = None
        self._client = None

    def hear(self, message):
        """Answers a request, or hands it on."""
        if self._keeper is not None and isinstance(message, dict) and message.get("op") == "clean":
            # It may take minutes, and who asks must see meanwhile that somebody is here. The keeper may write to nothing of others.
            threading.Thread(target=self._clean, args=(message,), daemon=True).start()
            return
        if self._keeper is not None:
            try:
                self._keeper.sendall(json.dumps(message).encode() + b"\n")
            except OSError:
                os._exit(0)
            return
        lines.write(self._refusal(message) or requests.answer(self, message, None, None))
        if self._keeper is not None:
            threading.Thread(target=self._hand_back, daemon=True).start()

    def _refusal(self, message):
        """The answer to who asks for what this connection may not have; None for others."""
        for name, value in self._only.items():
            if isinstance(message, dict) and message.get(name, value) != value:
                return {"id": requests.number(message), "error": f"this key is for {name} {value[:80]!r} alone"}
        return None

    def do_facts(self, message):
        """Asked before all else: what this host is and can do. `dir`, `client`: as for hello."""
        return farm_facts.facts(message["dir"], runs.client_directory(message))

    def do_ping(self, _message):
        return {}

    def do_hello(self, message):
        """The connection is the run's from now on. `dir`: the farm's directory here; `client`, `run`: names; `boot`:
        boot.py; `linger`: see the keeper; `again`: the run is here already, or the request fails."""
        client, run = runs.client_directory(message), runs.run_directory(message)
        self._client = client
        distfiles = os.path.join(client, "distfiles")
        if not message["again"]:
            os.makedirs(client, mode=0o700, exist_ok=True)
            for path in (run, distfiles):
                paths.real(path, client)
            runs.remove_dead(client)
            os.makedirs(distfiles, exist_ok=True)
            os.makedirs(run, mode=0o700)
            self._start_keeper(message, run)
        try:
            self._keeper = runs.connect(run)
        except OSError as error:
            # Its keeper was killed, maybe, and what that kept is of no use any more.
            runs.remove_dead(client)
            raise ValueError(f"nothing of the run is left here ({error})") from error
        return {"run": run, "distfiles": distfiles, "others": [name for name in runs.kept(client) if name != message["run"]]}

    def _start_keeper(self, message, run):
        payload = json.dumps(self._modules).encode()
        given = {"client": runs.client_directory(message), "roots": self._roots}
        given.update({name: message[name] for name in ("dir", "boot", "linger")})
        # A session of its own, and none of the connection's descriptors: sshd waits for whoever has those.
        with open(os.path.join(run, "keeper.log"), "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", message["boot"], str(len(payload)), "farm_keeper"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd=run,
            )
        with process.stdin, process.stdout:
            process.stdin.write(payload + json.dumps(given).encode() + b"\n")
            process.stdin.flush()
            if not process.stdout.readline():
                with open(os.path.join(run, "keeper.log"), errors="replace") as log:
                    raise ValueError(f"the run's keeper did not start: {log.read().strip()[-500:]}")

    def _clean(self, message):
        lines.write(requests.answer(self, message, self._client, self._client))

    def do_clean(self, message):
        """Removes what nobody has used for `days`, and sources beyond `bytes`; with `pretend` it only says what."""
        days, most, pretend = message["days"], message["bytes"], message["pretend"]
        # Who has a key for one client alone has nothing to do with others.
        return {"removed": cleaning.clean(self._client, days, most, pretend, "client" not in self._only)}

    def _hand_back(self):
        """Whole lines, since an answer of its own may come in between."""
        begun = b""
        while data := self._keeper.recv(65536):
            whole, end, begun = (begun + data).rpartition(b"\n")
            lines.write_bytes(whole + end)
        # The run is over, or a newer connection has taken this one's place.
        os._exit(0)


def main(modules, only=None, roots=None):
    """`only`: fields of requests that must be these, if they are there; `roots`: see the keeper."""
    # Ctrl-C is the client's business: it says so, or closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    agent = Agent(modules, only or {}, roots)
    for message in lines.read(0):
        agent.hear(message)
