import struct
from pathlib import Path

import pytest

from clonestrike.games.doom.wad import LOADOUTS, data_path, read_wad, source_hash, write_wad


@pytest.mark.parametrize("loadout", LOADOUTS)
def test_the_committed_wad_is_built_from_the_committed_sources(loadout: str) -> None:
    lumps = read_wad(data_path(f"{loadout}.wad"))
    assert lumps["HASH"].decode() == source_hash(loadout), "stale: python -m clonestrike.games.doom.wad path/to/acc"
    assert lumps["DECORATE"] == data_path(f"{loadout}.decorate").read_bytes()
    assert lumps["LOADOUT"].startswith(b"ACS")


def test_a_changed_source_changes_the_hash() -> None:
    assert source_hash("classic") != source_hash("rifle")


def test_wads_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "x.wad"
    write_wad(path, [("ONE", b"abc"), ("EMPTY", b""), ("EIGHTCHR", bytes(range(256)))])
    assert read_wad(path) == {"ONE": b"abc", "EMPTY": b"", "EIGHTCHR": bytes(range(256))}
    magic, count, start = struct.unpack_from("<4sii", path.read_bytes())
    assert (magic, count) == (b"PWAD", 3)
    assert start + 3 * 16 == path.stat().st_size
