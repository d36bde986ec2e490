"""What play says in the terminal: what the actor does now, and how it has done so far."""

from __future__ import annotations

from clonestrike import console
from clonestrike.console import Progress
from clonestrike.core.actions import SWITCHES
from clonestrike.core.actor import Prediction
from clonestrike.core.scores import per_1000_steps, per_1000_words
from clonestrike.games.base import Game, Match
from clonestrike.playing.loop import Step
from clonestrike.view.steps import action_words

EVERY = 1000
"""Steps between two lines on kills and deaths."""
SHOWN = {"fire": SWITCHES.index("left"), "jump": SWITCHES.index("space"), "reload": SWITCHES.index("r")}
"""Probabilities in the status line: those of what is sampled as the paper does."""


class Status:
    """A listener that keeps a line below the progress bar: action, probabilities, kills and deaths, and the time of a
    step; and prints a line on kills and deaths per 1,000 steps every 1,000 steps.

    ``steps`` counts all steps of the match, those out of play too, as the original does.
    """

    def __init__(self, game: Game, bars: Progress, name: str, total: int) -> None:
        self._match = game if isinstance(game, Match) else None
        self._bars, self._bar = bars, bars.add_task(f"play {name}", total=total)
        self.steps = 0

    def step(self, step: Step) -> None:
        self.steps += 1
        self._bars.advance(self._bar)
        self._bars.line = self._words(step)
        if self.steps % EVERY == 0 and self._match is not None:
            console.messages.print(f"{self.steps:,} steps: {per_1000_words(self.figures)}", soft_wrap=True)

    @property
    def figures(self) -> dict[str, float]:
        """Kills and deaths per 1,000 steps, and their ratio; empty where the game keeps no score."""
        if self._match is None:
            return {}
        own = self._match.scores[0]
        return per_1000_steps(own.kills, own.deaths, self.steps)

    def _words(self, step: Step) -> str:
        state, decision = step.observation.state, step.decision
        parts = [f"{action_words(decision.action):<32}" if decision else f"{'out of play':<32}"]
        if decision and decision.prediction:
            parts += _likely(decision.prediction)
        parts += [
            f"{name} {count:.0f}"
            for name, count in (("kills", state and state.kills), ("deaths", state and state.deaths))
            if count is not None
        ]
        taken = (step.action_time_ns - step.observation.frame_time_ns) / 1e6
        return "  ".join([*parts, f"{taken:.0f} ms"])


def _likely(prediction: Prediction) -> list[str]:
    chances = [f"{name} {prediction.switches[index]:.2f}" for name, index in SHOWN.items()]
    return [*chances, f"value {prediction.value:+.2f}"]
