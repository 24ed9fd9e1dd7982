# SPDX-License-Identifier: MIT
"""What an emerge left behind on the client, as one JSON object: the Left of twins.ts."""
import glob
import json
import os


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def names(paths):
    return sorted({name.removeprefix("app-toy/").removesuffix("-1") for name in paths})


resume = json.loads(read("/var/cache/edb/mtimedb") or "{}").get("resume", {})
print(
    json.dumps(
        {
            "installed": names(path.split("/")[-1] for path in glob.glob("/var/db/pkg/app-toy/*")),
            "packages": names(path.split("/")[-2] for path in glob.glob("/var/cache/binpkgs/app-toy/*/*")),
            "world": read("/var/lib/portage/world").split(),
            "resume": [entry[2].removeprefix("app-toy/").removesuffix("-1") for entry in resume.get("mergelist", [])],
            "options": sorted(resume.get("myopts", {})),
            "heard": [json.loads(line) for line in read("/tmp/fake.log").splitlines()],
            "markers": glob.glob("/run/portage-farm/local/*"),
            "incoming": [path for path in glob.glob("/var/cache/binpkgs/.*") if "portage-farm" in path],
        }
    )
)
