from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from tests.conftest import MakeRecording

from clonestrike.core.opening import iter_known, open_trajectories
from clonestrike.datasets import figures
from clonestrike.datasets.config import StatsConfig
from clonestrike.datasets.stats import MOUSE_EDGES, counted, stats, summary
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.formats.original.importing import import_files

SETS = Path(__file__).parent / "write_sets.py"
METADATA = "currvarsv2_dm_july2021_1_to_100.npy"


def test_the_original_s_files_count_as_plain_numpy_counts_them(hdf5_files: Path, tmp_path: Path) -> None:
    result = stats(StatsConfig((hdf5_files,), tmp_path / "out"))
    rows = np.load(hdf5_files / METADATA, allow_pickle=True).item().values()
    held = [row["gsi_weap_active"]["name"] if row["found_active"] else None for row, _, _ in rows]
    assert result["frames"] == len(held) == 720
    for name in ("ak47", "m4a1", "glock"):
        assert result["weapons"][name]["frames"] == held.count(f"weapon_{name}")
        kills = sum(
            helper[0] for row, _, helper in rows if row.get("gsi_weap_active", {}).get("name") == f"weapon_{name}"
        )
        assert result["weapons"][name]["kills"] == kills
    with h5py.File(hdf5_files / "hdf5_dm_july2021_1.hdf5") as file:
        helper = np.stack([file[f"frame_{i}_helperarr"][...] for i in range(120)])
    assert (result["kills"], result["deaths"]) == tuple((6 * helper.sum(0)).astype(int))
    assert json.loads((tmp_path / "out" / "stats.json").read_text())["weapons"] == result["weapons"]
    assert sum(count["share"] for name, count in result["weapons"].items() if name != "unknown") == pytest.approx(1)
    for path in result["figures"]:
        assert np.std(np.asarray(cv2.imread(path))) > 10
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "mouse.png", "stats.json", "trajectories.png", "weapons.png",
    ]  # fmt: skip


def test_metadata_alone_gives_the_same(hdf5_files: Path, tmp_path: Path) -> None:
    (tmp_path / METADATA).hardlink_to(hdf5_files / METADATA)
    alone, whole = (counted(iter_known([folder])) for folder in (tmp_path, hdf5_files))
    assert summary(alone) == {**summary(whole), "files": 6}
    np.testing.assert_array_equal(alone.mouse, whole.mouse)
    rows = np.load(hdf5_files / METADATA, allow_pickle=True).item()
    turns = [act[1] for key, (row, act, _) in rows.items() if not key.endswith(("_0", "_49", "_50", "_99", "_100"))]
    np.testing.assert_array_equal(alone.mouse[0], np.histogram(turns, MOUSE_EDGES)[0])  # not binned


def test_sets_as_the_original_counts_them(tmp_path: Path) -> None:
    """The numbers are those that tools_dataset_stats.py printed for these files, stub by stub."""
    subprocess.run([sys.executable, str(SETS), str(tmp_path)], check=True)
    result = stats(StatsConfig((tmp_path / "dataset_metadata",), tmp_path / "out", pdf=True))
    sets = result["sets"]
    assert list(sets) == [
        "aim_july2021_expert", "dm_inferno_expert", "dm_july2021", "dm_july2021_expert", "dm_mirage_expert",
        "dm_nuke_expert",
    ]  # fmt: skip
    assert {key: sum(of[key] for of in sets.values()) for key in ("files", "frames", "kills", "deaths")} == {
        key: result[key] for key in ("files", "frames", "kills", "deaths")
    }
    large, expert, aim = (sets[name] for name in ("dm_july2021", "dm_july2021_expert", "aim_july2021_expert"))
    for found, totals, ak in (
        (large, (1200, 35, 3), (59, 3, 0, 0.05084745762711865, 0)),
        (expert, (600, 12, 1), (59, 4, 0, 0.06779661016949153, 0)),
        (aim, (400, 14, 2), (44, 3, 0, 0.06818181818181818, 0)),
    ):
        assert (found["frames"], found["kills"], found["deaths"]) == totals
        held = found["weapons"]["ak47"]
        assert [held[key] for key in ("frames", "kills", "deaths", "mean_kills", "mean_deaths")] == pytest.approx(ak)
    assert {name: row["frames"] for name, row in large["weapons"].items()} == {
        "ak47": 59, "glock": 60, "negev": 78, "p90": 104, "awp": 122, "nova": 126, "taser": 127, "hegrenade": 128,
        "m4a1": 159, "knife": 209, "unknown": 28,
    }  # fmt: skip
    assert {name: row["frames"] for name, row in large["weapon_types"].items()} == {
        "Rifle": 218, "Knife": 209, "Grenade": 128, "Machine Gun": 78, "taser": 127, "Submachine Gun": 104,
        "Pistol": 60, "Shotgun": 126, "SniperRifle": 122, "unknown": 28,
    }  # fmt: skip
    for name in ("weapons", "trajectories", "mouse"):
        for folder in (tmp_path / "out", *(tmp_path / "out" / name for name in sets)):
            assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
            assert (folder / f"{name}.png").exists()
    assert (
        b"/TrueType" in (tmp_path / "out" / "mouse.pdf").read_bytes()
        or b"/CIDFontType2" in (tmp_path / "out" / "mouse.pdf").read_bytes()
    )


