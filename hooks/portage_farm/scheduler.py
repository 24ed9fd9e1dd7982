# SPDX-License-Identifier: GPL-2.0-or-later
"""Portage's Scheduler, in which packages wait for the farm.

What is built here keeps Portage's limits (--jobs, --load-average, free space, FEATURES=merge-wait). What only waits for
another host must not: it starts as soon as Portage would allow it with unlimited jobs, and does not count as a job.
"""
import contextlib
import os
import time
from collections import deque

import _emerge.Scheduler
from _emerge.EbuildPhase import EbuildPhase
from _emerge.Scheduler import Scheduler

from . import launch, marker
from .display import FarmStatusDisplay
from .items import FarmItem, QueuedItem, recast
from .plan import is_farmable, package_id, plan
from .unsigned import Unsigned

#: What the library can say about a package, and the fields that are needed then.
_VERDICTS = {"commit": {"path"}, "home": set(), "withdraw": set()}

#: Seconds that emerge waits at its end for the library to clean up.
BYE_TIMEOUT = 10


class _BinaryPretend(EbuildPhase):
    __slots__ = ()

    def _start(self):
        if self.settings["ROOT"] == "/":
            self.settings.configdict["pkg"]["MERGE_TYPE"] = "binary"
        super()._start()


class LocalScheduler(Scheduler):
    """Stock, but for the markers which tell a bashrc hook that these builds did not go round the shim."""

    def _task(self, pkg):
        if pkg.type_name == "ebuild":
            marker.set_marker(pkg)
        return super()._task(pkg)

    def _build_exit(self, build):
        super()._build_exit(build)
        if build.returncode != os.EX_OK or self._terminated_tasks:
            marker.clear_marker(build.pkg)

    def _do_merge_exit(self, merge):
        super()._do_merge_exit(merge)
        marker.clear_marker(merge.merge.pkg)


