# SPDX-License-Identifier: GPL-2.0-or-later
"""What Portage resolved, as the plan request (PlanRequest in lib/core/request.ts)."""
import os
import sys

import portage
from _emerge.Package import Package
from _emerge.Scheduler import Scheduler

from . import PROTOCOL, metadata
from .expected import Expectations
from .named import Named
from .sources import Sources

_EDGE_KINDS = (
    "buildtime",
    "buildtime_slot_op",
    "runtime",
    "runtime_slot_op",
    "runtime_post",
    "installtime",
    "cross",
    "optional",
    "ignored",
)

#: What a caller exports to change how packages are built or chosen; a list of what may travel, as anything else could
#: be a secret or belong to this machine. Besides these, *FLAGS, LC_* and the profile's USE_EXPAND variables.
_ENVIRONMENT = frozenset(
    (
        "ACCEPT_KEYWORDS",
        "ACCEPT_LICENSE",
        "ACCEPT_PROPERTIES",
        "ACCEPT_RESTRICT",
        "CBUILD",
        "CHOST",
        "CTARGET",
        "EXTRA_ECONF",
        "EXTRA_EMAKE",
        "FEATURES",
        "LANG",
        "LANGUAGE",
        "LINGUAS",
        "MAKEFLAGS",
        "MYCMAKEARGS",
        "MYMESONARGS",
        "PKG_INSTALL_MASK",
        "PORTAGE_REPOSITORIES",
        "PORTDIR_OVERLAY",
        "TZ",
        "USE",
        "USE_ORDER",
    )
)
_FLAGS = frozenset(
    ("ASFLAGS", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "FCFLAGS", "FFLAGS", "GOFLAGS", "LDFLAGS", "OBJCFLAGS", "RUSTFLAGS")
)


def package_id(pkg):
    """The package's name in the protocol: `cat/pf::repo`, with a suffix for what is no ordinary merge into /."""
    name = f"{pkg.cpv}::{pkg.repo}"
    if pkg.operation == "uninstall":
        name += " (uninstall)"
    elif pkg.type_name != "ebuild":
        name += f" ({pkg.type_name})"
    elif pkg.operation != "merge":
        name += f" ({pkg.operation})"
    return name if pkg.root == "/" else f"{name} in {pkg.root}"


def is_farmable(pkg):
    """Whether the farm may build it: an ebuild that is merged into /."""
    return (
        isinstance(pkg, Package) and pkg.type_name == "ebuild" and pkg.operation == "merge" and pkg.root == "/"
    )


def prepare(settings):
    """What is known before anything is resolved (PrepareRequest)."""
    variables = metadata.variables(settings)
    if settings.get("RUSTFLAGS"):
        variables["RUSTFLAGS"] = settings["RUSTFLAGS"]
    return {
        "type": "prepare",
        "protocol": PROTOCOL,
        "python": sys.executable,
        "settings": _settings(settings),
        "variables": variables,
        "repositories": _repositories(settings),
    }


def plan(settings, myopts, graph_config, patterns):
    """The request, or None where nothing of the list could be farmed.

    To be called before `Scheduler.__init__`, which prunes the graph, and while the event loop is not running, since
    portdbapi runs it to read metadata.
    """
    merge_list = [pkg for pkg in graph_config.mergelist if isinstance(pkg, Package)]
    farmable = next(filter(is_farmable, merge_list), None)
    if farmable is None:
        return None
    if settings.mycpv is not None:
        # Without what package.env says for the package that was last looked at.
        settings = portage.config(clone=settings)
        settings.reset()
    nodeps = "--nodeps" in myopts
    graph = None if nodeps else graph_config.graph
    packages = dict.fromkeys(merge_list)
    edges = []
    if graph is not None:
        packages.update(dict.fromkeys(node for node in graph.nodes if isinstance(node, Package)))
        edges = list(_edges(graph))
    vardb = farmable.root_config.trees["vartree"].dbapi
    sources = Sources(settings)
    expectations = Expectations(merge_list, sources, vardb, package_id)
    named = Named(settings, sources, [pkg for pkg in merge_list if is_farmable(pkg)])
    describe = _Describe(settings, patterns, expectations, named)
    described = [describe(pkg) for pkg in packages]
    return {
        "type": "plan",
        "protocol": PROTOCOL,
        # Portage run from a source tree has an object there that asks git when it is looked at.
        "portage": str(portage.VERSION),
        "python": sys.executable,
        "action": "buildpkgonly" if "--buildpkgonly" in myopts else "merge",
        "keepGoing": "--keep-going" in myopts,
        "nodeps": nodeps,
        "settings": _settings(settings),
        "takesToken": _takes_token(settings),
        "environment": _environment(settings, myopts),
        "repositories": _repositories(settings),
        "packages": described,
        "edges": [*edges, *_binding_edges(described)],
        "mergeList": [package_id(pkg) for pkg in merge_list],
        "libc": expectations.libc(),
    }


