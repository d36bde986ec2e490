from dataclasses import replace

import numpy as np
import pytest

from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.base import Game, Lockstep, Spectatable
from clonestrike.playing.clock import LockstepClock
from clonestrike.playing.deadlines import Deadlines
from clonestrike.playing.loop import Played, Step, control_loop, watch_loop
from clonestrike.playing.watcher import RESELECT_STEPS, Watcher


class Script(Game, Lockstep):
    """A game of ours that shows a given sequence of players, alive or not."""

    info = GameInfo("script", "", "", 16.0, 4, 4, 90.0, "doom")

    def __init__(self, players: list[tuple[str, bool]]) -> None:
        self.script, self.now = players, 0
        self.held: list[Action] = []

    def observe(self) -> Observation:
        player, alive = self.script[self.now]
        frame = np.full((4, 4, 3), self.now, np.uint8)
        return Observation(frame, PlayerState(alive=alive), player, 0, 0)

    def apply(self, action: Action) -> None:
        self.held.append(action)

    def advance(self) -> None:
        self.now += 1

    @property
    def finished(self) -> bool:
        return self.now >= len(self.script)

    def close(self) -> None:
        pass


class Walker:
    """Presses w, and notes what it was asked and when it was reset."""

    def __init__(self) -> None:
        self.log: list[int | str] = []

    def reset(self) -> None:
        self.log.append("reset")

    def act(self, observation: Observation) -> Decision:
        self.log.append(int(observation.frame[0, 0, 0]))
        return Decision(Action(frozenset("w")))


class Notes:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def step(self, step: Step) -> None:
        self.steps.append(step)


def test_the_actor_is_asked_in_play_only_and_forgets_between_runs() -> None:
    game = Script([("a", True), ("a", True), ("a", False), ("a", False), ("a", True), ("b", True)])
    actor, notes = Walker(), Notes()
    played = control_loop(game, actor, LockstepClock(game), [notes])
    assert played == Played(4, left=False)
    assert actor.log == ["reset", 0, 1, "reset", 4, "reset", 5]
    assert [bool(action.keys) for action in game.held] == [True, True, False, False, True, True]
    assert [step.decision is None for step in notes.steps] == [False, False, True, True, False, False]


def test_the_loop_stops_when_it_is_told() -> None:
    game, actor, notes = Script([("a", True)] * 10), Walker(), Notes()
    control_loop(game, actor, LockstepClock(game), [notes], stop=lambda: len(notes.steps) == 3)
    assert len(notes.steps) == 3


class Leaver(Walker):
    """Has had enough after so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def act(self, observation: Observation) -> Decision:
        self.left -= 1
        return replace(super().act(observation), leave=self.left == 0)


def test_the_loop_ends_after_the_step_at_which_the_player_leaves() -> None:
    game, notes = Script([("a", True)] * 10), Notes()
    assert control_loop(game, Leaver(3), LockstepClock(game), [notes]) == Played(3, left=True)
    assert len(notes.steps) == 3
    assert notes.steps[-1].decision is not None
    assert notes.steps[-1].decision.leave


class Arena(Script, Spectatable):
    """Two players to watch: b overtakes a after 50 steps."""

    def __init__(self, steps: int) -> None:
        super().__init__([("a", True)] * steps)
        self.watched: list[tuple[int, str]] = []

    def players(self) -> dict[str, int]:
        return {"a": 1, "b": 2 if self.now >= 50 else 0}

    def watch(self, player: str) -> None:
        self.watched.append((self.now, player))
        after = self.now + 1
        self.script[after:] = [(player, True)] * len(self.script[after:])


def test_whom_to_follow_is_chosen_after_everybody_has_seen_the_step() -> None:
    game, notes = Arena(RESELECT_STEPS + 10), Notes()
    watch_loop(game, Watcher(game), LockstepClock(game), [notes])
    assert game.watched == [(RESELECT_STEPS - 1, "b")]
    seen = [step.observation.player for step in notes.steps]
    assert seen == ["a"] * RESELECT_STEPS + ["b"] * 10
    assert all(step.decision is not None and step.decision.observed for step in notes.steps)


def test_only_a_game_with_players_to_see_can_be_watched() -> None:
    with pytest.raises(TypeError, match="Script cannot be watched"):
        Watcher(Script([("a", True)]))


def step_at(milliseconds: int, *, late: int = 0, missed: int = 0, took: int = 10, frame: int = 0) -> Step:
    ns = milliseconds * 1_000_000
    observation = Observation(np.full((2, 2, 3), frame, np.uint8), None, "me", ns, ns)
    return Step(observation, Decision(), ns + took * 1_000_000, late * 1_000_000, missed)


def test_deadlines_count_late_missed_and_unchanged_steps(capsys: pytest.CaptureFixture[str]) -> None:
    deadlines = Deadlines(20.0)  # a tenth of a step is 5 ms
    assert (deadlines.late_share, deadlines.summary()["step_ms_p50"]) == (0, 0)
    for n in range(6):
        deadlines.step(step_at(50 * n, frame=n // 2, took=10 + n))
    assert deadlines.late_share == 0
    deadlines.warn()
    assert capsys.readouterr().err == ""
    deadlines.step(step_at(304, late=4, frame=7))
    deadlines.step(step_at(455, late=105, missed=2, frame=8))  # two steps did not begin
    assert deadlines.late_share == (1 + 2) / (8 + 2)
    deadlines.step(step_at(1000, missed=1, frame=9))  # another match: its clock counts from zero
    summary = deadlines.summary()
    assert (summary["steps"], summary["missed_steps"], summary["unchanged_frames"]) == (9, 3, 3)
    assert summary["step_ms_p50"] == 11
    assert summary["late_ms_p99"] == pytest.approx(97, abs=1)
    deadlines.warn()
    assert "33% of the steps were late" in " ".join(capsys.readouterr().err.split())
