# SPDX-License-Identifier: GPL-2.0-or-later
"""Where stock emerge is changed: `action_build` starts the library, and `Scheduler` becomes ours."""
import functools
import importlib.abc
import importlib.util
import os
import sys

from . import launch
from .aside import Aside

_NOT_A_MERGE = frozenset(("--pretend", "--fetchonly", "--fetch-all-uri"))


#: Seconds that the library has to take the plan.
_TELL_TIMEOUT = 20


def install(launcher, only_plan, probe):
    """Waits for `_emerge.actions`, since importing it now would be before stock emerge has set up its signals.
    `only_plan`: nothing is merged, the library is told what would be."""
    sys.meta_path.insert(0, _Hook(functools.partial(_change_all, launcher=launcher, only_plan=only_plan, probe=probe)))


class _Hook(importlib.abc.MetaPathFinder):
    """Calls a function with `_emerge.actions` when that was imported."""

    def __init__(self, then):
        self._then = then

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "_emerge.actions":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        stock = spec.loader.exec_module

        def exec_module(module):
            stock(module)
            self._then(module)

        spec.loader.exec_module = exec_module
        return spec


def _change_all(actions, launcher, only_plan, probe):
    """Changes what was imported, or says why it stays as it is."""
    replaced = ("action_build", "backtrack_depgraph" if only_plan else "Scheduler")
    lacking = [name for name in replaced if not callable(getattr(actions, name, None))]
    if lacking:
        text = f"in Portage {_portage_version()}, _emerge.actions has no {' and no '.join(lacking)}"
        _leave(launcher, probe, Aside("actions", text))
        return
    (_change_to_plan if only_plan else _change)(actions, launcher)
    if probe.is_asked:
        probe.reached(portage=_portage_version(), **_library(launcher))


def _leave(launcher, probe, reason):
    """Emerge goes on as it is; if the library started it, it ends. Without colour: Portage knows not yet if it may."""
    probe.aside(reason)
    if launcher.is_ours:
        launcher.tell_aside(reason.text)
        sys.exit(f" * portage-farm: {reason.text}; nothing was done")
    sys.stderr.write(f" * portage-farm: {reason.text}; building here\n")


def _portage_version():
    import portage

    return str(portage.VERSION)


def _library(launcher):
    """What the library would be started with, for `portage-farm check`."""
    try:
        return {"library": launch.library_file(), "node": launcher.node()}
    except launch.Unavailable as reason:
        return {"unavailable": str(reason)}


def _is_merge(emerge_config):
    settings = emerge_config.target_config.settings
    return not _NOT_A_MERGE.intersection(emerge_config.opts) and settings["ROOT"] == "/" and not settings["EPREFIX"]


def _another_root(emerge_config):
    """Why nothing that is merged there is the farm's; None if the farm builds for it."""
    settings = emerge_config.target_config.settings
    if settings["EPREFIX"]:
        return f"EPREFIX is {settings['EPREFIX']}, and the farm builds for no prefix"
    return None if settings["ROOT"] == "/" else f"ROOT is {settings['ROOT']}, and the farm builds for / alone"


def _change_to_plan(actions, launcher):
    """Makes `action_build` a pretence, after which the library is told what was resolved."""
    stock_build, stock_resolve = actions.action_build, actions.backtrack_depgraph
    resolved = []

    @functools.wraps(stock_resolve)
    def backtrack_depgraph(settings, trees, myopts, *args, **kwargs):
        success, graph, favorites = stock_resolve(settings, trees, myopts, *args, **kwargs)
        resolved[:] = [(settings, myopts, graph)] if success else []
        return success, graph, favorites

    @functools.wraps(stock_build)
    def action_build(emerge_config, *args, **kwargs):
        from . import plan

        reason = _another_root(emerge_config)
        if reason is not None:
            launcher.tell_aside(reason)
            launch.complain(f"{reason}; nothing was done")
            return 1
        emerge_config.opts["--pretend"] = True
        actions.backtrack_depgraph = backtrack_depgraph
        try:
            bridge = launcher.connect()
        except (launch.Refused, launch.Unavailable) as reason:
            launch.complain(str(reason))
            return 1
        try:
            code = stock_build(emerge_config, *args, **kwargs)
            for settings, myopts, graph in resolved:
                # Not before Portage has shown its list: the graph is of no use for that afterwards.
                request = plan.plan(settings, myopts, graph.schedulerGraph(), bridge.patterns)
                if request is not None:
                    bridge.send(request)
                    bridge.receive(_TELL_TIMEOUT)
            # Also of nothing it is told: silence would be an emerge that never came here.
            bridge.send({"type": "end", "code": code or os.EX_OK})
            return code
        finally:
            bridge.close()

    actions.action_build = action_build


def _change(actions, launcher):
    """Replaces `action_build`, which is called once for everything that merges.

    The library is started before anything is resolved, so that a wrong farm.yaml is reported at once, and hosts are
    connected and get what changed of this system while Portage resolves. If the Scheduler is never reached it sees its input close, and exits.
    """
    stock_build, stock_scheduler = actions.action_build, actions.Scheduler

    def build_here(emerge_config, *args, **kwargs):
        merges = not _NOT_A_MERGE.intersection(emerge_config.opts)
        reason = _another_root(emerge_config) if merges else "with these options emerge merges nothing"
        if launcher.is_ours:
            launcher.tell_aside(reason)
            if merges:
                launch.complain(f"{reason}; nothing was done")
                return 1
        elif merges and not emerge_config.target_config.settings["EPREFIX"]:
            from . import scheduler

            launch.complain(f"{reason}; building here")
            actions.Scheduler = scheduler.LocalScheduler
        try:
            return stock_build(emerge_config, *args, **kwargs)
        finally:
            actions.Scheduler = stock_scheduler

    @functools.wraps(stock_build)
    def action_build(emerge_config, *args, **kwargs):
        if not _is_merge(emerge_config):
            return build_here(emerge_config, *args, **kwargs)
        bridge = None
        try:
            try:
                from . import plan, scheduler

                actions.Scheduler = scheduler.LocalScheduler
                bridge = launcher.connect()
                bridge.send(plan.prepare(emerge_config.target_config.settings))
                scheduler.FarmScheduler.bridge = bridge
                actions.Scheduler = scheduler.FarmScheduler
            except launch.Refused as refusal:
                launch.complain(str(refusal))
                return 1
            except launch.Unavailable as reason:
                launch.complain(f"{reason}; building here")
            except Exception as error:  # pylint: disable=broad-except
                launch.complain(f"{type(error).__name__}: {error}; building here")
            return stock_build(emerge_config, *args, **kwargs)
        finally:
            actions.Scheduler = stock_scheduler
            if bridge is not None:
                bridge.close()

    actions.action_build = action_build
