"""Labels of the original's files, which an independent script wrote (tests/formats/original/write_recorder)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from tests.formats.original import write_recorder

from clonestrike.cli.main import main
from clonestrike.core.opening import open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import label
from clonestrike.labelling.labels import TRUE_SWITCHES


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    write_recorder.write(folder)
    return folder


def digests(folder: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.npy"))]


def test_own_play_has_its_true_keys_by_either_rules(recorded: Path) -> None:
    """The recorder of own play read w a s d, space, r and the left button. Such play is first person."""
    before = digests(recorded)
    for rules in ("default", "paper"):
        found = label(LabelConfig((recorded / "expert",), rules=rules))
        assert (found["recordings"], found["suspect"], found["rows"]) == (2, 0, 2000)
        assert found["valid"] > 1900
        for play in open_trajectories([recorded / "expert"]):
            rows = np.load(play.path, allow_pickle=True)[:, 1]
            true = np.array(
                [[*(key in row["tp_wasd"] for key in TRUE_SWITCHES[:-1]), row["tp_lclick"]] for row in rows]
            )
            assert play.labels is not None
            valid = play.label_valid
            assert valid.sum() > 900
            assert (valid[0], valid[-1]) == (False, True)  # the state before a file is unknown, that of its end is not
            ours = np.stack([play.labels.switch(name) for name in TRUE_SWITCHES], 1)
            different = (ours != true)[valid].sum(0).tolist()
            assert different[4:] == [0, 0, 0]
            filled = 0 if rules == "default" else 60  # the paper's rules fill gaps of w a s d in true keys, too
            assert max(different[:4]) <= filled
            assert play.labels.switch("shift").any() == (rules == "default")
    assert digests(recorded) == before


def test_watched_play_is_labelled_by_the_default_rules_to_its_last_row(recorded: Path) -> None:
    found = label(LabelConfig((recorded / "scraped",)))
    assert (found["recordings"], found["rows"]) == (3, 3000)
    for play in open_trajectories([recorded / "scraped"]):
        assert play.labels is not None
        assert (play.label_valid[0], play.label_valid[-1]) == (False, True)
        assert play.labels.switch("w")[play.label_valid].mean() > 0.2


def test_a_suspect_file_is_dropped(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["label", str(recorded / "suspect"), "--rules", "paper", "--drop-suspect"])
    told = " ".join(capsys.readouterr().out.split())
    assert "ammo_mismatch" in told
    assert not any(play.label_valid.any() for play in open_trajectories([recorded / "suspect"]))


def test_files_without_metadata_have_nothing_to_infer_from(bare_files: Path, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match=r"\.hdf5 .*has no states.*currvarsv2"):
        label(LabelConfig((bare_files,)))
    assert not list(bare_files.glob("*.labels.parquet"))
