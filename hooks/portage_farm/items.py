# SPDX-License-Identifier: GPL-2.0-or-later
"""The tasks of Portage's Scheduler: each package of the merge list, waiting until it can be installed or built here."""
import os

from _emerge.Binpkg import Binpkg
from _emerge.EbuildBuild import EbuildBuild
from _emerge.MergeListItem import MergeListItem
from _emerge.Package import Package
from portage.util._async.AsyncTaskFuture import AsyncTaskFuture
from portage.versions import _pkg_str

from . import buildlog, elog
from .copying import copy


def recast(task, kind, **extra):
    """The same task as another class, before it was started."""
    fields = {
        name: getattr(task, name, None)
        for name in type(task).__slots__
        if not name.startswith("_")
    }
    return kind(background=task.background, scheduler=task.scheduler, **fields, **extra)


class HomeBuild(EbuildBuild):
    """An ordinary build which always packages, since packages on the hosts may need this one."""

    __slots__ = ("packaged", "package_as")

    def _build_exit(self, build):
        ebuild = self.pkg
        if not self._buildpkg:
            # Not wanted in PKGDIR, where signatures may be asked for.
            self._buildpkg, self.pkg = True, self.package_as
        try:
            super()._build_exit(build)
        finally:
            self.pkg = ebuild

    def _record_binpkg_info(self, task):
        super()._record_binpkg_info(task)
        if task.returncode == os.EX_OK:
            self.packaged(task.pkg, task.get_binpkg_info())


class BuiltBinpkg(Binpkg):
    """A binary package that a host has just built: log and messages are those of the build, gone on with here."""

    __slots__ = ("log", "messages", "say")

    def create_install_task(self):
        # Whatever a host called its log and said: in Portage's event loop an exception would end emerge, wherever that is.
        try:
            elog.restore(self.messages, self.settings)
        except Exception as error:  # pylint: disable=broad-except
            self._tell("the messages", error)
        try:
            if self.log:
                buildlog.continue_log(self.log, self.settings)
        except Exception as error:  # pylint: disable=broad-except
            self._tell("the log", error)
        return super().create_install_task()

    def _tell(self, what, error):
        self.say("warn", f"{what} of the build of {self.pkg.cpv} cannot be gone on with: {error!r}")

    def _unpack_metadata_exit(self, unpack_metadata):
        """What is recorded as FEATURES is what the package would have been built with here: on a host some are taken away,
        and others added."""
        path = os.path.join(self._infloc, "FEATURES")
        try:
            if os.path.exists(path):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"{' '.join(sorted(self.settings.features))}\n")
        except OSError as error:
            self.say("warn", f"the FEATURES that are recorded of {self.pkg.cpv} are those of its host: {error}")
        super()._unpack_metadata_exit(unpack_metadata)

    def _install_exit(self, task):
        log = self.settings.get("PORTAGE_LOG_FILE")
        if not self.log or log != self.log:
            return super()._install_exit(task)
        with buildlog.kept(log):
            return super()._install_exit(task)


class QueuedItem(MergeListItem):
    """A package that the farm has nothing to do with. It waits for its turn, as in stock emerge it would in a queue:
    the Scheduler starts all that it can, since most of what it starts only waits."""

    __slots__ = ("merges", "left")

    def _start(self):
        self.merges.count_job(-1)
        is_build = self.pkg.type_name == "ebuild"
        turn = self.merges.home_turn(self) if is_build else self.merges.install_turn(self)
        self._await(turn, self._build if is_build else self._extract)

    def _await(self, future, then):
        self._start_task(AsyncTaskFuture(future=future), then)

    def _admitted(self, turn):
        """Whether it is this item's turn, and not that emerge was interrupted, or begins nothing more. The turn ends with
        the item."""
        self._assert_current(turn)
        if turn.cancelled:
            self.merges.count_job(+1)
            self._default_final_exit(turn)
            return False
        if not turn.future.result():
            self._leave_out()
            return False
        self.addExitListener(lambda _self: self.merges.leave(turn.future, self))
        self._current_task = None
        return True

    def _leave_out(self):
        """Not in this round of Portage's."""
        self.left = True
        self._end()

    def _end(self):
        self.merges.count_job(+1)
        self._current_task = None
        self.returncode = os.EX_OK
        self._async_wait()

    def _build(self, turn):
        if self._admitted(turn):
            self.merges.count_job(+1)
            self.merges.home_started(self.pkg)
            super()._start()

    def _extract(self, turn):
        """Extracting is not building: it does not hold back the merges of others (FEATURES=merge-wait)."""
        if self._admitted(turn):
            super()._start()
            self._current_task.addExitListener(lambda _task: self.merges.count_job(+1))


