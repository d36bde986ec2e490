"""What a recording is made of: who is followed, and which steps are written as one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clonestrike.core.actions import Action
from clonestrike.core.observation import Observation
from clonestrike.games.base import Game, Spectatable, TrueInputs
from clonestrike.playing.actors import Intending
from clonestrike.playing.loop import Step
from clonestrike.recordings.writer import RunWriter

RESELECT_STEPS = 200
"""A spectator looks for the best-scoring player again after so many steps, as in the original."""


@dataclass(frozen=True)
class RecordConfig:
    """What to record; one of ``watch`` and ``play``, one of ``minutes`` (of recorded play) and ``steps``."""

    game: str
    out: Path
    watch: str | None = None
    play: str | None = None
    minutes: float | None = None
    steps: int | None = None
    workers: int = 1
    seed: int = 0
    noise: float = 0.0
    corrected: bool = False
    """What is recorded as the action is what the expert would have done in the place of ``play``."""
    part_steps: int = 1000

    @property
    def privileged(self) -> bool:
        """Whether the expert has a say."""
        return self.play == "expert" or self.watch == "experts" or self.corrected


class Watcher:
    """Follows the best-scoring player in first person; presses nothing."""

    def __init__(self, game: Game) -> None:
        if not isinstance(game, Spectatable):
            raise TypeError(f"{type(game).__name__} cannot be watched")
        self._game = game
        self._steps = 0

    def reset(self) -> None:
        """The watched player died or was switched: choose again."""
        self._steps = 0

    def act(self, observation: Observation) -> Action:
        self._steps += 1
        return Action()

    def step(self, step: Step) -> None:
        """As a listener: re-select every 200 steps, and while nobody is seen in first person."""
        if self._steps >= RESELECT_STEPS or not step.observation.playing:
            self.select(step.observation.player)

    def select(self, current: str) -> None:
        """Watch whoever has the most kills; the dead and the just chosen get time for the view to change."""
        self._steps += 1
        players = self._game.players()
        if not players:  # the match has not begun
            return
        best = max(players, key=lambda name: (players[name], name == current))
        if best != current or self._steps % 8 == 0:
            self._game.watch(best)
            self._steps = 0 if best == current else 1


class Recorder:
    """A listener that writes runs: one per stretch of first-person play of one player."""

    def __init__(self, config: RecordConfig, game: Game, run: str, seed: int, intending: Intending | None) -> None:
        self._config = config
        self._game = game
        self._run = run
        self._seed = seed
        self._intending = intending
        self._runs = 0
        self._writer: RunWriter | None = None
        self._pending: Step | None = None
        self._pending_action: Action | None = None
        self._pending_disturbed = False
        self.steps = 0

    def step(self, step: Step) -> None:
        """Write the step before, whose answer and outcome are known now, and keep this one."""
        before = self._pending
        same = before is not None and step.observation.player == before.observation.player
        if before is not None:
            self._write(before, gap=step.missed > before.missed, known=same and step.observation.playing)
        if not step.observation.playing or (before is not None and not same):
            self.finish(step.observation if same else None)
        if not step.observation.playing:
            self._pending = None
            return
        self._pending = step
        self._pending_action = self._intending.intended if self._intending else step.action
        self._pending_disturbed = self._intending.disturbed if self._intending else False

    def _write(self, step: Step, *, gap: bool, known: bool) -> None:
        action = self._pending_action
        if self._config.watch or (self._config.play == "human" and isinstance(self._game, TrueInputs)):
            action = self._game.true_action() if known and isinstance(self._game, TrueInputs) else None
        if self._writer is None:
            self._writer = RunWriter(
                self._config.out,
                self._game.info,
                player=step.observation.player,
                source="watched" if self._config.watch else "played",
                run=f"{self._run}-{self._runs:03d}",
                seed=self._seed,
                part_steps=self._config.part_steps,
            )
            self._runs += 1
        self._writer.append(
            step.observation.frame,
            step.observation.state,
            action,
            frame_time_ns=step.observation.frame_time_ns,
            state_time_ns=step.observation.state_time_ns,
            action_time_ns=step.action_time_ns,
            late_ns=step.late_ns,
            gap=gap,
            disturbed=self._pending_disturbed,
        )
        self.steps += 1

    def finish(self, last: Observation | None) -> None:
        """End the run; the last observation gives its final state where it is of the same player."""
        if self._writer is not None:
            self._writer.finish(last.state if last else None)
            self._writer = None
        self._pending = None

    def close(self) -> None:
        """End of the match: the pending step has no outcome and is dropped, its state is the final one."""
        self.finish(self._pending.observation if self._pending else None)
