from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from rerun.chunk import RrdReader
from tests.conftest import MakeRecording

from clonestrike import extras
from clonestrike.core.opening import open_trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.view import rerun_log


def read(path: Path) -> dict[str, list[tuple[int, object]]]:
    """Steps and values of every entity in an .rrd file, as its own library reads it."""
    found: dict[str, list[tuple[int, object]]] = {}
    for chunk in RrdReader(path).stream().to_chunks():
        table = chunk.to_record_batch().to_pydict()
        column = next((name for name in table if name.split(":")[-1] in ("scalars", "blob")), None)
        if column and "step" in table:
            rows = found.setdefault(str(chunk.entity_path), [])
            rows += [(step, value[0]) for step, value in zip(table["step"], table[column], strict=True)]
    return {name: sorted(rows, key=lambda row: row[0]) for name, rows in found.items()}


@pytest.mark.parametrize("kind", ["recording", "original"])
def test_what_is_logged_can_be_read_back(
    kind: str, make_recording: MakeRecording, hdf5_files: Path, tmp_path: Path
) -> None:
    play = make_recording(30) if kind == "recording" else open_trajectory(hdf5_files / "hdf5_dm_july2021_3.hdf5")
    path = tmp_path / "new" / "play.rrd"
    rerun_log.rerun(play, path)
    found = read(path)
    assert [step for step, _ in found["/screen"]] == list(range(play.steps))
    picture = cv2.imdecode(np.array(found["/screen"][7][1], np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.abs(np.asarray(picture, int) - play.frames(7, 8)[0]).mean() < 8
    actions = play.actions or play.labels
    assert actions is not None
    for step, counts in found["/action/mouse/x"]:
        assert counts == actions.mouse[step, 0]
    assert [bool(down) for _, down in found["/action/keys/w"]] == [
        bool(actions.switch("w")[step]) for step, _ in found["/action/keys/w"]
    ]
    np.testing.assert_array_equal([value for _, value in found["/events/kill"]], play.kills)
    np.testing.assert_array_equal([value for _, value in found["/state/x"]], play.row_states.x)


def test_without_the_library(make_recording: MakeRecording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(ClonestrikeError, match=r"pip install 'clonestrike\[view\]'"):
        rerun_log.rerun(make_recording(3), tmp_path / "play.rrd")