class FarmItem(QueuedItem):
    """A package of the farm's: it waits for the library's verdict, and is installed from the binary package or built
    here. The graph keeps the resolved ebuild Package."""

    __slots__ = ("_share", "_commit")

    def _start(self):
        self.merges.count_job(-1)
        self._await(self.merges.verdict(self.pkg), self._decided)

    def _decided(self, waited):
        self._assert_current(waited)
        if waited.cancelled:
            self.merges.count_job(+1)
            return self._default_final_exit(waited)
        verdict = waited.future.result()
        if verdict["type"] == "commit":
            self._commit = verdict
            self._await(self.merges.install_turn(self), self._install)
        elif verdict["type"] == "home":
            self._go_home(share=verdict.get("share", True))
        else:
            self._leave_out()

    def _log_start(self):
        """Writes into emerge.log what MergeListItem writes when it starts, for a package that it will not start here."""
        count = self.pkg_count
        self.logger.log(f" >>> emerge ({count.curval} of {count.maxval}) {self.pkg.cpv} to {self.pkg.root}")

    def _go_home(self, share=True):
        """`share`: hosts may need what is built here, so it is packaged as well. Without them it is plain emerge's build."""
        self._share = share
        self.prefetcher = self.merges.prefetch(self.pkg)
        self._await(self.merges.home_turn(self), self._build)

    def _tell_words(self):
        """The messages of a build whose package is not merged, with its log for Portage to name."""
        settings, log = self.settings, self._commit.get("log")
        try:
            settings.setcpv(self.pkg)
            settings.configdict["pkg"]["MERGE_TYPE"] = "buildonly"
            if log:
                settings["PORTAGE_LOG_FILE"] = log
            elog.process(self._commit.get("elog", ""), settings, self.pkg.cpv)
        except Exception as error:  # pylint: disable=broad-except
            self.merges.say("error", f"messages of {self.pkg.cpv}: {type(error).__name__}: {error}")

    def _start_task(self, task, exit_handler):
        """Puts a task that knows of the farm in the place of the one that MergeListItem begins."""
        package_as = self._stand_in() if self._share and type(task) is EbuildBuild else None  # pylint: disable=unidiomatic-typecheck
        if package_as is not None:
            task = recast(task, HomeBuild, packaged=self.merges.home_built, package_as=package_as)
            self._install_task = task
        elif type(task) is Binpkg:  # pylint: disable=unidiomatic-typecheck
            log, messages = self._commit.get("log"), self._commit.get("elog", "")
            task = recast(task, BuiltBinpkg, log=log, messages=messages, say=self.merges.say)
            self._install_task = task
        super()._start_task(task, exit_handler)

    def _stand_in(self):
        """What a build here is packaged as, for the hosts; None if that cannot be: then it is only installed."""
        try:
            return self.merges.unsigned.stand_in(self.pkg)
        except Exception as error:  # pylint: disable=broad-except
            self.merges.say("warn", f"{self.pkg.cpv} is built here for this system alone: {error!r}")
            return None

    def _install(self, turn):
        ebuild, record, path = self.pkg, self.world_atom, self._commit["path"]
        binary = None if turn.cancelled else self._inject(path)
        if binary is None and not turn.cancelled:
            self._assert_current(turn)
            self.merges.leave(turn.future, self)
            self.merges.say("error", f"{path} cannot be used; building {ebuild.cpv} here")
            return self._go_home()
        if self.build_opts.buildpkgonly and not turn.cancelled:
            self._log_start()
            self._admitted(turn)
            self._tell_words()
            return self._end()
        self.pkg = binary or ebuild
        # Portage looks world atoms up by Package: it must be asked about the one that it resolved.
        self.world_atom = lambda _binary: record(ebuild)
        try:
            self._extract(turn)
        finally:
            self.pkg = ebuild

    def _inject(self, path):
        """Puts a copy of the package into PKGDIR, and gives Portage's Package of it."""
        incoming = None
        try:
            root_config = self.merges.unsigned.root_config(self.pkg)
            bintree = root_config.trees["bintree"]
            bintree._ensure_dir(bintree.pkgdir)
            incoming = os.path.join(bintree.pkgdir, f".portage-farm-{os.getpid()}-{os.path.basename(path)}")
            copy(path, incoming, may_link=root_config is self.pkg.root_config)
            self.merges.unsigned.check(incoming, self._commit)
            cpv = bintree.inject(_pkg_str(self.pkg.cpv), current_pkg_path=incoming)
        except Exception as error:  # pylint: disable=broad-except
            # Here an exception would leave the item waiting for ever.
            self.merges.say("error", f"{type(error).__name__}: {error}")
            cpv = None
        finally:
            if incoming is not None and os.path.lexists(incoming):
                os.unlink(incoming)
        if cpv is None:
            return None
        keys = list(bintree.dbapi._aux_cache_keys)
        return Package(
            built=True,
            cpv=cpv,
            installed=False,
            metadata=dict(zip(keys, bintree.dbapi.aux_get(cpv, keys))),
            onlydeps=False,
            operation="merge",
            root_config=root_config,
            type_name="binary",
        )
