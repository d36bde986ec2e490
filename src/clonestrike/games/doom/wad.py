"""WAD files that add a loadout and the telemetry to the engine, and how to rebuild them.

``data/classic.wad`` and ``data/rifle.wad`` are built from the sources beside them. DECORATE and KEYCONF are text;
the ACS library is compiled by ZDoom's ``acc``. After a change of a source::

    python -m clonestrike.games.doom.wad path/to/acc

Every WAD file contains the hash of its sources in a lump HASH, so that a test finds an outdated one.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

LOADOUTS = ("classic", "rifle")
DATA = files("clonestrike.games.doom") / "data"


def data_path(name: str) -> Path:
    """Path of a data file."""
    with as_file(DATA / name) as path:
        return path


def source_hash(loadout: str) -> str:
    """Hash of all sources of the WAD file of a loadout."""
    digest = hashlib.sha256()
    for name in ("telemetry.acs", f"{loadout}.acs", f"{loadout}.decorate", "keyconf.txt"):
        digest.update(data_path(name).read_bytes())
    return digest.hexdigest()


def write_wad(path: Path, lumps: list[tuple[str, bytes]]) -> None:
    """Write a PWAD: a header, the lumps' bytes, and a directory of (offset, size, name)."""
    body, directory = b"", b""
    for name, data in lumps:
        directory += struct.pack("<ii8s", 12 + len(body), len(data), name.encode())
        body += data
    path.write_bytes(struct.pack("<4sii", b"PWAD", len(lumps), 12 + len(body)) + body + directory)


def read_wad(path: Path) -> dict[str, bytes]:
    """The lumps of a WAD file by name; the last one of a name counts."""
    data = path.read_bytes()
    _, count, start = struct.unpack_from("<4sii", data)
    lumps = {}
    for i in range(count):
        offset, size, name = struct.unpack_from("<ii8s", data, start + 16 * i)
        lumps[name.rstrip(b"\0").decode()] = data[offset : offset + size]
    return lumps


def build(acc: Path) -> None:
    """Compile the telemetry with acc (its includes are beside it) and write the WAD files of all loadouts."""
    for loadout in LOADOUTS:
        source = data_path(f"{loadout}.acs")
        with tempfile.TemporaryDirectory() as folder:
            compiled = Path(folder) / "loadout.o"
            subprocess.run([acc, "-i", acc.parent, "-i", source.parent, source, compiled], check=True)
            library = compiled.read_bytes()
        lumps = [
            ("LOADACS", b"LOADOUT\n"),
            ("A_START", b""),
            ("LOADOUT", library),
            ("A_END", b""),
            ("DECORATE", data_path(f"{loadout}.decorate").read_bytes()),
            ("KEYCONF", data_path("keyconf.txt").read_bytes()),
            ("HASH", source_hash(loadout).encode()),
        ]
        write_wad(data_path(f"{loadout}.wad"), lumps)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m clonestrike.games.doom.wad path/to/acc")
    build(Path(sys.argv[1]).resolve())
