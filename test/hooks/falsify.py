# SPDX-License-Identifier: MIT
"""falsify.py PACKAGE DIRECTORY — writes copies of a binary package that are whole and wrong, each in its own way.

It prints the kind, the name that its refusal must have, and the path of each. As a module: `falsify(kind, path)` changes
a package in its place. Only the standard library is needed, so packages must be compressed with bzip2, which is what a
builder can do without Portage.
"""
import bz2
import hashlib
import io
import os
import struct
import sys
import tarfile

#: What stands before a member, and is read into memory.
_HEADERS = (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME)

#: By kind: the name of the refusal. One for each function below.
KINDS = {}


def kind(what, formats=("gpkg", "xpak")):
    def add(function):
        KINDS[function.__name__.replace("_", "-")] = (what, formats, function)
        return function

    return add


class Package:
    """`metadata`: name -> bytes; `image`: [(TarInfo, bytes)]; `extra`: more members of the container."""

    def __init__(self, path):
        self.path = path
        self.format = "gpkg" if path.endswith(".gpkg.tar") else "xpak"
        self.extra = {}
        self.damage = lambda image: image
        with open(path, "rb") as file:
            content = file.read()
        if self.format == "gpkg":
            with tarfile.open(fileobj=io.BytesIO(content)) as container:
                members = {os.path.basename(each.name): container.extractfile(each).read() for each in container}
                self.prefix = os.path.dirname(container.getnames()[0])
            inside = _untar(bz2.decompress(members["metadata.tar.bz2"]))
            self.metadata = {each.name.partition("/")[2]: data for each, data in inside}
            image = members["image.tar.bz2"]
        else:
            start = len(content) - 8 - struct.unpack(">I", content[-8:-4])[0]
            image, self.metadata = content[:start], _read_xpak(content[start:])
        self.image = _untar(bz2.decompress(image))
        self.top = "image" if self.format == "gpkg" else "."

    def text(self, name):
        return self.metadata.get(name, b"").decode().strip()

    def set(self, name, value):
        self.metadata[name] = value.encode() + b"\n"

    def add(self, name, content=b"evil\n", **fields):
        member = tarfile.TarInfo(name)
        for field, value in fields.items():
            setattr(member, field, value)
        member.size = len(content) if member.isreg() or member.type in _HEADERS else 0
        self.image.append((member, content))

    def save(self):
        image = self.damage(bz2.compress(_tar(self.image)))
        if self.format == "gpkg":
            inside = [(_member(f"metadata/{name}", data), data) for name, data in self.metadata.items()]
            members = {"gpkg-1": b"", "metadata.tar.bz2": bz2.compress(_tar(inside)), "image.tar.bz2": image, **self.extra}
            lines = (
                f"DATA {name} {len(data)} SHA512 {hashlib.sha512(data).hexdigest()}"
                f" BLAKE2B {hashlib.blake2b(data).hexdigest()}\n"
                for name, data in members.items()
            )
            members["Manifest"] = "".join(lines).encode()
            content = _tar([(_member(f"{self.prefix}/{name}", data), data) for name, data in members.items()])
        else:
            content = image + _write_xpak(self.metadata)
        with open(self.path, "wb") as file:
            file.write(content)


def _untar(content):
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return [(each, archive.extractfile(each).read() if each.isreg() else b"") for each in archive]


def _tar(members):
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for member, data in members:
            archive.addfile(member, io.BytesIO(data) if member.size else None)
    return output.getvalue()


