# SPDX-License-Identifier: MIT
"""Runs agents on a host as connections do, and asks them; for tests.

It reads a JSON object: `boot` and `modules`, the agent's program; `host`, if it is to be asked over ssh; `connections`: a list of {"hello": …, "requests": […]}. All
of them are made at once; in each, `hello` is asked first, then all the requests, and, when these are answered, `leave`. It
prints a list of what each connection heard.
"""
import json
import shlex
import subprocess
import sys
import threading

given = json.load(sys.stdin)
payload = given["modules"].encode()
words = ["python3", "-I", "-c", given["boot"], str(len(payload)), "farm_agent"]
command = ["ssh", "-o", "BatchMode=yes", given["host"], "exec " + shlex.join(words)] if "host" in given else words


def ask(connection, heard):
    agent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    agent.stdin.write(payload)

    def say(*messages):
        agent.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        agent.stdin.flush()

    requests = connection["requests"]
    say({"id": 0, "op": "hello", **connection["hello"]})
    left = len(requests) + 2
    while left and (line := agent.stdout.readline()):
        message = json.loads(line)
        heard.append(message)
        if "event" in message:
            continue
        left -= 1
        if message["id"] == 0:
            say(*({"id": number + 1, **request} for number, request in enumerate(requests)))
        if left == 1:
            say({"id": -1, "op": "leave"})
    agent.stdin.close()
    agent.wait()


all_heard = [[] for _ in given["connections"]]
threads = [threading.Thread(target=ask, args=each) for each in zip(given["connections"], all_heard)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(all_heard))
