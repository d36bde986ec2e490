"""The original's seven steps, walked on files of its recorder: each gives what the original's own functions gave.

The files come from an independent script (write_recorder), the numbers in walk.json and walk.npz from the original's
functions, run on the same files with its own versions of NumPy, h5py and OpenCV.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from tests.formats.original import write_recorder

from clonestrike.core.actions import KEYS, MOUSE_X_BINS, SWITCHES
from clonestrike.core.opening import open_trajectories, open_trajectory
from clonestrike.labelling.paper import infer_paper
from clonestrike.policy.checkpoint import load_policy
from clonestrike.training.segments import Segment, segments
from clonestrike.training.selection import Selection

HERE = Path(__file__).parent
THEIRS: dict[str, Any] = json.loads((HERE / "walk.json").read_text())
ARRAYS: dict[str, NDArray[Any]] = dict(np.load(HERE / "walk.npz"))
SETS = {"scraped": write_recorder.SCRAPED, "expert": write_recorder.EXPERT, "suspect": write_recorder.SUSPECT}
PLAY = list(THEIRS["labels"])
"""Set and number of every file, as scraped/1."""
TRAINED = [name for name in PLAY if not name.startswith("suspect")]
METADATA = "currvarsv2_{}1_to_100.npy"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole walk; every step adds to it."""
    return tmp_path_factory.mktemp("walk")


