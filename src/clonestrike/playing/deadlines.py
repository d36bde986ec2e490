"""Measuring how the control loop keeps its deadlines in real time."""

from __future__ import annotations

import numpy as np

from clonestrike import console
from clonestrike.playing.loop import Step

LATE_SHARE = 0.02
"""Share of late steps above which an agent does not see and act at the rate that it learned."""


class Deadlines:
    """A listener that measures how the control loop keeps its deadlines in real time.

    A step is late when it began a tenth of a step or more after its time, or did not begin at all. One listener may
    listen to several matches.
    """

    def __init__(self, steps_per_second: float) -> None:
        self._period_ms = 1000 / steps_per_second
        self._lateness: list[float] = []
        self._durations: list[float] = []
        self._missed = self._unchanged = 0
        self._last: Step | None = None

    def step(self, step: Step) -> None:
        """Note the lateness of the step, its duration from capture to injection, and whether its frame is new."""
        seen = step.observation
        self._lateness.append(step.late_ns / 1e6)
        self._durations.append((step.action_time_ns - seen.frame_time_ns) / 1e6)
        before = self._last
        self._unchanged += before is not None and np.array_equal(before.observation.frame, seen.frame)
        self._missed += step.missed - (before.missed if before and before.missed <= step.missed else 0)
        self._last = step

    @property
    def steps(self) -> int:
        """Steps so far."""
        return len(self._lateness)

    @property
    def late_share(self) -> float:
        """Share of the steps that were late."""
        late = sum(late >= self._period_ms / 10 for late in self._lateness)
        return (late + self._missed) / max(len(self._lateness) + self._missed, 1)

    def warn(self) -> None:
        """Print a warning if too many steps were late."""
        if self.late_share > LATE_SHARE:
            console.warning(
                f"{self.late_share:.0%} of the steps were late: play and frames are not at the nominal rate; "
                "close other programs, lower the game's resolution or frame rate, or use a smaller model"
            )

    def summary(self) -> dict[str, float]:
        """Percentiles in ms of the duration (capture to injection) and the lateness of steps, and counts of faults."""
        figures: dict[str, float] = {"steps": len(self._lateness)}
        for name, values in (("step_ms", self._durations), ("late_ms", self._lateness)):
            for percent in (50, 95, 99):
                figures[f"{name}_p{percent}"] = float(np.percentile(values, percent)) if values else 0.0
        return figures | {
            "late_share": self.late_share,
            "missed_steps": self._missed,
            "unchanged_frames": self._unchanged,
        }
