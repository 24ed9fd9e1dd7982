# SPDX-License-Identifier: GPL-2.0-or-later
"""Where stock emerge is changed: `action_build` starts the library, and `Scheduler` becomes ours."""
import functools
import importlib.abc
import importlib.util
import sys

from . import launch

_NOT_A_MERGE = frozenset(("--pretend", "--fetchonly", "--fetch-all-uri"))


def install(launcher):
    """Waits for `_emerge.actions`, since importing it now would be before stock emerge has set up its signals."""
    sys.meta_path.insert(0, _Hook(functools.partial(_change, launcher=launcher)))


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


def _is_merge(emerge_config):
    settings = emerge_config.target_config.settings
    return not _NOT_A_MERGE.intersection(emerge_config.opts) and settings["ROOT"] == "/" and not settings["EPREFIX"]


def _change(actions, launcher):
    """Replaces `action_build`, which is called once for everything that merges.

    The library is started before anything is resolved, so that a wrong farm.yaml is reported at once, and hosts are
    connected and get what changed of this system while Portage resolves. If the Scheduler is never reached it sees its input close, and exits.
    """
    stock_build, stock_scheduler = actions.action_build, actions.Scheduler

    @functools.wraps(stock_build)
    def action_build(emerge_config, *args, **kwargs):
        if not _is_merge(emerge_config):
            return stock_build(emerge_config, *args, **kwargs)
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