def run(place: Path, *arguments: object) -> dict[str, Any]:
    """What a command that must succeed, run in this folder, leaves in its --json, and what it has printed."""
    done = subprocess.run(
        [sys.executable, "-m", "clonestrike", *map(str, arguments), "--json", "result.json"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((place / "result.json").read_text())
    return {**found, "printed": done.stdout}


def file_of(name: str) -> str:
    """scraped/1 -> scraped/dm_july2021_1.npy."""
    folder, number = name.split("/")
    return f"{folder}/{SETS[folder]}{number}.npy"


def digest(rows: Any) -> str:
    """As the stored digests of rows were made."""
    written = json.dumps(rows, sort_keys=True, default=lambda x: x.tolist())
    return hashlib.sha256(written.encode()).hexdigest()[:16]


# 1. Record.


@pytest.fixture(scope="module")
def recorded(place: Path) -> Path:
    """The recorder's files, 2 columns; from here on nobody but commands changes the folder."""
    assert write_recorder.write(place) == THEIRS["files"]
    return place


def test_the_files_hold_what_is_easily_taken_for_something_else(recorded: Path) -> None:
    """Whoever rounds to float32, looks at posts instead of memory, or has no true keys, gets other numbers."""
    doubtful = late = 0
    for name in TRAINED:
        rows = [row[1] for row in np.load(recorded / file_of(name), allow_pickle=True)]
        x = ARRAYS[f"mouse {name}"][:, 0] / 1000
        middles = np.add(MOUSE_X_BINS[1:], MOUSE_X_BINS[:-1]) / 2
        doubtful += int((np.abs(x[:, None] - middles).min(1) < 0.01).sum())
        held = [(row["itemdef"], row.get("gsi_weap_active", {}).get("name")) for row in rows]
        late += sum((a[0] != b[0]) and (a[1] == b[1]) for a, b in itertools.pairwise(held))
    assert doubtful > 1000
    assert late > 10
    own = open_trajectory(recorded / file_of("expert/1"))
    guessed = infer_paper(own.states, own.info).actions.switches
    assert (guessed != np.unpackbits(ARRAYS["switches expert/1"], axis=1, count=13)).sum() > 500
    windows = THEIRS["selection"]["ak"]
    assert windows["windows"][9] == [1, 864, 1.0]
    assert not [row for row in THEIRS["hdf5"]["scraped/1"]["kill_rows"] if 864 <= row < 960]
    assert windows["counts"][21][2] == 68  # rows with the weapon; 67 of 96 are less than 0.7


# 2. Infer actions (dm_infer_actions).


@pytest.fixture(scope="module")
def labelled(recorded: Path) -> dict[str, Any]:
    """Labels by the rules of the paper, for all three sets."""
    return run(recorded, "label", *SETS, "--rules", "paper")


@pytest.mark.parametrize("name", PLAY)
def test_inferred_actions(labelled: dict[str, Any], place: Path, name: str) -> None:
    labels = open_trajectory(place / file_of(name)).labels
    assert labels is not None
    theirs = np.unpackbits(ARRAYS[f"switches {name}"], axis=1, count=13).astype(bool)
    wrong = {key: int(n) for key, n in zip(SWITCHES, (labels.switches != theirs).sum(0), strict=True) if n}
    assert not wrong
    np.testing.assert_allclose(labels.mouse, ARRAYS[f"mouse {name}"] / 1000, atol=0.001)


@pytest.fixture(scope="module")
def checked(recorded: Path) -> dict[str, Any]:
    """The verdict on every file, and a picture of the counts of every set."""
    return run(recorded, "check", *SETS, "--out", "figures")


@pytest.mark.parametrize("name", PLAY)
def test_counts_of_quality(labelled: dict[str, Any], checked: dict[str, Any], name: str) -> None:
    counts = dict(THEIRS["quality"][name])
    suspect, observer = counts.pop("suspect"), counts.pop("observer")
    own = name.startswith("expert")  # in observer mode 0, which the original takes for a fault of every row
    assert suspect == (observer > 900) if own else observer == 0
    for found in (labelled, checked):
        ours = found["quality"][file_of(name)]
        assert {key: ours[key] for key in counts} == counts
        assert ours["not_first_person"] == 0
        assert ours["verdict"] == ("suspect" if suspect and not own else "good")
    assert len(checked["figures"]) == 3


# 3. Pre-process (dm_pretrain_process).


@pytest.fixture(scope="module")
def processed(labelled: dict[str, Any], place: Path) -> Path:
    """HDF5 files, and recorder files of 6 columns: the scraped set with pictures, the expert's stripped of them."""
    for folder, strip in (("scraped", ()), ("expert", ("--strip",))):
        found = run(place, "export", "hdf5", folder, "--out", "processed", "--stub", f"hdf5_{SETS[folder]}")
        assert found["labels"] == {"label": found["files"]}
        run(place, "export", "recorder", folder, "--out", f"six/{folder}", "--stub", SETS[folder], *strip)
    return place / "processed"


@pytest.mark.parametrize("name", TRAINED)
def test_hdf5_files(processed: Path, name: str) -> None:
    folder, number = name.split("/")
    theirs = THEIRS["hdf5"][name]
    with h5py.File(processed / f"hdf5_{SETS[folder]}{number}.hdf5") as file:
        assert len(file) == 4000
        parts = {kind: np.stack([file[f"frame_{i}_{kind}"][...] for i in range(1000)]) for kind in
                 ("helperarr", "y", "xaux", "x")}  # fmt: skip
    assert np.flatnonzero(parts["helperarr"][:, 0]).tolist() == theirs["kill_rows"]
    assert np.flatnonzero(parts["helperarr"][:, 1]).tolist() == theirs["death_rows"]
    bins = np.stack([parts["y"][:, 13:36].argmax(1), parts["y"][:, 36:].argmax(1)], 1)
    assert not np.flatnonzero((bins != ARRAYS[f"bins {name}"]).any(1)).tolist()
    for kind, array in parts.items():
        assert hashlib.sha256(array.tobytes()).hexdigest()[:16] == theirs[kind], kind


@pytest.mark.parametrize("name", TRAINED)
def test_recorder_files_of_six_columns(processed: Path, place: Path, name: str) -> None:
    rows = np.load(place / "six" / file_of(name), allow_pickle=True)
    assert rows.shape == (1000, 6)
    before = np.load(place / file_of(name), allow_pickle=True)
    kept = [
        row[0] == [] if name.startswith("expert") else np.array_equal(row[0], old[0])
        for row, old in zip(rows, before, strict=True)
    ]
    assert all(kept)
    check_rows(name, [[row[1], row[2], row[5]] for row in rows])


def check_rows(name: str, rows: list[Any]) -> None:
    """Rows [curr_vars, infer_a, helperarr] are the original's, but for the order of the keys in infer_a."""
    theirs = THEIRS["labels"][name]
    states = [dict(row[0]) for row in rows]
    assert digest([row.pop("vel_theta_rel", None) for row in states]) == theirs["vel_theta_rel"]
    assert digest(states) == theirs["curr_vars"]
    actions = [row[1] for row in rows]
    pressed = np.array([[*(key in keys for key in KEYS), left, right] for keys, _, _, left, right in actions], np.uint8)
    np.testing.assert_array_equal(np.packbits(pressed, axis=1), ARRAYS[f"switches {name}"])
    mouse = np.array([row[1:3] for row in actions]) + 0.0  # no negative zeros
    assert hashlib.sha256(mouse.tobytes()).hexdigest()[:16] == theirs["mouse"]
    if name in TRAINED:
        flags = np.zeros((1000, 2))
        flags[THEIRS["hdf5"][name]["kill_rows"], 0] = 1
        flags[THEIRS["hdf5"][name]["death_rows"], 1] = 1
        np.testing.assert_array_equal(np.array([row[2] for row in rows]), flags)


# 4. Extract the metadata (tools_extract_metadata).


@pytest.fixture(scope="module")
def extracted(processed: Path, place: Path) -> Path:
    """Metadata beside the HDF5 files."""
    for folder in ("scraped", "expert"):
        run(place, "export", "metadata", folder, "--out", processed, "--stub", f"hdf5_{SETS[folder]}")
    return processed


@pytest.mark.parametrize("folder", ["scraped", "expert"])
def test_metadata(extracted: Path, folder: str) -> None:
    rows = np.load(extracted / METADATA.format(SETS[folder]), allow_pickle=True).item()
    assert len(rows) == THEIRS["metadata"][folder]["keys"]
    for name in (name for name in TRAINED if name.startswith(folder)):
        check_rows(name, [rows[f"file_num{name[-1]}_frame_{i}"] for i in range(1000)])


# 5. Train (dm_train_model), 6. its stateful twin (tools_create_stateful), 7. play (dm_run_agent).


@pytest.fixture(scope="module")
def trained(extracted: Path, place: Path) -> dict[str, Any]:
    """A few updates of the paper's network by the paper's recipe on the HDF5 files of the scraped set."""
    return run(
        place, "train", *sorted(extracted.glob("hdf5_dm_july2021_?.hdf5")), "--model", "paper", "--recipe", "paper",
        "--weapon", "ak47", "--updates", 2, "--chunk", 4, "--valid-fraction", 0, "--precision", "float32",
        "--out", "runs/sub", "--cache", "cache",
    )  # fmt: skip


def test_training_counts_the_same_windows(trained: dict[str, Any]) -> None:
    ours, theirs = trained["selection"], THEIRS["selection"]["ak"]
    assert trained["updates"] == 2
    assert {name: ours[name.replace("frames", "rows")] for name in theirs["totals"]} == theirs["totals"]


@pytest.fixture(scope="module")
def rows(labelled: dict[str, Any], place: Path) -> list[Segment]:
    """What training knows of the scraped set's recorder files, without pictures."""
    plays = sorted(open_trajectories([place / "scraped"]), key=lambda play: play.part)
    return segments(plays, [{} for _ in plays], "label", skipped=True)


@pytest.mark.parametrize(("kind", "weapon"), [("ak", "ak47"), ("akm4", "akm4"), ("all", None), ("ak far", "ak47")])
def test_chances_of_windows(rows: list[Segment], kind: str, weapon: str | None) -> None:
    theirs = THEIRS["selection"][kind]
    ours = Selection.of(rows, 0, weapon, far="far" in kind)
    assert ours.chances.tolist() == [chance for _, _, chance in theirs["windows"]]
    assert {name: getattr(ours.totals, name.replace("frames", "rows")) for name in theirs["totals"]} == theirs["totals"]


@pytest.mark.parametrize("window", THEIRS["windows"], ids=lambda window: window["window"])
def test_targets_of_windows(rows: list[Segment], place: Path, window: dict[str, Any]) -> None:
    number, first = map(int, window["window"].split("-"))
    start = min(first + window["jitter"], 999 - 96)  # the original never reads the last row of a file
    ours = rows[[1, 3, 4].index(number)].targets.rows(start, start + 96).clip_mouse().fill_fire_gaps()
    theirs = np.unpackbits(ARRAYS[f"window {window['window']}"], axis=1, count=51)
    np.testing.assert_array_equal(ours.switches, theirs[:, :13])
    np.testing.assert_array_equal(ours.mouse_x, theirs[:, 13:36].argmax(1))
    np.testing.assert_array_equal(ours.mouse_y, theirs[:, 36:].argmax(1))
    np.testing.assert_allclose(ours.reward, ARRAYS[f"window {window['window']} reward"], atol=1e-7)
    frames = open_trajectory(place / file_of(f"scraped/{number}")).frames(start, start + 96)
    assert frames.reshape(96, -1).sum(1).tolist() == ARRAYS[f"window {window['window']} x_sum"].tolist()


@torch.no_grad()
def test_one_network_takes_sequences_and_single_steps(trained: dict[str, Any], place: Path) -> None:
    policy, card = load_policy(place / "runs" / "sub")
    assert card.game["game"] == "csgo"
    frames = open_trajectory(place / file_of("scraped/1")).frames(36, 44)
    seen = {part: np.stack([policy.view.see(frame)[part] for frame in frames])[:, None] for part in policy.view.shapes}
    outputs, _ = policy.eval()({part: torch.from_numpy(x) for part, x in seen.items()}, policy.empty_memory(1))
    session = onnxruntime.InferenceSession(place / "runs" / "sub" / "policy.onnx", providers=["CPUExecutionProvider"])
    memory = np.zeros(next(x.shape for x in session.get_inputs() if x.name == "memory"), np.float32)
    for step in range(len(frames)):
        memory, switches, value = session.run(
            ("memory_out", "switches", "value"), {**{part: x[step] for part, x in seen.items()}, "memory": memory}
        )
        np.testing.assert_allclose(switches, outputs.switches[step].sigmoid().numpy(), atol=1e-4)
        np.testing.assert_allclose(value[0], outputs.value[step].numpy(), atol=1e-4)


def test_play(trained: dict[str, Any], place: Path) -> None:
    found = run(place, "play", "runs/sub", "--game", "doom", "--minutes", 0.05, "--decoding", "paper")
    assert found["steps"] > 0


# The optional ways: cleaning, numbers without gaps, looking, counting, pictures.


def test_cleaning(labelled: dict[str, Any], place: Path) -> None:
    """Suspect files are neither learned nor selected from, as if they had been deleted; nothing is deleted."""
    (place / "cleaned").mkdir()
    for name in ("scraped/1", "suspect/1", "suspect/2"):
        (place / "cleaned" / Path(file_of(name)).name).hardlink_to(place / file_of(name))
    found = run(place, "label", "cleaned", "--rules", "paper", "--drop-suspect")
    assert (found["suspect"], found["dropped"]) == (2, 2)
    plays = open_trajectories([place / "cleaned"])
    assert len(plays) == 3
    (rest,) = segments(plays, [{} for _ in plays], "label", skipped=True)
    assert Selection.of([rest], 0, "ak47").totals.windows == 10


def test_numbers_without_gaps(extracted: Path, place: Path) -> None:
    copy = place / "renumbered"
    copy.mkdir()
    for path in [*extracted.glob("hdf5_dm_july2021_?.hdf5"), extracted / METADATA.format(SETS["scraped"])]:
        (copy / path.name).hardlink_to(path)
    run(place, "renumber", "renumbered", "--stub", "hdf5_dm_july2021_", "--from", 1, "--apply")
    assert sorted(path.stem[-1] for path in copy.glob("*.hdf5")) == ["1", "2", "3"]
    rows = np.load(copy / METADATA.format(SETS["scraped"]), allow_pickle=True).item()
    check_rows("scraped/4", [rows[f"file_num3_frame_{i}"] for i in range(1000)])


def test_view_of_a_file_and_of_its_metadata(extracted: Path, place: Path) -> None:
    row = np.load(place / file_of("scraped/4"), allow_pickle=True)[200, 1]
    metadata = extracted / METADATA.format(SETS["scraped"])
    for arguments in ((file_of("scraped/4"),), (metadata, "--file", 4)):
        printed = run(place, "view", *arguments, "--step", 200)["printed"]
        assert "step 200 of 1000" in printed
        assert f"health {row['gsi_health']} (in memory {row['obs_health']})" in printed
        for name in ("localpos1", "itemdef", "viewangle_xy", "gsi_kills"):
            assert re.search(rf"{name} +{re.escape(str(row[name]))}\b", printed), name


WEAPONS = {"weapon_knives": "knife"}
"""Names in its table of weapons that are others here; the rest only lose ``weapon_``."""


@pytest.mark.parametrize(("folder", "sources"), [("scraped", ("files", "metadata")), ("expert", ("metadata",))])
def test_statistics(extracted: Path, place: Path, folder: str, sources: tuple[str, ...]) -> None:
    paths = {"files": folder, "metadata": extracted / METADATA.format(SETS[folder])}
    theirs = THEIRS["stats"][folder]
    weapons = {name: n for name, n in theirs["weapons"].items() if n and name != "none found"}
    types = {name: n for name, n in theirs["types"].items() if name != "none found"}
    for source in sources:
        ours = run(place, "stats", paths[source], "--out", "figures")
        assert {name: ours[name] for name in ("frames", "kills", "deaths")} == {
            name: theirs[name] for name in ("frames", "kills", "deaths")
        }
        by_weapon, by_type = ours["weapons"], ours["weapon_types"]
        assert {name: row["frames"] for name, row in by_weapon.items() if name != "unknown"} == {
            WEAPONS.get(name, name.removeprefix("weapon_")): n for name, n in weapons.items()
        }
        assert {name: row["frames"] for name, row in by_type.items() if name != "unknown"} == types
        assert [by_weapon["ak47"][name] for name in ("kills", "deaths", "mean_kills", "mean_deaths")] == pytest.approx(
            [theirs[name] for name in ("ak_kills", "ak_deaths", "mean_ak_kills", "mean_ak_deaths")]
        )


@pytest.mark.parametrize(
    ("player", "base", "source"), [("expert", "scraped", "files"), ("scraped", "expert", "metadata")]
)
def test_coverage(extracted: Path, place: Path, player: str, base: str, source: str) -> None:
    theirs = next(row for row in THEIRS["coverage"] if (row["base"], row["set"]) == (SETS[base], SETS[player]))
    paths = [base, player]
    if source == "metadata":
        paths = [f"{extracted}/{METADATA.format(SETS[folder])}" for folder in paths]
    found = run(place, "coverage", paths[1], "--reference", paths[0], "--out", "maps")
    (distance,) = found["distances"]
    assert distance["flattened_histogram_distance"] == pytest.approx(theirs["distance"], rel=1e-9)
    assert found["players"][SETS[player].rstrip("_")]["bins_visited"] == theirs["cells"]


def test_imported_files_are_given_back(processed: Path, place: Path) -> None:
    """Numbers, raw rows, true keys and labels, even of files without pictures."""
    run(place, "import", "recorder", "six/expert", "--out", "imported")
    run(place, "export", "metadata", "imported", "--out", "back", "--stub", f"hdf5_{SETS['expert']}")
    rows = np.load(place / "back" / METADATA.format(SETS["expert"]), allow_pickle=True).item()
    for name in ("expert/1", "expert/2"):
        check_rows(name, [rows[f"file_num{name[-1]}_frame_{i}"] for i in range(1000)])


def test_bright_picture(recorded: Path) -> None:
    theirs = THEIRS["bright"]
    run(recorded, "export", "png", file_of(theirs["file"]), "--out", "png", "--rows", theirs["row"], "--bright")
    picture = cv2.imread(str(recorded / "png" / f"{theirs['row']:06}.png"))
    assert hashlib.sha256(np.asarray(picture).tobytes()).hexdigest()[:16] == theirs["sha"]