def test_imported_files_count_as_the_files_do(hdf5_files: Path, tmp_path: Path) -> None:
    """The state that belongs to a row's events is one step newer than its picture, also after an import."""
    plays = [play for play in open_trajectories([hdf5_files]) if isinstance(play, Hdf5Play)]
    import_files(plays, 6, tmp_path / "imported", lossless=False)
    there, here = (summary(counted(iter_known([folder]))) for folder in (hdf5_files, tmp_path / "imported"))
    assert here == there
    assert sum(count["kills"] for count in here["weapons"].values()) == here["kills"] > 0


def test_recordings_count_too(make_recording: MakeRecording, tmp_path: Path) -> None:
    make_recording(60)
    make_recording(40, actions=False)
    result = stats(StatsConfig((tmp_path / "recordings",), tmp_path / "out"))
    assert (result["files"], result["frames"], result["kills"], result["deaths"]) == (2, 100, 3, 0)
    assert result["hours"] == pytest.approx(100 / 17.5 / 3600)
    assert result["weapons"]["chaingun"] == {
        "frames": 100, "share": 1, "kills": 3, "deaths": 0, "mean_kills": 0.03, "mean_deaths": 0,
    }  # fmt: skip
    assert list(result["sets"]) == ["recordings"]
    assert result["weapon_types"] == {}  # Doom's weapons have none
    assert result["maps"] == {"plain": {"positions": 100}}
    assert counted(open_trajectories([tmp_path / "recordings"])).mouse.sum() == 120  # one has no actions


def test_the_25th_weapon_keeps_its_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, list[float]] = {}

    def barh(self: object, places: range, widths: list[float], **style: object) -> None:
        drawn["widths"] = widths
        raise InterruptedError

    monkeypatch.setattr("matplotlib.axes.Axes.barh", barh)
    with pytest.raises(InterruptedError):
        figures.weapons({f"weapon {i}": 100 - i for i in range(27)}, tmp_path / "weapons.png", pdf=False)
    whole = sum(100 - i for i in range(27))
    assert drawn["widths"][:24] == pytest.approx([100 * (100 - i) / whole for i in range(24)])
    assert drawn["widths"][24:] == pytest.approx([100 * (76 + 75 + 74) / whole])


def test_nothing_to_count(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="holds no finished recording"):
        stats(StatsConfig((tmp_path,), tmp_path / "out"))
    (tmp_path / METADATA).write_bytes(b"damaged")
    with pytest.raises(ClonestrikeError, match=METADATA):
        stats(StatsConfig((tmp_path,), tmp_path / "out"))


def test_a_damaged_recording_is_skipped(
    make_recording: MakeRecording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        bad = make_recording(20, height=36, width=64).path / "steps.parquet"
    bad.write_bytes(b"no parquet")
    config = StatsConfig((tmp_path / "recordings",), tmp_path / "out")
    with pytest.raises(ClonestrikeError, match=str(bad)):
        stats(replace(config, strict=True))
    assert not config.out.exists()
    assert stats(config)["frames"] == 40
    assert f"skipped: {bad} cannot be read" in capsys.readouterr().err
