"""The sub-selection of windows against what the original's own function gave for the same files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.formats.original.write_windows import write

from clonestrike.core.opening import open_trajectories
from clonestrike.core.trajectory import Trajectory
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.training.segments import Segment, segments
from clonestrike.training.selection import Selection

CHANCES = {
    ("ak47", False): "0400400400 0000000411 0444000000 0000044110 0004440000 0011000000",
    ("ak47", True): "0400100100 0000000411 0114000000 0000044110 0004140000 0011000000",
    ("akm4", False): "0444444400 0040004411 0444100000 0000444110 0004440004 0011000040",
    ("akm4", True): "0414114100 0040004411 0114100000 0000444110 0004140004 0011000040",
    (None, False): "4444444401 1140114411 0444111000 0444444110 1444441444 0011141140",
    (None, True): "4414114101 1140114411 0114111000 0114444110 1114141444 0011111140",
}
"""Probability of every window, file by file, in tenths but for 1: weapon, and whether the region counts."""
TOTALS = {"ak47": (2717, 12), "akm4": (3921, 16), None: (5994, 37)}
"""Rows and kills with the weapon."""


def unseen(plays: Sequence[Trajectory]) -> list[Segment]:
    """Segments without pictures, by number of the file."""
    ordered = sorted(plays, key=lambda play: play.part)
    return segments(ordered, [{} for _ in ordered], "label", skipped=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    folder = tmp_path_factory.mktemp("windows")
    write(str(folder))
    return unseen(open_trajectories([folder]))


@pytest.mark.parametrize(("weapon", "far"), CHANCES)
def test_every_window_has_the_originals_chance(files: list[Segment], weapon: str | None, far: bool) -> None:
    selection = Selection.of(files, 0, weapon, far)
    digits = "".join("1" if chance == 1 else str(round(10 * chance)) for chance in selection.chances)
    assert " ".join(digits[i : i + 10] for i in range(0, 60, 10)) == CHANCES[weapon, far]
    totals = selection.totals
    assert (totals.windows, totals.motionless, totals.kills, totals.deaths) == (60, 16, 37, 33)
    assert (totals.weapon_rows, totals.weapon_kills) == TOTALS[weapon]
    kept = selection.before | (selection.chances == 1)
    assert selection.lists[:, kept].all()
    assert not selection.lists[:, (selection.chances == 0) & ~selection.before].any()
    assert str(selection).startswith(f"of 60 windows the four selections take {selection.lists[0].sum()}, ")


def test_the_metadata_of_a_row_is_that_of_its_window(hdf5_files: Path) -> None:
    plays = [play for play in open_trajectories([hdf5_files]) if isinstance(play, Hdf5Play)]
    for play, segment in zip(plays, unseen(plays), strict=True):
        rows = play.rows
        assert rows is not None
        facts = segment.facts
        active = [row.get("gsi_weap_active") if row["found_active"] else None for row, _, _ in rows]
        assert facts.weapon.tolist() == [None if weapon is None else weapon["name"] for weapon in active]
        np.testing.assert_array_equal(facts.position[:, 0], [row["localpos1"] for row, _, _ in rows])
        np.testing.assert_array_equal(facts.still, [act[1] == act[2] == 0 for _, act, _ in rows])
