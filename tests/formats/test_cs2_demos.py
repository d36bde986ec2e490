"""CS2 demos: the ticks as demoparser2 gives them, laid down as recordings; files that it cannot read.

No real demo can be had without downloading one: the parser itself is tried on damaged files only.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.formats import cs2_demos as demo
from clonestrike.formats.cs2_demos import Demo, import_demos, lives, read_demo, rows_of
from clonestrike.games import game_info
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import label
from clonestrike.recordings.recording import Recording, find_recordings

INFO = game_info("cs2")


def ticks(n: int, **columns: Any) -> dict[str, np.ndarray[Any, Any]]:
    """A player who turns left by a degree a tick and walks along x."""
    base: dict[str, Any] = {
        "tick": np.arange(1000.0, 1000 + n), "X": np.arange(n) * 3.9, "Y": np.zeros(n), "Z": np.zeros(n),
        "pitch": np.full(n, -10.0), "yaw": 170.0 + np.arange(n), "buttons": np.full(n, 1 << 3),
        "health": np.full(n, 100.0), "velocity_X": np.full(n, 250.0), "velocity_Y": np.zeros(n),
        "velocity_Z": np.zeros(n), "item_def_idx": np.full(n, 7.0), "active_weapon_ammo": np.full(n, 30.0),
        "team_num": np.full(n, 3.0), "kills_total": np.zeros(n), "deaths_total": np.zeros(n),
    }  # fmt: skip
    return {name: np.asarray(column, np.float64) for name, column in (base | columns).items()}


def test_a_step_is_four_ticks() -> None:
    rows = rows_of(ticks(16), INFO)
    assert len(rows) == 4
    states = [row.state for row in rows]
    assert all(state is not None for state in states)
    assert [round(state.x or 0, 1) for state in states if state] == [0, 15.6, 31.2, 46.8]
    first = states[0]
    assert first is not None
    assert (first.weapon, first.weapon_slot, first.ammo, first.team) == ("weapon_ak47", 1, 30, "CT")
    assert first.pitch == pytest.approx(math.radians(10))
    assert first.yaw == pytest.approx(math.radians(170))
    assert rows[-1].action is None
    action = rows[2].action  # across the half turn
    assert action is not None
    assert action.keys == {"w"}
    assert action.mouse_x == pytest.approx(-math.radians(4) / INFO.calibration.radians_per_count)


def test_short_presses_count_where_they_do_the_same() -> None:
    masks = np.full(12, 0)
    masks[1] = 1 << 0 | 1 << 1 | 1 << 4  # a shot, a jump and back, for one tick
    masks[4:6] = 1 << 16 | 1 << 9
    first, second, _ = (row.action for row in rows_of(ticks(12, buttons=masks), INFO))
    assert first is not None
    assert (set(first.keys), first.left) == ({"space"}, True)
    assert second is not None
    assert second.keys == {"shift", "a"}


def test_lives_end_with_death_and_with_missing_ticks() -> None:
    health = np.full(40, 100.0)
    health[13:20] = 0
    tick = np.arange(40.0)
    tick[30:] += 5
    assert [len(part["tick"]) for part in lives(ticks(40, health=health, tick=tick))] == [12, 8, 8]
    yaw = np.full(8, 3.0)
    yaw[4] = math.nan
    assert [len(part["tick"]) for part in lives(ticks(8, yaw=yaw))] == [4]


def test_recordings_without_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "match.dem").write_bytes(b"")
    monkeypatch.setattr(demo, "read_demo", lambda path: Demo("de_nuke", {"7656": ticks(4 * 60), "7657": ticks(8)}))
    result = import_demos([tmp_path], tmp_path / "data", part_steps=40)
    assert (result["demos"], result["recordings"], result["steps"]) == (1, 3, 60)
    recordings = [Recording.open(path) for path in find_recordings([tmp_path / "data"])]
    assert [(r.steps, r.part) for r in recordings] == [(40, 0), (19, 1), (1, 0)]
    first = recordings[0]
    assert first.info.map == "de_nuke"
    assert "7656" not in first.player
    assert first.actions is not None
    assert first.actions.switch("w").all()
    assert first.states.x[40] == recordings[1].states.x[0]
    assert len(first.fingerprint()) == 16
    with pytest.raises(ClonestrikeError, match="has no frames"):
        first.frames(0, 1)
    scored = label(LabelConfig((tmp_path / "data",), score=True))
    assert scored["mouse"]["x"]["mean_absolute_error"] < 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is not a CS2 demo"),
        (b"PBDEMS2", "is not a CS2 demo"),
        (b"HL2DEMO\0" + bytes(2000), "is not a CS2 demo"),
        (b"PBDEMS2\0", "cannot be read"),
        (b"PBDEMS2\0" + bytes(100), "cannot be read"),
        (b"PBDEMS2\0" + bytes(range(256)) * 20, "cannot be read"),
    ],
)
def test_files_that_are_no_demos(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "match.dem").write_bytes(content)
    with pytest.raises(ClonestrikeError, match=why):
        read_demo(tmp_path / "match.dem")


def test_what_cannot_be_read_is_reported_and_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = demo.read_demo
    for name in ("a.dem", "b.dem"):
        (tmp_path / name).write_bytes(b"PBDEMS2\0" + bytes(100))
    with pytest.raises(ClonestrikeError, match=r"no demo can be read .*a\.dem cannot be read"):
        import_demos([tmp_path], tmp_path / "data")
    monkeypatch.setattr(demo, "read_demo", lambda p: read(p) if p.name == "a.dem" else Demo("m", {"1": ticks(8)}))
    result = import_demos([tmp_path], tmp_path / "data")
    assert list(result["skipped"]) == [str(tmp_path / "a.dem")]
    assert result["recordings"] == 1
    with pytest.raises(ClonestrikeError, match=r"holds no \.dem file"):
        import_demos([tmp_path / "data"], tmp_path / "more")
