# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of portage-farm that runs inside emerge."""

#: The version of the bridge protocol, as in lib/core/request.ts.
PROTOCOL = 2
