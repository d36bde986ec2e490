"""Python API of evaluation: matches and intervals as values, and a plot of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from matplotlib.axes import Axes

from clonestrike.core.api import PathLike, as_result, options
from clonestrike.core.figures import BLUE, GREY, ORANGE, axes_of
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import EvaluateConfig
from clonestrike.evaluate.statistics import Interval, MatchResult
from clonestrike.files import read_json


@dataclass(frozen=True)
class Rates:
    """Kills and deaths per minute, and kills per death, of one player over all matches, with 95 % intervals."""

    name: str
    kills_per_minute: Interval
    deaths_per_minute: Interval
    kills_per_death: Interval
    kills_per_1000_steps: float | None = None
    """Of all steps of all matches, as the original counts; None of bots, and in results of before it was counted."""
    deaths_per_1000_steps: float | None = None
    kill_ratio: float | None = None
    """kills / max(deaths, 1)."""


@dataclass(frozen=True)
class Evaluation:
    """The result of evaluating an actor in seeded matches; fields of actors that did not play are None."""

    matches: int
    minutes: float
    """Total length of the actor's matches, in minutes of game time."""
    maps: tuple[str, ...]
    agent: Rates
    """The actor that was evaluated."""
    results: tuple[MatchResult, ...]
    """All matches of all actors."""
    mean_bot: Rates | None = None
    """The mean of the bots in its matches; None, as all that is compared with it, where a match tells of none."""
    difference: Interval | None = None
    """Kills per minute of the actor minus those of the mean bot, paired by match."""
    ratio: Interval | None = None
    """Kills of the actor over those of the mean bot."""
    expert: Rates | None = None
    random: Rates | None = None
    share: Interval | None = None
    """(actor - mean bot) / (expert - mean bot), in kills per minute."""
    over_random: Interval | None = None
    """Kills per minute of the actor minus those of the random actor."""
    late_share: float | None = None
    """Mean share (0 to 1) of late steps, of matches at real time."""

    @classmethod
    def open(cls, folder: PathLike) -> Self:
        """Read the summary.json in an evaluation's folder; raises ClonestrikeError if it is missing or damaged."""
        path = Path(folder) / "summary.json"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ClonestrikeError(f"{path} cannot be read ({error.strerror})", "evaluate first") from None
        return read_json(content, cls, path, "evaluate again")


@options(EvaluateConfig)
def evaluate(config: EvaluateConfig) -> Evaluation:
    """Measure an actor in seeded matches against bots; every match is played in a process of its own.

    A script must call it below ``if __name__ == "__main__":``, since those processes import the script.

    Raises ClonestrikeError for an unknown game or actor, or a game or process that dies.
    """
    from clonestrike.evaluate.matches import evaluate as run

    return as_result(run(config), Evaluation)


def plot_rates(evaluation: Evaluation, ax: Axes | None = None) -> Axes:
    """Plot kills per minute of all actors and of the mean bot, with 95 % intervals; returns the axes."""
    colours = {"agent": BLUE, "mean_bot": GREY, "expert": ORANGE, "random": GREY}
    players = {role: rates for role in colours if (rates := getattr(evaluation, role)) is not None}
    ax = axes_of(ax, 5.5, 0.8 + 0.45 * len(players))
    for place, (role, rates) in enumerate(players.items()):
        kills: Interval = rates.kills_per_minute
        mean = kills.mean or 0.0
        low, high = (mean if bound is None else bound for bound in (kills.low, kills.high))
        ax.barh(place, mean, height=0.6, color=colours[role], xerr=[[mean - low], [high - mean]], capsize=3)
    ax.set_yticks(range(len(players)), [rates.name for rates in players.values()])
    ax.invert_yaxis()
    ax.set_xlim(left=0)
    ax.set_xlabel(f"kills per minute, {evaluation.matches} matches")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