def _settings(settings):
    makeflags, separator = settings.get("MAKEFLAGS"), settings.get("PORTAGE_LOG_FILE_SEP")
    return {
        "PKGDIR": settings["PKGDIR"],
        # Within a build DISTDIR is a directory of links.
        "DISTDIR": settings.get("PORTAGE_ACTUAL_DISTDIR") or settings["DISTDIR"],
        "PORTAGE_TMPDIR": settings["PORTAGE_TMPDIR"],
        "PORTAGE_LOGDIR": settings.get("PORTAGE_LOGDIR") or settings.get("PORT_LOGDIR") or "",
        "BINPKG_FORMAT": settings.get("BINPKG_FORMAT") or portage.const.SUPPORTED_GENTOO_BINPKG_FORMATS[0],
        "CHOST": settings.get("CHOST", ""),
        "FEATURES": sorted(settings.features),
        "PORTAGE_CONFIGROOT": settings["PORTAGE_CONFIGROOT"],
        "portage": {"uid": int(portage.data.portage_uid), "gid": int(portage.data.portage_gid)},
        **({"PORTAGE_LOG_FILE_SEP": separator} if separator else {}),
        **({"MAKEFLAGS": makeflags} if makeflags else {}),
    }


def _takes_token(settings):
    """Whether the Scheduler takes a token of make's job server for a package (since 3.0.74). If MAKEFLAGS come from the
    environment, newer ones take it that whoever started emerge was given one for it."""
    if "jobserver-token" not in settings.features or not hasattr(Scheduler, "_acquire_job_token"):
        return False
    knows_of_environment = "_jobserver_has_implicit_token" in Scheduler.__init__.__code__.co_names
    return not (knows_of_environment and "MAKEFLAGS" in os.environ)


def _repositories(settings):
    return [{"name": repo.name, "location": repo.location} for repo in settings.repositories]


def _environment(settings, myopts):
    expanded = set(settings.get("USE_EXPAND", "").split())
    found = {
        name: value
        for name, value in sorted(os.environ.items())
        if name in _ENVIRONMENT or name in _FLAGS or name in expanded or name.startswith("LC_")
    }
    # Emerge turns this option into one of FEATURES, and those are recorded in the package.
    fail_clean = myopts.get("--fail-clean")
    if fail_clean is not None:
        word = "fail-clean" if fail_clean is True else "-fail-clean"
        found["FEATURES"] = f"{found.get('FEATURES', '')} {word}".strip()
    return found


def _edges(graph):
    """An edge for each priority: an edge of Portage's may be, say, a satisfied build-time and a runtime dependency."""
    names = {node: package_id(node) for node in graph.nodes if isinstance(node, Package)}
    for node, (children, _parents, _node) in graph.nodes.items():
        if node not in names:
            continue
        for child, priorities in children.items():
            if child not in names:
                continue
            seen = set()
            for priority in priorities:
                kinds = tuple(kind for kind in _EDGE_KINDS if getattr(priority, kind, None))
                satisfied = bool(getattr(priority, "satisfied", None))
                if (kinds, satisfied) not in seen:
                    seen.add((kinds, satisfied))
                    yield {"from": names[node], "to": names[child], "kinds": list(kinds), "satisfied": satisfied}


