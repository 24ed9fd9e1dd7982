#!/bin/sh
# A double of a second, newer Python, for which Portage is not installed: the other one, in an environment without modules.
exec /usr/lib/PYTHON/bin/PYTHON "$@"
