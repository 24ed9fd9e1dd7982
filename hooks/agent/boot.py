# SPDX-License-Identifier: MIT
# Runs the agent on a builder with nothing installed there: `python3 -I -c <this file> LENGTH ENTRY` reads LENGTH bytes
# of JSON, [[module name, source], ...], from standard input, makes the modules and calls ENTRY.main. What follows on
# standard input is the agent's own. -I: no module comes from the directory that it was started in. os.read, not sys.stdin: nothing may be buffered away.
# Any Python 3 must be able to read this file, to say that it is too old; lib/core/mending.ts knows the line.
import json, os, sys, types
if sys.version_info < (3, 11):
    sys.exit("portage-farm agent: python3 is Python %d.%d, 3.11 is needed" % sys.version_info[:2])
data, length = b"", int(sys.argv[1])
while len(data) < length:
    chunk = os.read(0, length - len(data))
    if not chunk:
        sys.exit("portage-farm agent: the connection ended before the agent had arrived")
    data += chunk
modules = json.loads(data)
for name, source in modules:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name + ".py", "exec"), module.__dict__)
sys.modules[sys.argv[2]].main(modules)
