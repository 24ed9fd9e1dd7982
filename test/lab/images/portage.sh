#!/bin/bash
# portage.sh DIRECTORY VERSION — Portage as Gentoo installs it, to lie over the client's image.
#
# It is made from the source distribution: the wheel is a module inside an environment, with EPREFIX and all.
set -euo pipefail
root=$1 version=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Debian's own python3, by its path: the one first in PATH may be another version, and Debian lets nobody install into it.
/usr/bin/python3 -m venv "$work/tools"
PATH=$work/tools/bin:$PATH
pip install --quiet meson ninja meson-python
pip download --quiet --no-deps --no-build-isolation --no-binary portage --dest "$work" "portage==$version"
tar -C "$work" -xf "$work/portage-$version.tar.gz"

printf "[binaries]\npython = '/usr/bin/python3'\npython3 = '/usr/bin/python3'\n" >"$work/native.ini"
meson setup "$work/build" "$work/portage-$version" --native-file "$work/native.ini" \
  --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
  -Dpython.purelibdir=/usr/lib/python3/dist-packages -Dpython.platlibdir=/usr/lib/python3/dist-packages \
  -Dnative-extensions=false >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
meson install -C "$work/build" --destdir "$root" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
rm -rf "$root"/usr/share/{man,doc}

# As python-exec has it: the scripts are those of one Python, named in their first line, and what stands in PATH chooses.
python=$(basename "$(realpath /usr/bin/python3)")
find "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib/portage" -type f \
  -exec sed -i "1s|^#!/usr/bin/env python\$|#!/usr/bin/$python|" {} +
mkdir -p "$root/usr/lib/python-exec/$python"
for script in "$root"/usr/bin/* "$root"/usr/sbin/*; do
  head -n 1 "$script" | grep -q "^#!/usr/bin/$python" || continue
  mv "$script" "$root/usr/lib/python-exec/$python/"
  ln -s ../lib/python-exec/python-exec2 "$script"
done

# Its default repository is Gentoo's, which is not here; ours are in /etc/portage/repos.conf.
printf '# Gentoo names its repository here.\n' >"$root/usr/share/portage/config/repos.conf"
# Compiled by the Python that runs it, so that a start of emerge does not compile it again and again.
/usr/bin/python3 -m compileall -q -j 0 -s "$root" -p / "$root/usr/lib/python3/dist-packages"