def _binding_edges(described):
    """An edge to what each `:=` will be bound to: what is installed decides that, not what Portage resolved."""
    for package in described:
        for atoms in package.get("expected", {}).get("bindings", {}).values():
            for atom in atoms:
                best = next((each["package"] for each in atom["candidates"] if "package" in each), None)
                if best is not None:
                    yield {"from": package["id"], "to": best, "kinds": ["buildtime_slot_op"], "satisfied": True}


class _Describe:
    """Packages as RequestPackage. Only what is merged is described in full: installed packages are here for the edges."""

    def __init__(self, settings, patterns, expectations, named):
        self._patterns, self._expectations, self._named = patterns, expectations, named
        self._settings, self._variables = settings, metadata.variables(settings)
        self._config = None

    def __call__(self, pkg):
        merged = pkg.operation == "merge"
        use = pkg.use.enabled
        described = {
            "id": package_id(pkg),
            "type": pkg.type_name,
            "operation": pkg.operation,
            "root": pkg.root,
            "cpv": str(pkg.cpv),
            "cp": pkg.cp,
            "slot": pkg.slot,
            "subSlot": pkg.sub_slot,
            "repo": pkg.repo,
            "eapi": pkg.eapi,
            "use": sorted(use),
            "dependencies": metadata.dependencies(pkg._metadata, use, pkg.eapi) if merged else {},
            "variables": self._variables_of(pkg) if merged and pkg.type_name == "ebuild" else {},
            "restrict": sorted(pkg.restrict),
            "properties": sorted(pkg.properties),
            "inherited": sorted(pkg.inherited),
            "distfiles": self._distfiles(pkg) if merged and pkg.type_name == "ebuild" else [],
        }
        if merged and (matches := self._patterns.matches(pkg)):
            described["matches"] = matches
        if is_farmable(pkg):
            described["expected"] = self._expectations(pkg)
            configured = self._configured(pkg)
            if makeflags := configured.get("MAKEFLAGS"):
                described["makeflags"] = makeflags
            if names := self._named(pkg, configured):
                described["names"] = names
        if pkg.type_name == "binary":
            bintree = pkg.root_config.trees["bintree"]
            if not bintree.isremote(pkg.cpv):
                described["path"] = bintree.getname(pkg.cpv)
        return described

    def _variables_of(self, pkg):
        configured = self._configured(pkg)
        return self._variables if configured is self._settings else metadata.variables(configured)

    def _configured(self, pkg):
        """The settings, with those for the package if package.env has any: only then Portage has to look."""
        config = pkg.root_config.settings
        penv = getattr(config, "_penvdict", None)
        if penv is not None and pkg.cp not in penv and not any("*" in cp for cp in penv):
            return self._settings
        if self._config is None:
            self._config = portage.config(clone=config)
        self._config.setcpv(pkg)
        return self._config

    def _distfiles(self, pkg):
        portdb = pkg.root_config.trees["porttree"].dbapi
        try:
            ebuild, tree = portdb.findname2(pkg.cpv, myrepo=pkg.repo)
            names = portdb.getFetchMap(pkg.cpv, useflags=pkg.use.enabled, mytree=tree)
            if not names:
                return []
            repository = portdb.repositories.get_repo_for_location(tree)
            manifest = repository.load_manifest(os.path.dirname(ebuild), portdb.settings["DISTDIR"])
            digests = manifest.getDigests()
            files = [{"name": str(name), "size": int(digests.get(name, {}).get("size", 0))} for name in names]
        except (portage.exception.PortageException, KeyError, ValueError):
            # Whatever it is, the build will say so better.
            return []
        if "fetch" in pkg.restrict:
            for file in files:
                file["here"] = _is_whole(os.path.join(portdb.settings["DISTDIR"], file["name"]), file["size"])
        return files


def _is_whole(path, size):
    try:
        return os.stat(path).st_size == size
    except OSError:
        return False
