"""``import clonestrike``, as a notebook uses it: the real game from recording to evaluation, and every plot.

That the names are typed is checked by mypy, which reads this file: ``assert_type`` says what it must find.
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import assert_type

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import clonestrike
from clonestrike import Action, Agent, ClonestrikeError, Decision, Trajectory
from clonestrike.evaluate.config import EvaluateConfig
from clonestrike.labelling.config import LabelConfig
from clonestrike.playing.config import PlayConfig
from clonestrike.policy.checkpoint import save_policy
from clonestrike.policy.networks import card_of, untrained
from clonestrike.recordings.recording import Recording
from clonestrike.training.config import TrainConfig

GAME = "doom:bots=2"
MakeRecording = Callable[..., Recording]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="module")
def recorded(folder: Path) -> clonestrike.RecordedPlay:
    clonestrike.record(folder / "bots", GAME, watch="bots", steps=200, seed=1)
    return clonestrike.record(folder / "bots", GAME, watch="bots", steps=200, seed=2)


@pytest.fixture(scope="module")
def trained(recorded: clonestrike.RecordedPlay, folder: Path) -> clonestrike.Checkpoint:
    clonestrike.label((recorded.out,))
    return clonestrike.train(
        (recorded.out,),
        folder / "run",
        updates=3,
        streams=2,
        chunk=16,
        threads=1,
        precision="float32",
        valid_fraction=0.4,
    )


@pytest.fixture(scope="module")
def evaluation(folder: Path) -> clonestrike.Evaluation:
    return clonestrike.evaluate("random", folder / "results", GAME, matches=2, minutes=0.1, expert=False)


def test_importing_it_loads_nothing_else() -> None:
    code = "import clonestrike, sys; print(*(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not set(done.stdout.split()) & {"av", "cv2", "gymnasium", "matplotlib", "msgspec", "numpy", "torch", "tyro"}


def test_every_name_is_there_and_documented() -> None:
    assert {"open", "Agent", "game", "env", "play", "record", "label", "train", "evaluate"} <= set(dir(clonestrike))
    for name in dir(clonestrike):
        found = getattr(clonestrike, name)
        if callable(found):
            assert inspect.getdoc(found), f"{name} says nothing of itself"
    with pytest.raises(AttributeError):
        clonestrike.missing  # type: ignore[attr-defined] # noqa: B018


def test_every_name_has_its_place_on_the_page_about_python() -> None:
    page = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
    missing = [name for name in dir(clonestrike) if not re.search(rf"\b{name}\b[`( ]", page)]
    assert not missing


def test_a_function_stays_itself_beside_the_package_of_its_name() -> None:
    code = (
        "import clonestrike.evaluate.matches, clonestrike; from clonestrike.evaluate.coverage import coverage\n"
        "print(callable(clonestrike.evaluate))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True"]


@pytest.mark.parametrize(
    ("function", "config"),
    [
        (clonestrike.label, LabelConfig),
        (clonestrike.train, TrainConfig),
        (clonestrike.play, PlayConfig),
        (clonestrike.evaluate, EvaluateConfig),
    ],
)
def test_a_stage_takes_and_describes_the_options_of_its_command(function: Callable[..., object], config: type) -> None:
    names = [field.name for field in fields(config)]
    assert list(inspect.signature(function).parameters) == names
    doc = inspect.getdoc(function) or ""
    assert all(f"    {name}: " in doc for name in names)
    with pytest.raises(TypeError, match="unexpected keyword"):
        function(*"ab", unknown=3)


def test_what_was_recorded_is_opened_as_arrays(recorded: clonestrike.RecordedPlay) -> None:
    assert_type(recorded.steps, int)
    assert recorded.steps == 200
    plays = clonestrike.open(str(recorded.out))
    assert_type(plays, list[Trajectory])
    assert sum(play.steps for play in plays) == 400
    play = plays[0]
    frames = play.frames(0, 3)
    assert_type(frames, NDArray[np.uint8])
    assert frames.shape == (3, play.info.frame_height, play.info.frame_width, 3)
    assert sum(len(chunk) for chunk in play.iter_frames(chunk=50)) == play.steps
    assert len(play.states) == play.steps + 1
    assert np.isfinite(play.states.x).any()


def test_play_of_several_formats_is_opened_at_once(recorded: clonestrike.RecordedPlay, hdf5_files: Path) -> None:
    plays = clonestrike.open([recorded.out, hdf5_files])
    assert {play.info.game for play in plays} >= {"doom", "csgo"}
    with pytest.raises(ClonestrikeError, match="does not exist"):
        clonestrike.open("nowhere")


def test_labels_are_found_and_scored(make_recording: MakeRecording) -> None:
    recording = make_recording(120)
    found = clonestrike.label((recording.path,), score=True)
    assert_type(found.movement_f1, float | None)
    assert found.recordings == 1
    assert found.rows == 120
    assert found.scored_steps is not None
    assert found.scored_steps > 0
    assert found.switches is not None
    assert set(found.switches["w"]) >= {"f1", "precision", "recall"}
    assert clonestrike.open(recording.path)[0].labels is not None


def test_a_training_gives_a_checkpoint(trained: clonestrike.Checkpoint, recorded: clonestrike.RecordedPlay) -> None:
    assert trained.updates == 3
    assert trained.seconds > 0
    assert trained.held_out is not None
    assert trained.held_out["rows"] > 0
    assert [line["updates"] for line in trained.metrics()][-1] == 3
    assert clonestrike.Checkpoint.open(trained) == trained
    assert clonestrike.Checkpoint.open("pretrained:doom").updates > 1000
    with pytest.raises(ClonestrikeError, match="holds a checkpoint already"):
        clonestrike.train(TrainConfig((recorded.out,), trained.path, updates=1))
    with pytest.raises(ClonestrikeError, match="no checkpoint"):
        clonestrike.Checkpoint.open(recorded.out)


def test_a_checkpoint_that_was_imported_opens_and_has_no_training(folder: Path) -> None:
    policy = untrained("pocket", (180, 320))
    save_policy(folder / "imported", policy, replace(card_of(policy), training={"imported": {"weights": "a.h5"}}))
    imported = clonestrike.Checkpoint.open(folder / "imported")
    assert (imported.updates, imported.seconds, imported.held_out) == (0, 0.0, None)


def test_an_agent_answers_frames_and_observations(trained: clonestrike.Checkpoint) -> None:
    agent = Agent("pretrained:doom", decoding="argmax")
    frame = np.zeros((180, 320, 3), np.uint8)
    decision = agent(frame)
    assert_type(decision, Decision)
    assert isinstance(decision.action, Action)
    assert decision.prediction is not None
    assert decision.prediction.mouse_x.shape == (23,)
    agent.reset()
    observation = clonestrike.Observation(frame, None, "self", 0, 0)
    assert agent.act(observation).action == decision.action
    Agent(trained)(frame)
    with pytest.raises(ClonestrikeError, match="this policy's view takes"):
        agent(np.zeros((90, 160, 3), np.uint8))
    with pytest.raises(ClonestrikeError, match="does not come with"):
        Agent("pretrained:chess")
    with pytest.raises(ClonestrikeError, match="unknown decoding"):
        Agent("pretrained:doom", decoding="best")  # type: ignore[arg-type]


def test_a_game_is_played_step_by_step() -> None:
    agent = Agent("pretrained:doom")
    with clonestrike.game(GAME, seed=3, minutes=0.1) as game:
        first = game.observe().frame
        assert first.shape == (game.info.frame_height, game.info.frame_width, 3)
        game.apply(Action(frozenset("w"), mouse_x=300))
        assert game.advance()
        assert (game.observe().frame != first).mean() > 0.2
        steps = 0
        for observation in game:
            assert observation.frame.dtype == np.uint8
            game.apply(agent.act(observation).action)
            steps += 1
        assert game.finished
        assert not game.advance()
        assert len(game.scores) == 3
        assert steps == pytest.approx(0.1 * 60 * game.info.steps_per_second, abs=6)
        assert game.minutes == pytest.approx(0.1, abs=0.01)


def test_the_same_seed_is_the_same_game() -> None:
    def frames() -> list[NDArray[np.uint8]]:
        with clonestrike.game(GAME, seed=9, minutes=0.05) as game:
            return [observation.frame for observation in game]

    assert all((one == other).all() for one, other in zip(frames(), frames(), strict=True))


def test_a_match_is_played_and_filmed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    played = clonestrike.play("pretrained:doom", GAME, minutes=0.1, video=folder / "match.mp4", seed=1)
    assert_type(played.kills, int | None)
    assert played.kills is not None
    assert played.video == folder / "match.mp4"
    assert played.video.stat().st_size > 1000
    assert played == clonestrike.play(PlayConfig("pretrained:doom", GAME, minutes=0.1, video=played.video, seed=1))
    assert not capsys.readouterr().out, "values are returned, not printed"


def test_an_evaluation_is_a_value(evaluation: clonestrike.Evaluation, folder: Path) -> None:
    assert_type(evaluation.agent.kills_per_minute.mean, float | None)
    assert evaluation.matches == 2
    assert evaluation.expert is None
    assert [result.seed for result in evaluation.results] == [1000, 1001]
    assert evaluation.agent.kills_per_minute.mean == pytest.approx(
        sum(result.kills for result in evaluation.results) / evaluation.minutes
    )
    assert clonestrike.Evaluation.open(folder / "results") == evaluation
    with pytest.raises(ClonestrikeError, match="cannot be read"):
        clonestrike.Evaluation.open(folder)


def test_plots_are_axes_of_a_figure_of_their_own_or_of_the_callers(
    recorded: clonestrike.RecordedPlay, trained: clonestrike.Checkpoint, evaluation: clonestrike.Evaluation
) -> None:
    plays = clonestrike.open(recorded.out)
    plots: list[Callable[[Axes | None], Axes]] = [
        lambda ax: clonestrike.plot_learning(trained, ax, output="mouse_x"),
        lambda ax: clonestrike.plot_visits(plays, ax),
        lambda ax: clonestrike.plot_mouse(plays, ax),
        lambda ax: clonestrike.plot_mouse(plays[0], ax, axis="y"),
        lambda ax: clonestrike.plot_weapons(iter(plays), ax) if ax is None else clonestrike.plot_weapons(plays, ax),
        lambda ax: clonestrike.plot_rates(evaluation, ax),
    ]
    for plot in plots:
        alone = plot(None)
        assert alone.has_data()
        assert alone.get_xlabel()
        alone.figure.canvas.draw()
        mine = Figure().subplots()
        assert plot(mine) is mine
        assert mine.has_data()
    assert "matplotlib.pyplot" not in sys.modules


def test_a_plot_without_data_says_so(make_recording: MakeRecording) -> None:
    (silent,) = clonestrike.open(make_recording(20, source="watched", actions=False).path)
    with pytest.raises(ClonestrikeError, match="no mouse motion"):
        clonestrike.plot_mouse(silent)
    with pytest.raises(ClonestrikeError, match="no metrics"):
        clonestrike.plot_learning("pretrained:doom")
