"""Labels into real recordings, and out of the real game."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.labelling.simulation import BORN, DOOM, keys_at_random, walk

from clonestrike.core.actions import Action, Actions
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState, States
from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.match import DoomMatch
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import chains, infer_chain, label
from clonestrike.labelling.rules import infer
from clonestrike.labelling.score import score
from clonestrike.recordings.recording import Recording, Source
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter

SMALL = replace(DOOM, frame_height=18, frame_width=32)
ACTIONS = keys_at_random(90, seed=3)
STATES = walk(ACTIONS)


def record(
    root: Path,
    states: Sequence[PlayerState] = STATES,
    actions: Sequence[Action | None] = ACTIONS,
    *,
    info: GameInfo = SMALL,
    source: Source = "played",
    part_steps: int = 1000,
    gaps: Sequence[int] = (),
    disturbed: Sequence[int] = (),
) -> list[Path]:
    """A run on disk."""
    frame = np.zeros((info.frame_height, info.frame_width, 3), np.uint8)
    with RunWriter(root, info, player="p", source=source, run="run", seed=0, part_steps=part_steps) as writer:
        for t, action in enumerate(actions):
            now = round(t / info.steps_per_second * 1e9)
            writer.append(
                frame,
                Row(
                    states[t],
                    action,
                    frame_time_ns=now,
                    state_time_ns=now,
                    action_time_ns=now,
                    gap=t in gaps,
                    disturbed=t in disturbed,
                ),
            )
        return writer.finish(states[len(actions)])


def test_labels_are_written_and_scored(tmp_path: Path) -> None:
    (path,) = record(tmp_path)
    summary = label(LabelConfig((tmp_path,), score=True))
    json.dumps(summary, allow_nan=False)
    assert summary["recordings"] == 1
    assert summary["rows"] == summary["valid"] == summary["scored_steps"] == 90
    assert summary["movement_f1"] == 1.0
    assert summary["mouse"]["x"]["bin_accuracy"] == 1.0
    assert summary["quality"][str(path)]["verdict"] == "good"
    recording = Recording.open(path)
    assert recording.labels is not None
    assert np.array_equal(recording.labels.switches, Actions.of(ACTIONS).switches)
    assert recording.label_valid.all()


def test_labelling_again_replaces_the_labels(tmp_path: Path) -> None:
    (path,) = record(tmp_path)
    label(LabelConfig((path,)))
    before = Recording.open(path)
    summary = label(LabelConfig((path,), rules="paper"))
    after = Recording.open(path)
    assert summary["rules"] == "paper"
    assert "movement_f1" not in summary
    assert after.table.column_names == before.table.column_names
    assert before.labels is not None
    assert after.labels is not None
    assert not np.array_equal(after.labels.switches, before.labels.switches)
    assert after.fingerprint() == before.fingerprint()


def test_parts_of_a_run_are_seen_as_one(tmp_path: Path) -> None:
    """A reload is pressed 26 rows before the clip rises, in the part before."""
    states = [replace(s, weapon="rifle", ammo=10 if t <= 70 else 30) for t, s in enumerate(STATES)]
    first, second = record(tmp_path, states, part_steps=60)
    label(LabelConfig((tmp_path,)))
    pressed = [Recording.open(path).labels for path in (first, second)]
    assert pressed[0] is not None
    assert np.flatnonzero(pressed[0].switch("r")).tolist() == [44, 45, 46, 47]
    label(LabelConfig((second,)))  # alone, it cannot know
    assert Recording.open(second).label_valid.all()


def test_gaps_and_disturbed_rows_are_not_valid(tmp_path: Path) -> None:
    (path,) = record(tmp_path, gaps=[30], disturbed=[10, 11])
    summary = label(LabelConfig((path,), score=True))
    recording = Recording.open(path)
    assert np.flatnonzero(~recording.label_valid).tolist() == [10, 11, 30]
    assert summary["unlabelled"] == 3
    assert recording.labels is not None
    assert not recording.labels[30].keys  # nothing is inferred across a gap


def test_a_part_that_ends_in_a_gap_is_not_joined(tmp_path: Path) -> None:
    first, second = record(tmp_path, part_steps=60, gaps=[59])
    assert label(LabelConfig((tmp_path,)))["valid"] == 89
    assert np.flatnonzero(~Recording.open(first).label_valid).tolist() == [59]
    assert Recording.open(second).label_valid.all()


def test_runs_are_labelled_in_the_order_in_which_they_were_opened(tmp_path: Path) -> None:
    """Neighbouring files of the original share a metadata file, which would else be read again and again."""
    plays = [Recording.open(path) for name in ("2", "11", "1") for path in record(tmp_path / name, part_steps=60)]
    assert chains([plays[1], plays[0], *plays[2:]]) == [plays[:2], plays[2:4], plays[4:]]


def test_counts_half_way_between_bins_are_stored_exactly(tmp_path: Path) -> None:
    (path,) = record(tmp_path)
    label(LabelConfig((path,), rules="paper"))
    recording = Recording.open(path)
    assert recording.labels is not None
    exact = infer_chain([recording], "paper")[0].actions.mouse
    assert exact.dtype == np.float64
    np.testing.assert_array_equal(recording.labels.mouse, exact)
    assert (exact != exact.astype(np.float32)).any()


def test_play_without_states_keeps_its_labels_and_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (good,) = record(tmp_path)
    (blind,) = record(tmp_path, [PlayerState()] * 11, [Action(frozenset("w"))] * 10)
    label(LabelConfig((tmp_path,)))  # it has none, and gets labels of which none is valid
    assert not Recording.open(blind).label_valid.any()
    capsys.readouterr()
    summary = label(LabelConfig((tmp_path,)))
    assert (summary["recordings"], summary["without_states"], list(summary["quality"])) == (1, 1, [str(good)])
    assert f"keeps its labels: {blind} has no states" in capsys.readouterr().err
    with pytest.raises(ClonestrikeError, match=f"{blind} has no states"):
        label(LabelConfig((blind,)))


def test_the_mouse_of_a_watched_player_is_not_scored(tmp_path: Path) -> None:
    actions: list[Action | None] = [*ACTIONS[:-1], None]  # what the last row was answered with, nobody saw
    record(tmp_path, actions=actions, source="watched")
    summary = label(LabelConfig((tmp_path,), score=True))
    assert summary["scored_steps"] == 89
    assert summary["mouse"]["x"]["steps"] == 0
    assert summary["movement_f1"] == 1.0


def test_without_a_true_action_there_is_no_score(tmp_path: Path) -> None:
    record(tmp_path, actions=[None] * 90, source="watched")
    summary = label(LabelConfig((tmp_path,), score=True))
    assert summary["scored_steps"] == 0
    assert "switches" not in summary


def test_suspect_recordings_are_dropped_on_request(tmp_path: Path) -> None:
    (good,) = record(tmp_path)
    still = [replace(BORN, yaw=0.01 * t, vx=0.0) for t in range(101)]
    (bad,) = record(tmp_path, still, [Action()] * 100)
    summary = label(LabelConfig((tmp_path,)))
    assert (summary["suspect"], summary["dropped"]) == (1, 0)
    assert Recording.open(bad).labels is not None
    summary = label(LabelConfig((tmp_path,), drop_suspect=True))
    assert (summary["suspect"], summary["dropped"], summary["recordings"]) == (1, 1, 1)
    assert "does not move" in summary["quality"][str(bad)]["reasons"]
    assert Recording.open(good).label_valid.any()
    assert not Recording.open(bad).label_valid.any()


def test_a_damaged_recording_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = record(tmp_path, part_steps=45)
    (bad / "recording.json").write_text("{")
    with pytest.raises(ClonestrikeError, match=str(bad)):
        label(LabelConfig((tmp_path,), strict=True))
    assert Recording.open(good).labels is None
    assert label(LabelConfig((tmp_path,)))["recordings"] == 1
    assert Recording.open(good).labels is not None
    assert f"skipped: {bad / 'recording.json'} is damaged" in capsys.readouterr().err


def test_bad_input_changes_nothing(tmp_path: Path) -> None:
    record(tmp_path / "good")
    with pytest.raises(ClonestrikeError, match="no path"):
        label(LabelConfig(()))
    with pytest.raises(ClonestrikeError, match="does not exist"):
        label(LabelConfig((tmp_path / "nowhere",)))
    record(tmp_path / "other", info=replace(SMALL, movement="chess"))
    with pytest.raises(ClonestrikeError, match="chess"):
        label(LabelConfig((tmp_path,)))
    assert all(Recording.open(path).labels is None for path in (tmp_path / "good").iterdir())


def play(match: DoomMatch, actions: Sequence[Action]) -> list[PlayerState]:
    """What the real game makes of these actions."""
    states = []
    for action in actions:
        state = match.observe().state
        assert state is not None
        states.append(state)
        match.apply(action)
        match.advance()
    state = match.observe().state
    assert state is not None
    return [*states, state]


def test_the_real_game() -> None:
    """Keys and mouse at random on a real map, walls included; ctrl, space and shots now and then."""
    chance = np.random.default_rng(4)
    actions = []
    for t, action in enumerate(keys_at_random(500, seed=5)):
        keys = action.keys | ({"ctrl"} if t % 100 > 85 else set()) | ({"space"} if t % 60 == 30 else set())
        turn = float(chance.choice([-300, 300])) if t % 40 == 0 else action.mouse_x
        actions.append(replace(action, keys=frozenset(keys), left=t % 50 > 30, mouse_x=turn))
    with DoomMatch(DoomSpec(bots=0), seed=11, minutes=2) as match:
        info = match.info
        states = play(match, actions)
    result: dict[str, Any] = score([infer(States.of(states), info)], [Actions.of(actions)])
    assert result["mouse"]["x"]["correlation"] > 0.99
    assert result["mouse"]["y"]["correlation"] > 0.99
    assert result["movement_f1"] > 0.9
    assert result["switches"]["left"]["f1"] > 0.9
    assert result["switches"]["ctrl"]["f1"] > 0.95
    assert result["switches"]["space"]["onset_f1"] > 0.8  # a jump that is refused leaves no trace
