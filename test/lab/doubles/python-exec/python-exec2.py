#!/usr/bin/python-exec2c
# A double of the file of python-exec that /usr/bin/emerge and the like are links to. Python that is given the link reads this.
import os
import sys

name = os.path.basename(sys.argv[0])
python = "python%d.%d" % sys.version_info[:2]
sys.argv[0] = "/usr/lib/python-exec/%s/%s" % (python, name)
__file__ = sys.argv[0]
with open(__file__, encoding="utf-8") as script:
    exec(compile(script.read(), __file__, "exec"))
