# SPDX-License-Identifier: MIT
"""spoil.py PACKAGE DIRECTORY — writes broken copies of a binary package, and prints their paths."""
import os
import sys
import tarfile

package, directory = sys.argv[1:]
extension = "".join(os.path.basename(package).partition(".")[1:])
with open(package, "rb") as file:
    good = file.read()
os.makedirs(directory)


def write(name, content):
    path = os.path.join(directory, name + extension)
    with open(path, "wb") as file:
        file.write(content)
    print(path)


def flip(name, offset):
    write(name, good[:offset] + bytes([good[offset] ^ 0x10]) + good[offset + 1 :])


size = len(good)
for cut in (1, 100, size // 4, size // 2, size * 3 // 4):
    write(f"cut-{cut}", good[:cut])
for quarter in (1, 2, 3):
    flip(f"flipped-{quarter}", size * quarter // 4)

if extension == ".gpkg.tar":
    with tarfile.open(package) as archive:
        # What follows the last member is padding.
        last = archive.getmembers()[-1]
        write("cut-at-the-end", good[: last.offset_data + last.size - 1])
        for number, member in enumerate(archive.getmembers()):
            flip(f"header-{number}", member.offset + 10)
            if member.size:
                flip(f"data-{number}", member.offset_data + member.size // 2)
else:
    # XPAKPACK, two lengths, the index, the data, XPAKSTOP, the length of all that, STOP.
    start = size - 8 - int.from_bytes(good[-8:-4], "big")
    flip("magic", start)
    flip("index-length", start + 11)
    flip("index", start + 19)
    flip("stop", size - 1)
    flip("xpak-length", size - 6)
    write("xpak-only", good[start:])
    write("cut-at-the-end", good[:-1])
    write("trailing", good + b"more")

write("empty", b"")
write("text", b"no package\n" * 1000)
write("zeros", bytes(100000))
