#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A library for the shim's tests: it speaks the bridge protocol, and says what /tmp/fake.json tells it to: the Fake of
twins.ts. What emerge says is written to /tmp/fake.log. Binary packages are taken from /var/tmp/farm-store.
"""
import glob
import json
import os
import sys
import threading
import time

with open("/tmp/fake.json", encoding="utf-8") as script:
    FAKE = json.load(script)
STORE = "/var/tmp/farm-store"


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def verdict(package):
    name = package["cp"].split("/")[1]
    kind = FAKE.get("verdicts", {}).get(name, FAKE.get("default", "commit"))
    message = {"type": kind, "id": package["id"]}
    if kind == "commit":
        pf = package["cpv"].split("/")[1]
        found = glob.glob(f"{STORE}/{package['cp']}/{pf}-*")
        words = FAKE.get("words", {}).get(name, {})
        say(**message, path=sorted(found)[0], host="fast", seconds=1, **words)
    elif kind == "broken":
        with open("/tmp/broken.gpkg.tar", "w", encoding="ascii") as file:
            file.write("no package")
        say(type="commit", id=package["id"], path=file.name, host="fast", seconds=1)
    elif kind == "home":
        say(**message, reason="no host can")
    elif kind == "withdraw":
        say(**message)


def has_said_all():
    """For ebuilds that wait for it."""
    with open("/tmp/said", "w", encoding="ascii"):
        pass


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.05)


def run(request):
    packages = {package["id"]: package for package in request["packages"]}
    order = [packages[name] for name in request["mergeList"] if packages[name]["type"] == "ebuild"]
    if FAKE.get("reverse"):
        order.reverse()
    if "go" not in FAKE:
        say(type="go")
    for count, package in enumerate(order):
        if count == FAKE.get("die"):
            has_said_all()
            os._exit(9)
        time.sleep(0.1)
        say(type="progress", text=f"building {package['cpv']} on fast")
        verdict(package)
    say(type="say", level="warn", text="that is all")
    has_said_all()
    if FAKE.get("go") == "later":
        wait_for("/tmp/go")
        say(type="go")
    elif FAKE.get("go") == "die":
        wait_for("/tmp/go")
        os._exit(9)


def main():
    if "refuse" in FAKE:
        return say(type="refused", text=FAKE["refuse"])
    say(**FAKE.get("greeting", {"type": "ready", "protocol": 2, "version": "0"}))
    with open("/tmp/fake.log", "w", encoding="utf-8") as log:
        for line in sys.stdin:
            message = json.loads(line)
            log.write(line)
            log.flush()
            if message["type"] == "plan":
                threading.Thread(target=run, args=(message,), daemon=True).start()
            elif message["type"] == "end":
                say(type="say", level="info", text=f"summary: code {message['code']}")
                say(type="bye")
        log.write('{"type":"eof"}\n')
    return None


if __name__ == "__main__":
    main()
