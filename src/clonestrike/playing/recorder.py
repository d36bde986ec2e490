"""The recorder: writes the steps of the control loop as runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.playing.loop import Step
from clonestrike.recordings.files import Source
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter


@dataclass(frozen=True)
class Session:
    """The recording of one match: the folder, and what the headers of its recordings store."""

    root: Path
    info: GameInfo
    source: Source
    run: str
    """Name of its runs, without their number."""
    seed: int
    part_steps: int = 1000


class Recorder:
    """A listener that writes runs: one for each stretch of first-person play of one player."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._runs = 0
        self._writer: RunWriter | None = None
        self._pending: Step | None = None
        self.steps = 0
        """Steps written so far."""

    def step(self, step: Step) -> None:
        """Write the previous step, whose true action is known now, and keep this one."""
        before, seen = self._pending, step.observation
        same = before is not None and seen.player == before.observation.player
        if before is not None:
            self._write(before, _row(before, step))
        if not seen.playing or (before is not None and not same):
            self._finish(seen if same else None)
        self._pending = step if seen.playing else None

    def _write(self, step: Step, row: Row) -> None:
        if self._writer is None:
            session = self._session
            self._writer = RunWriter(
                session.root,
                session.info,
                player=step.observation.player,
                source=session.source,
                run=f"{session.run}-{self._runs:03d}",
                seed=session.seed,
                part_steps=session.part_steps,
            )
            self._runs += 1
        self._writer.append(step.observation.frame, row)
        self.steps += 1

    def _finish(self, last: Observation | None) -> None:
        """End the run; ``last`` gives its final state, None if that is unknown."""
        if self._writer is not None:
            self._writer.finish(last.state if last else None)
            self._writer = None
        self._pending = None

    def close(self) -> None:
        """End the match: the last step is not written, since its action has no effect; its state is the final one."""
        self._finish(self._pending.observation if self._pending else None)


def _row(step: Step, after: Step) -> Row:
    """The row of a step in play. The next step tells a watched player's true action, and whether a step is missing.

    The true action of a watched player is known only if the same player is in play at the next step too.
    """
    seen, decision = step.observation, step.decision
    assert decision is not None
    action: Action | None = decision.learned
    if decision.observed:
        same = after.observation.player == seen.player and after.observation.playing
        action = after.observation.pressed if same else None
    return Row(
        seen.state,
        action,
        frame_time_ns=seen.frame_time_ns,
        state_time_ns=seen.state_time_ns,
        action_time_ns=step.action_time_ns,
        late_ns=step.late_ns,
        gap=after.missed > step.missed,
        disturbed=decision.intended is not None,
    )
