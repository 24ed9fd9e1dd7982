# SPDX-License-Identifier: MIT
"""What the keeper of a run, and all that it starts, sees of the host: everything, and may write to one directory."""
import os

import farm_kernel as kernel


def confine(directory):
    """Moves this process into a mount namespace where all but `directory` is read-only: no link leads it to write elsewhere,
    and a job that gets hold of a program that the host runs cannot change it."""
    if os.geteuid() != 0:
        # Who is not root can begin no job, and changes nothing that is not his.
        return
    kernel.unshare(kernel.CLONE_NEWNS)
    # What the host unmounts is unmounted here as well.
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_SLAVE)
    kernel.make_readonly("/")
    kernel.mount(directory, directory, flags=kernel.MS_BIND)
    kernel.remount(directory, 0)
