# SPDX-License-Identifier: GPL-2.0-or-later
"""What emerge's end of the bridge makes of what a library says: `python3 hear.py HOOKS`.

Reads JSON strings, a line each, whose characters are bytes; writes for each what was heard, and why no more.
"""
import json
import os
import sys
import threading

sys.path.insert(0, sys.argv[1])
from portage_farm.bridge import Bridge  # pylint: disable=wrong-import-position


def say(descriptor, data):
    with os.fdopen(descriptor, "wb") as pipe:
        try:
            pipe.write(data)
        except BrokenPipeError:
            pass


for line in sys.stdin:
    theirs, reading = os.pipe()[::-1]
    unread, writing = os.pipe()
    bridge = Bridge(reading, writing)
    speaking = threading.Thread(target=say, args=(theirs, json.loads(line).encode("latin-1")))
    speaking.start()
    heard = []
    while message := bridge.receive(10):
        heard.append(message)
    bridge.close()
    speaking.join()
    os.close(unread)
    print(json.dumps({"heard": heard, "lost": bridge.lost}))
