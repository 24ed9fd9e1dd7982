# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that say how a package is built: its ebuild, its eclasses, and what Portage sources besides."""
import functools
import glob
import os
import re

#: Our own hook reads the variables and changes none.
_OWN_HOOK = "50-portage-farm.sh"


class Sources:
    def __init__(self, settings):
        self._config_root = settings["PORTAGE_CONFIGROOT"]
        self._profiles = list(settings.profiles)

    def of(self, pkg):
        """The ebuild; the files of its eclasses by their names, None for one that is not found; what Portage reads
        besides bashrc for the package (`__source_env_files`)."""
        portdb = pkg.root_config.trees["porttree"].dbapi
        ebuild, tree = portdb.findname2(pkg.cpv, myrepo=pkg.repo)
        known = portdb.repositories.get_repo_for_location(tree).eclass_db.eclasses
        eclasses = {name: getattr(known.get(name), "location", None) for name in pkg.inherited}
        return ebuild, eclasses, self._env_files(pkg)

    @functools.cached_property
    def bashrcs(self):
        """What Portage sources for all packages."""
        portage = os.path.join(self._config_root, "etc/portage")
        files = [os.path.join(portage, "bashrc"), *glob.glob(f"{glob.escape(portage)}/bashrc.d/*")]
        for profile in self._profiles:
            files.append(os.path.join(profile, "profile.bashrc"))
            files += glob.glob(f"{glob.escape(profile)}/bashrc/*")
        return [each for each in files if os.path.basename(each) != _OWN_HOOK and os.path.isfile(each)]

    def _env_files(self, pkg):
        directory = os.path.join(self._config_root, "etc/portage/env", pkg.category)
        name = pkg.cp.partition("/")[2]
        names = (name, f"{name}:{pkg.slot}", pkg.pf, re.sub(r"-r\d+$", "", pkg.pf))
        return [path for name in names if os.path.isfile(path := os.path.join(directory, name))]
