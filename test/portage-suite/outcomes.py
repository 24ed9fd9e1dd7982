# SPDX-License-Identifier: GPL-2.0-or-later
"""A plugin for pytest: what became of each test, as JSON lines in the file OUTCOMES."""
import json
import os

_phases = {}


def pytest_runtest_logreport(report):
    """A test is passed if all its phases are: setup, call, teardown. What is skipped in any is skipped."""
    outcome, seconds, text = _phases.pop(report.nodeid, ("passed", 0, ""))
    if outcome == "passed" and report.outcome != "passed":
        outcome, text = report.outcome, report.longreprtext
    if report.when != "teardown":
        _phases[report.nodeid] = (outcome, seconds + report.duration, text)
        return
    line = {"test": report.nodeid, "outcome": outcome, "seconds": round(seconds + report.duration, 2), "text": text}
    with open(os.environ["OUTCOMES"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
