"""How a loop at real time keeps its deadlines."""

from __future__ import annotations

import numpy as np

from clonestrike import console
from clonestrike.playing.loop import Step

LATE_SHARE = 0.02
"""With more late steps than this an agent sees and acts at another rate than it learned."""


class Deadlines:
    """A listener that measures how a loop at real time keeps its deadlines.

    A step is late when it began a tenth of a step or more after its time, or did not begin at all. One listener can
    go through several matches.
    """

    def __init__(self, steps_per_second: float) -> None:
        self._period_ms = 1000 / steps_per_second
        self._late: list[float] = []
        self._whole: list[float] = []
        self._missed = self._unchanged = 0
        self._last: Step | None = None

    def step(self, step: Step) -> None:
        """Note when it began, how long it took from the capture to the injection, and whether the picture is new."""
        seen = step.observation
        self._late.append(step.late_ns / 1e6)
        self._whole.append((step.action_time_ns - seen.frame_time_ns) / 1e6)
        before = self._last
        self._unchanged += before is not None and np.array_equal(before.observation.frame, seen.frame)
        self._missed += step.missed - (before.missed if before and before.missed <= step.missed else 0)
        self._last = step

    @property
    def steps(self) -> int:
        """Steps so far."""
        return len(self._late)

    @property
    def late_share(self) -> float:
        """Share of the steps that were late."""
        late = sum(late >= self._period_ms / 10 for late in self._late)
        return (late + self._missed) / max(len(self._late) + self._missed, 1)

    def warn(self) -> None:
        """Tell the user when too many steps were late."""
        if self.late_share > LATE_SHARE:
            console.warning(
                f"{self.late_share:.0%} of the steps were late: play and pictures are not at the rate that they claim; "
                "close other programs, lower the game's resolution or frame rate, or take a smaller model"
            )

    def summary(self) -> dict[str, float]:
        """Percentiles in ms of the whole step (capture to injection) and of the lateness, and what went wrong."""
        figures: dict[str, float] = {"steps": len(self._late)}
        for name, values in (("step_ms", self._whole), ("late_ms", self._late)):
            for percent in (50, 95, 99):
                figures[f"{name}_p{percent}"] = float(np.percentile(values, percent)) if values else 0.0
        return figures | {
            "late_share": self.late_share,
            "missed_steps": self._missed,
            "unchanged_frames": self._unchanged,
        }