def _member(name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    return member


def _read_xpak(segment):
    index_size, data_size = struct.unpack(">II", segment[8:16])
    index, data = segment[16 : 16 + index_size], segment[16 + index_size : 16 + index_size + data_size]
    metadata = {}
    while index:
        size = struct.unpack(">I", index[:4])[0]
        name, (offset, length) = index[4 : 4 + size].decode(), struct.unpack(">II", index[4 + size : 12 + size])
        metadata[name], index = data[offset : offset + length], index[12 + size :]
    return metadata


def _write_xpak(metadata):
    index = data = b""
    for name, value in metadata.items():
        index += struct.pack(">I", len(name)) + name.encode() + struct.pack(">II", len(data), len(value))
        data += value
    body = b"XPAKPACK" + struct.pack(">II", len(index), len(data)) + index + data + b"XPAKSTOP"
    return body + struct.pack(">I", len(body)) + b"STOP"


@kind("USE")
def use_flipped(package):
    package.set("USE", " ".join(flag for flag in package.text("USE").split() if flag != "fast"))


@kind("slot")
def other_slot(package):
    package.set("SLOT", "9")


@kind("sub-slot")
def other_sub_slot(package):
    package.set("SLOT", package.text("SLOT").partition("/")[0] + "/9")


@kind("repository")
def other_repository(package):
    package.set("repository", "elsewhere")


@kind("EAPI")
def other_eapi(package):
    package.set("EAPI", "7")


@kind("package")
def other_package(package):
    package.metadata["other-9.ebuild"] = package.metadata.pop(f"{package.text('PF')}.ebuild")
    package.set("PF", "other-9")


@kind("package")
def other_category(package):
    package.set("CATEGORY", "dev-toy")


@kind("ebuild")
def other_ebuild(package):
    package.metadata[f"{package.text('PF')}.ebuild"] += b"# of another tree\n"


@kind("ebuild")
def no_ebuild(package):
    del package.metadata[f"{package.text('PF')}.ebuild"]


@kind("CHOST")
def other_chost(package):
    package.set("CHOST", "i686-pc-linux-gnu")


@kind("CBUILD")
def other_cbuild(package):
    package.set("CBUILD", "i686-pc-linux-gnu")


@kind("CFLAGS")
def other_cflags(package):
    package.set("CFLAGS", package.text("CFLAGS") + " -Ofast")


@kind("CFLAGS")
def other_march(package):
    package.set("CFLAGS", package.text("CFLAGS") + " -march=armv8-a")


@kind("LDFLAGS")
def other_ldflags(package):
    package.set("LDFLAGS", "-Wl,--hash-style=sysv")


@kind("RDEPEND")
def other_rdepend(package):
    package.set("RDEPEND", package.text("RDEPEND") + " app-toy/more")


@kind("DEPEND")
def no_depend(package):
    del package.metadata["DEPEND"]


@kind("slot operator")
def unbound(package):
    package.set("RDEPEND", package.text("RDEPEND").replace("app-toy/lib:0/7=", "app-toy/lib:="))


@kind("binding")
def other_binding(package):
    package.set("RDEPEND", package.text("RDEPEND").replace("app-toy/lib:0/7=", "app-toy/lib:0/8="))


@kind("libc")
def newer_libc(package):
    package.set("RDEPEND", package.text("RDEPEND") + " >=sys-libs/glibc-99.1-r2")


@kind("REQUIRES")
def missing_library(package):
    package.set("REQUIRES", "x86_64: libc.so.6 libnowhere.so.3")
    package.set("NEEDED.ELF.2", "X86_64;/usr/bin/user;;;libnowhere.so.3,libc.so.6;x86_64")


@kind("IUSE")
def other_iuse(package):
    package.set("IUSE", package.text("IUSE") + " more")


@kind("KEYWORDS")
def other_keywords(package):
    package.set("KEYWORDS", "~sparc")


@kind("LICENSE")
def other_license(package):
    package.set("LICENSE", "all-rights-reserved")


@kind("RESTRICT")
def other_restrict(package):
    package.set("RESTRICT", "strip")


@kind("PROPERTIES")
def other_properties(package):
    package.set("PROPERTIES", "live")


@kind("INHERITED")
def other_eclasses(package):
    package.set("INHERITED", "meson")


@kind("DEFINED_PHASES")
def other_phases(package):
    package.set("DEFINED_PHASES", "install postinst")


@kind("environment")
def no_environment(package):
    del package.metadata["environment.bz2"]


@kind("environment")
def cut_environment(package):
    package.metadata["environment.bz2"] = package.metadata["environment.bz2"][:200]


@kind("metadata")
def no_slot(package):
    del package.metadata["SLOT"]


@kind("metadata")
def odd_metadata(package):
    package.metadata["../evil"] = b"evil\n"


@kind("image")
def outside(package):
    package.add(f"{package.top}/../../etc/evil")


@kind("image")
def absolute(package):
    package.add("/etc/evil")


@kind("image")
def twice(package):
    package.add(next(each.name for each, _ in package.image if each.isreg()))


@kind("image")
def through_link(package):
    package.add(f"{package.top}/away", type=tarfile.SYMTYPE, linkname="/etc")
    package.add(f"{package.top}/away/evil")


@kind("image")
def hard_link(package):
    package.add(f"{package.top}/shadow", type=tarfile.LNKTYPE, linkname="etc/shadow")


@kind("image", ["gpkg"])
def beside(package):
    package.add("other/evil")


@kind("image", ["gpkg"])
def device(package):
    package.add("image/dev/evil", type=tarfile.CHRTYPE, devmajor=1, devminor=1)


@kind("limits")
def environment_bomb(package):
    package.metadata["environment.bz2"] = bz2.compress(bytes(65 << 20))


@kind("limits")
def metadata_bomb(package):
    package.metadata["bomb"] = bytes(65 << 20)


@kind("limits")
def long_header(package):
    package.add(f"{package.top}/x", bytes(2 << 20), type=tarfile.XHDTYPE)


@kind("limits")
def long_name(package):
    package.add("././@LongLink", b"x" * (2 << 20), type=tarfile.GNUTYPE_LONGNAME)


@kind("limits", ["gpkg"])
def many_members(package):
    package.extra.update({f"other{number}": b"" for number in range(50)})


@kind("limits")
def endless_image(package):
    """A gibibyte of nothing, in some kilobytes."""
    def endless(_image):
        member = tarfile.TarInfo(f"{package.top}/zeros")
        member.size = 1 << 30
        return bz2.compress(member.tobuf()) + bz2.compress(bytes(1 << 20)) * 1024

    package.damage = endless


def _with_library(package, soname):
    package.set("REQUIRES", f"x86_64: {soname}")
    package.set("NEEDED.ELF.2", f"EM_X86_64;/usr/bin/evil;;/var/tmp;{soname};x86_64")


@kind("REQUIRES")
def pipe_as_path(package):
    """Who opens it waits for ever for somebody to write to it."""
    _pipe("/var/tmp/evil-pipe")
    _with_library(package, "/var/tmp/evil-pipe")


@kind("REQUIRES")
def pipe_as_library(package):
    _pipe("/usr/lib/libevil-pipe.so.1")
    _with_library(package, "libevil-pipe.so.1")


@kind("REQUIRES")
def pipe_by_runpath(package):
    _pipe("/var/tmp/evil-pipe.so.1")
    _with_library(package, "evil-pipe.so.1")


@kind("REQUIRES")
def device_as_library(package):
    _with_library(package, "/dev/tty")


def _pipe(path):
    if not os.path.lexists(path):
        os.mkfifo(path)


@kind("container", ["gpkg"])
def extra_member(package):
    package.extra["evil.sh"] = b"#!/bin/sh\n"


@kind("container", ["gpkg"])
def second_image(package):
    package.extra["image.tar"] = _tar([])


@kind("integrity")
def truncated(package):
    package.damage = lambda image: image[: len(image) // 2]


@kind("integrity")
def damaged(package):
    package.damage = lambda image: image[:60] + bytes([image[60] ^ 1]) + image[61:]


def falsify(name, path):
    package = Package(path)
    KINDS[name][2](package)
    package.save()


def main():
    good, directory = sys.argv[1:]
    extension = "".join(os.path.basename(good).partition(".")[1:])
    os.makedirs(directory)
    for name, (what, formats, _) in {"honest": ("", ["gpkg", "xpak"], None), **KINDS}.items():
        path = os.path.join(directory, name + extension)
        if Package(good).format not in formats:
            continue
        with open(good, "rb") as source, open(path, "wb") as target:
            target.write(source.read())
        if name == "honest":
            Package(path).save()
        else:
            falsify(name, path)
        print(name, what, path, sep="\t")


if __name__ == "__main__":
    main()
