# SPDX-License-Identifier: GPL-2.0-or-later
"""The log of a build, begun on a host and gone on with here: with PORTAGE_LOGDIR, as Portage leaves one a build."""
import calendar
import contextlib
import os
import re
import stat
import time

#: What Portage's names of one build's logs differ in: when it began, and whether they are compressed.
_TIME = re.compile(r"[0-9]{8}-[0-9]{6}(?=\.log(\.gz)?$)")


def continue_log(path, settings):
    """Has Portage append what follows to the log at `path`, and drops the one that it began for the binary package.

    Raises ValueError unless `path` is what Portage calls a log of this package, and a file.
    """
    begun = settings.get("PORTAGE_LOG_FILE") or ""
    found = _TIME.search(path)
    if found is None or _TIME.sub("", path) != _TIME.sub("", begun) or not stat.S_ISREG(os.lstat(path).st_mode):
        raise ValueError(f"{path} is no log of it")
    # Portage names the log by this file's time, again in each of its processes.
    when = calendar.timegm(time.strptime(found[0], "%Y%m%d-%H%M%S"))
    os.utime(os.path.join(settings["PORTAGE_BUILDDIR"], ".logid"), (when, when))
    settings["PORTAGE_LOG_FILE"] = path
    if begun != path:
        with contextlib.suppress(OSError):
            os.unlink(begun)


@contextlib.contextmanager
def kept(path):
    """Keeps the log while Portage removes that of a binary package, which it does without FEATURES=binpkg-logs."""
    aside = f"{path}.portage-farm"
    try:
        os.rename(path, aside)
    except OSError:
        aside = None
    try:
        yield
    finally:
        if aside is not None:
            # Who took the directory away meanwhile does not want the log.
            with contextlib.suppress(OSError):
                os.rename(aside, path)