class FarmScheduler(Scheduler):
    """The Scheduler of an emerge with a farm."""

    #: The connection to the library, which is there before Portage makes a Scheduler.
    bridge = None

    def __new__(cls, settings, trees, mtimedb, myopts, spinner, graph_config=None, **others):
        """With nothing to farm, or with a plan that cannot be told, it is the stock Scheduler that is made."""
        try:
            request = plan(settings, myopts, graph_config, cls.bridge.patterns)
        except Exception as error:  # pylint: disable=broad-except
            reason = f"no plan: {type(error).__name__}: {error}"
            launch.complain(f"{reason}; building here")
            cls.bridge.send({"type": "aside", "reason": reason})
            request = None
        if request is None:
            cls.bridge.send({"type": "end", "code": os.EX_OK})
            cls.bridge.close()
            return LocalScheduler(settings, trees, mtimedb, myopts, spinner, graph_config=graph_config, **others)
        self = super().__new__(cls)
        self._request = request
        return self

    def __init__(self, settings, *args, **kwargs):
        self._planned = set(self._request["mergeList"])
        self._verdicts, self._waiting = {}, {}
        self._round = 0
        self._withdrawn = False
        #: Whether this system may change: not while hosts still copy it.
        self._may_begin = False
        #: Builds here and extractions: those at work, and those that wait for their turn.
        self._at_home, self._home_queue = set(), deque()
        self._installing, self._install_queue = set(), deque()
        self.unsigned = Unsigned(settings)
        super().__init__(settings, *args, **kwargs)
        maxval = self._status_display.maxval
        self._status_display = FarmStatusDisplay(
            lambda: len(self._at_home), xterm_titles="notitles" not in settings.features
        )
        self._status_display.maxval = maxval

    # The library.

    def merge(self):
        code = 1
        self.bridge.attach(self._event_loop, self._hear, self._lost)
        try:
            code = super().merge()
            if code == os.EX_OK and self._withdrawn:
                self.say("error", "not all packages were built; `emerge --resume` goes on with the rest")
                code = 1
            return code
        except SystemExit as end:
            code = end.code
            raise
        finally:
            try:
                self._part(code)
            except Exception as error:  # pylint: disable=broad-except
                launch.complain(f"{type(error).__name__}: {error}")

    def _merge(self):
        self._round += 1
        self._withdrawn = False
        if self._request is not None:
            # Not before: digests, Manifests and PORTAGE_TMPDIR were checked.
            self.bridge.send(self._request)
            self._request = None
        return super()._merge()

    def _part(self, code):
        """Says that emerge is done, and gives the library time to sum up."""
        bridge = self.bridge
        bridge.detach()
        bridge.send({"type": "end", "code": code})
        deadline = time.monotonic() + BYE_TIMEOUT
        while message := bridge.receive(max(0, deadline - time.monotonic())):
            if message["type"] == "bye":
                break
            if message["type"] == "say":
                self.say(message["level"], message["text"])
        bridge.close()

    def _hear(self, message):
        kind = message["type"]
        if kind == "say":
            self.say(message["level"], message["text"])
        elif kind == "progress":
            self._status_display.set_progress(message["text"])
        elif kind == "go":
            self._begin()
        elif kind in _VERDICTS:
            if not message.keys() >= _VERDICTS[kind]:
                raise KeyError(kind)
            self._verdicts[message["id"]] = message
            self._wake(message["id"])

    def _lost(self, reason):
        if not self._terminated.is_set():
            self.say("error", f"{reason}; building the rest here")
        self._status_display.set_progress("")
        self._begin()
        for name in list(self._waiting):
            self._wake(name)

    def _begin(self):
        self._may_begin = True
        self._event_loop.call_soon(self._reschedule)

    def _reschedule(self):
        """`_schedule`, but only in Portage's main loop, which begins with one: before that, while pkg_pretend runs, it
        would raise an exception, which ends emerge."""
        if self._main_exit is not None:
            self._schedule()

    def say(self, level, text):
        if level != "info" or "--quiet" not in self.myopts:
            self._status_display.say(level, text)

    def _tell(self, kind, pkg, **more):
        if package_id(pkg) in self._planned:
            self.bridge.send({"type": kind, "id": package_id(pkg), **more})

    def _terminate_tasks(self):
        self.bridge.send({"type": "interrupt"})
        super()._terminate_tasks()
        # Portage's main loop looks for its end when a task does. Before "go" there is no task.
        self._event_loop.call_soon(self._reschedule)

    # Verdicts.

    def verdict(self, pkg):
        """A future of what becomes of a package."""
        name = package_id(pkg)
        future = self._waiting[name] = self._event_loop.create_future()
        self._event_loop.call_soon(self._schedule)
        self._wake(name)
        return future

    def _wake(self, name):
        future = self._waiting.get(name)
        verdict = self._verdict_on(name)
        if future is not None and verdict is not None:
            del self._waiting[name]
            if not future.done():
                future.set_result(verdict)

    def _verdict_on(self, name):
        verdict = self._verdicts.get(name)
        home = {"type": "home", "id": name, "share": False}
        if verdict is None:
            return home if self.bridge.lost is not None or name not in self._planned else None
        if verdict["type"] == "withdraw" and (self._round > 1 or self.bridge.lost is not None):
            # Portage went on without what failed, and this one is still to be merged.
            return home
        return verdict

    # Turns.

    def home_turn(self, item):
        """A future of the leave to build here."""
        return self._turn(self._home_queue, item)

    def install_turn(self, item):
        """A future of the leave to extract a binary package."""
        return self._turn(self._install_queue, item)

    def _turn(self, queue, item):
        turn = self._event_loop.create_future()
        queue.append((turn, item))
        self._event_loop.call_soon(self._schedule)
        return turn

    def leave(self, turn, item):
        if turn in self._at_home:
            self._at_home.remove(turn)
            self._status_display.building_changed()
        self._installing.discard(turn)
        if hasattr(Scheduler, "_release_job_token"):
            self._release_job_token(id(item))
        self._event_loop.call_soon(self._schedule)

    def _schedule_tasks(self):
        super()._schedule_tasks()
        if self._failed_pkgs:
            # As the stock Scheduler, which starts nothing more then; with --keep-going in its next round.
            for turn, _item in self._home_queue:
                if not turn.done():
                    turn.set_result(False)
            self._home_queue.clear()
        # One package is merged, one is ready and one is extracted, or more for more jobs. While merges must wait for a
        # build (FEATURES=merge-wait) no more are extracted either: PORTAGE_TMPDIR may be small.
        limit = os.cpu_count() if self._home_jobs is True else max(3, self._home_jobs)
        merging = len(self._merge_wait_queue) + len(self._task_queues.merge)
        try:
            while self._install_queue and len(self._installing) + merging < limit:
                self._admit(self._install_queue, self._installing)
            while self._home_queue and self._can_build_here():
                self._admit(self._home_queue, self._at_home)
        except BlockingIOError:
            # All tokens are taken. As the stock Scheduler does where it takes them.
            self._sched_iface.add_reader(self._jobserver_fd, self._unblock_jobs)

    def _admit(self, queue, working):
        turn, item = queue[0]
        if not turn.done():
            self._take_token(item)
            working.add(turn)
            self._previous_job_start_time = time.time()
            turn.set_result(True)
            if working is self._at_home:
                self._status_display.building_changed()
        queue.popleft()

    def _take_token(self, item):
        """Takes a token of make's job server, where there is one, for what Portage does here, by the item that it is for:
        so the stock Scheduler gives it back when emerge is interrupted. Raises BlockingIOError if all are taken."""
        if hasattr(Scheduler, "_acquire_job_token"):
            self._jobserver_tokens[id(item)] = super()._acquire_job_token()

    def _can_build_here(self):
        with self._user_jobs():
            return not self._merge_wait_scheduled and super()._can_add_job() and not super()._job_delay()

    def _running_job_count(self):
        return len(self._at_home)

    def count_job(self, change):
        self._jobs += change

    # Portage's limits: for the Scheduler there are none, since those of the user's are for what is built here.

    def _set_max_jobs(self, max_jobs):
        self._home_jobs = max_jobs
        super()._set_max_jobs(True)
        if "parallel-install" in self.settings.features:
            self._task_queues.merge.max_jobs = max_jobs

    @contextlib.contextmanager
    def _user_jobs(self):
        self._max_jobs = self._home_jobs
        try:
            yield
        finally:
            self._max_jobs = True

    def _can_add_job(self):
        return self._may_begin and not self._terminated.is_set()

    def _job_delay(self):
        return False

    def _acquire_job_token(self):
        """Waiting takes no token of make's job server (since 3.0.74): `_take_token`."""
        return None

    async def _run_pkg_pretend(self, loop=None):
        """Checks the packages as binary ones: whether there is the memory and the space to build them is a question for
        the host that does, and a home build asks it again in pkg_setup."""
        _emerge.Scheduler.EbuildPhase = _BinaryPretend
        try:
            with self._user_jobs():
                return await super()._run_pkg_pretend(loop=loop)
        finally:
            _emerge.Scheduler.EbuildPhase = EbuildPhase

    def _background_mode(self):
        """As with several jobs, also for a single package, so that there is a status line; but not for interactive
        packages, which need the terminal."""
        background = super()._background_mode()
        if not background and not self._get_interactive_tasks():
            background = True
            self._status_display.quiet = "--quiet" in self.myopts and "--verbose" not in self.myopts
            self._logger.xterm_titles = "notitles" not in self.settings.features and self._status_display.quiet
        return background

    # Tasks.

    def _keep_scheduling(self):
        return not self._withdrawn and super()._keep_scheduling()

    def _task(self, pkg):
        item = super()._task(pkg)
        if pkg.installed:
            return item
        return recast(item, FarmItem if is_farmable(pkg) else QueuedItem, merges=self)

    def _create_prefetcher(self, pkg):
        """What may be built elsewhere is not downloaded here."""
        return None if is_farmable(pkg) else super()._create_prefetcher(pkg)

    def prefetch(self, pkg):
        """Fetches for a build that waits for its turn here."""
        if not self._parallel_fetch:
            return None
        prefetcher = super()._create_prefetcher(pkg)
        self._task_queues.fetch.add(prefetcher)
        return prefetcher

    def home_started(self, pkg):
        marker.set_marker(pkg)
        if is_farmable(pkg):
            self._tell("home-started", pkg)

    def home_built(self, pkg, cpv):
        bintree = pkg.root_config.trees["bintree"]
        path = bintree.getname(cpv)
        self._tell("home-built", pkg, path=path, place=os.path.relpath(path, bintree.pkgdir))

    def _build_exit(self, build):
        if getattr(build, "left", None):
            return self._leave_out(build)
        super()._build_exit(build)
        if build.returncode != os.EX_OK or self._terminated_tasks:
            marker.clear_marker(build.pkg)
            if not self._terminated_tasks:
                self._tell("merge-failed", build.pkg)

    def _leave_out(self, item):
        """Ends a withdrawn item as Portage ends one that was built when the user interrupts: neither merged nor failed,
        and still in the resume list."""
        terminated, self._terminated_tasks = self._terminated_tasks, True
        try:
            super()._build_exit(item)
        finally:
            self._terminated_tasks = terminated
        self._withdrawn = True
        self._event_loop.call_soon(self._schedule)

    def _do_merge_exit(self, merge):
        super()._do_merge_exit(merge)
        pkg = merge.merge.pkg
        marker.clear_marker(pkg)
        failed = merge.returncode != os.EX_OK or merge.postinst_failure
        if pkg.type_name == "binary" and merge.returncode == os.EX_OK:
            # Fetched by now, if it had to be: builds elsewhere may need it.
            self.home_built(pkg, pkg.cpv)
        interrupted = failed and self._terminated_tasks
        if not pkg.installed and not interrupted and not self._build_opts.buildpkgonly:
            self._tell("merge-failed" if failed else "merged", pkg)
