"""Rates of an actor over a set of matches, with 95 % bootstrap intervals.

The match is the unit of resampling: kills within one match share its map, its spawns and its opponents.
The interval is the percentile bootstrap with the expanded quantiles of Hesterberg (2015, "What Teachers Should Know
About the Bootstrap"), because the plain percentile interval is too narrow for few matches: over simulated matches it
held the true rate 86 times in 100 with 6 matches and 94 with 20, the expanded one 92 and 96 times. No interval that is
bounded by resamples can be trusted with 3 or fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.markup import escape
from rich.table import Table
from scipy import special

from clonestrike.errors import ClonestrikeError
from clonestrike.files import as_dataclass

CONFIDENCE = 0.95
RESAMPLES = 10_000

Rates = NDArray[np.float64]
Sums = dict[str, Rates]
"""Sums over the matches of every resample: name of a column -> float64 (resamples,)."""


@dataclass(frozen=True)
class MatchResult:
    """The outcome of one match: kills and deaths of the actor, and of every bot that played against it by name.

    ``late_share`` is the share of the steps that were late; None in lockstep.
    """

    actor: str
    map: str
    seed: int
    minutes: float
    kills: int
    deaths: int
    bots: dict[str, tuple[int, int]]
    late_share: float | None = None

    @property
    def kills_per_minute(self) -> float:
        """The actor's kills per minute."""
        return self.kills / self.minutes

    @property
    def bot_kills_per_minute(self) -> float:
        """The mean bot's kills per minute; NaN without bots."""
        return fmean(kills for kills, _ in self.bots.values()) / self.minutes if self.bots else float("nan")

    @property
    def first(self) -> bool:
        """Whether the actor made more kills than every bot."""
        return all(self.kills > kills for kills, _ in self.bots.values())

    def to_json(self) -> dict[str, Any]:
        """The match as plain JSON values."""
        return {**asdict(self), "bots": {name: list(score) for name, score in self.bots.items()}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> MatchResult:
        """Read what to_json() gave; raises ClonestrikeError when a part is missing or of another type."""
        result = as_dataclass(data, cls, "the match result", "evaluate again")
        if not result.minutes > 0:
            raise ClonestrikeError(f"the match of seed {result.seed} lasted {result.minutes} minutes", "evaluate again")
        return result


@dataclass(frozen=True)
class Interval:
    """An estimate from all matches and its 95 % interval.

    All parts are None if the statistic is undefined (a ratio to deaths without deaths); the bounds are None for a
    single match; one bound is None if the statistic has no limit on that side.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.mean is None:
            return "undefined"
        if self.low is None and self.high is None:
            return f"{self.mean:.2f}"
        low = "-∞" if self.low is None else f"{self.low:.2f}"
        high = "∞" if self.high is None else f"{self.high:.2f}"
        return f"{self.mean:.2f} [{low}, {high}]"


class Bootstrap:
    """Seeded resamples of n matches, the same ones for every statistic."""

    def __init__(self, n: int, seed: int = 0) -> None:
        if n < 1:
            raise ClonestrikeError("there is no match to summarise", "play at least one")
        self.n = n
        draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
        # Row 0 takes every match once, so that the estimate is computed by the same expression as the resamples.
        self._weights = np.concatenate([np.ones((1, n)), draws])

    def interval(self, columns: dict[str, Rates], statistic: Callable[[Sums], Rates]) -> Interval:
        """The interval of a statistic of sums; ``columns`` holds a value per match, float64 (n,)."""
        sums = {name: self._weights @ np.asarray(values, np.float64) for name, values in columns.items()}
        with np.errstate(divide="ignore", invalid="ignore"):
            values = statistic(sums)
        estimate, resampled = float(values[0]), values[1:]
        if not np.isfinite(estimate):
            return Interval(None)
        if self.n == 1:
            return Interval(estimate)
        # A resample in which the statistic is undefined could lie anywhere, so it widens the interval on both sides.
        undefined, tail = np.isnan(resampled), _expanded_tail(self.n)
        low = np.quantile(np.where(undefined, -np.inf, resampled), tail, method="lower")
        high = np.quantile(np.where(undefined, np.inf, resampled), 1 - tail, method="higher")
        return Interval(estimate, _finite(low), _finite(high))


def _expanded_tail(n: int) -> float:
    """The tail probability to leave out on each side so that a percentile interval of n values covers CONFIDENCE."""
    t = special.stdtrit(n - 1, (1 - CONFIDENCE) / 2)
    return float(special.ndtr(t * np.sqrt(n / (n - 1))))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _columns(results: Sequence[MatchResult]) -> dict[str, Rates]:
    """Column name -> a value per match, float64 (n,), with bots as the mean bot of their match."""
    if any(not result.bots for result in results):
        raise ClonestrikeError("a match had no bots to compare with", "evaluate with at least one")
    bots = np.array([np.mean(list(result.bots.values()), axis=0) for result in results], np.float64)
    return {
        "kills": np.array([result.kills for result in results], np.float64),
        "deaths": np.array([result.deaths for result in results], np.float64),
        "minutes": np.array([result.minutes for result in results], np.float64),
        "bot_kills": bots[:, 0],
        "bot_deaths": bots[:, 1],
    }


def _lead(sums: Sums) -> Rates:
    """Kills per minute minus those of the mean bot in the same matches."""
    return (sums["kills"] - sums["bot_kills"]) / sums["minutes"]


def _share(sums: Sums) -> Rates:
    """(agent - mean bot) / (expert - mean bot), each against the bots of its own matches.

    Undefined (nan) where the expert is not ahead of the bots.
    """
    expert = _lead(
        {name.removeprefix("expert_"): values for name, values in sums.items() if name.startswith("expert_")}
    )
    return np.where(expert > 0, _lead(sums) / expert, np.nan)


def _over_random(sums: Sums) -> Rates:
    """Kills per minute minus those of the random actor."""
    return sums["kills"] / sums["minutes"] - sums["random_kills"] / sums["random_minutes"]


def _rates(bootstrap: Bootstrap, columns: dict[str, Rates], who: str = "") -> dict[str, Any]:
    return {
        "kills_per_minute": asdict(bootstrap.interval(columns, lambda sums: sums[f"{who}kills"] / sums["minutes"])),
        "deaths_per_minute": asdict(bootstrap.interval(columns, lambda sums: sums[f"{who}deaths"] / sums["minutes"])),
        "kills_per_death": asdict(bootstrap.interval(columns, lambda sums: sums[f"{who}kills"] / sums[f"{who}deaths"])),
    }


def _in_order(results: Sequence[MatchResult]) -> list[MatchResult]:
    return sorted(results, key=lambda result: (result.map, result.seed))


def summarise(
    agent: Sequence[MatchResult],
    expert: Sequence[MatchResult] | None = None,
    random: Sequence[MatchResult] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Rates and comparisons as plain JSON values; an interval is ``{"mean", "low", "high"}`` (see Interval).

    ``difference``: agent minus mean bot in kills per minute, paired by match; ``ratio``: agent over mean bot;
    ``share`` (with ``expert``): (agent - mean bot) / (expert - mean bot); ``over_random`` (with ``random``): agent
    minus random actor in kills per minute; ``late_share``: mean share of late steps in matches at real time.

    Raises ClonestrikeError unless expert and random actor have played the agent's maps and seeds.
    """
    agent = _in_order(agent)
    bootstrap = Bootstrap(len(agent), seed)
    columns = _columns(agent)
    summary: dict[str, Any] = {
        "matches": len(agent),
        "minutes": float(columns["minutes"].sum()),
        "maps": sorted({result.map for result in agent}),
        "confidence": CONFIDENCE,
        "resamples": RESAMPLES,
        "agent": {"name": agent[0].actor, "first": sum(r.first for r in agent), **_rates(bootstrap, columns)},
        "mean_bot": {"name": "mean bot", **_rates(bootstrap, columns, "bot_")},
        "difference": asdict(bootstrap.interval(columns, _lead)),
        "ratio": asdict(bootstrap.interval(columns, lambda sums: sums["kills"] / sums["bot_kills"])),
    }
    for role, results in (("expert", expert), ("random", random)):
        if results is None:
            continue
        other = _in_order(results)
        if [(r.map, r.seed) for r in other] != [(r.map, r.seed) for r in agent]:
            raise ClonestrikeError(
                f"the {role} actor played other maps or seeds than the agent", "evaluate both on the same"
            )
        theirs = _columns(other)
        summary[role] = {"name": other[0].actor, "first": sum(r.first for r in other), **_rates(bootstrap, theirs)}
        if role == "expert":
            pairs = columns | {f"expert_{name}": values for name, values in theirs.items()}
            summary["share"] = asdict(bootstrap.interval(pairs, _share))
        else:
            pairs = columns | {f"random_{name}": values for name, values in theirs.items()}
            summary["over_random"] = asdict(bootstrap.interval(pairs, _over_random))
    everyone = [r for results in (agent, expert, random) if results for r in results]
    if late := [r.late_share for r in everyone if r.late_share is not None]:
        summary["late_share"] = fmean(late)
    summary["results"] = [r.to_json() for results in (agent, expert, random) if results for r in _in_order(results)]
    return summary


def table(summary: dict[str, Any]) -> Table:
    """The summary as a table for the terminal, 80 characters wide."""
    n, first = summary["matches"], summary["agent"]["first"]
    title = (
        f"{n} {'match' if n == 1 else 'matches'}, {summary['minutes']:g} game minutes on {', '.join(summary['maps'])}"
    )
    note = "one match: no intervals" if n == 1 else f"95 % bootstrap intervals over {n} matches"
    late = f"; {summary['late_share']:.1%} of the steps late" if "late_share" in summary else ""
    caption = f"{note}; agent ahead of every bot in {first}{late}"
    view = Table(
        title=title,
        caption=caption,
        box=box.SIMPLE,
        pad_edge=False,
        title_justify="left",
        caption_justify="left",
    )
    for heading in ("", "kills/min", "deaths/min", "kills/death"):
        view.add_column(heading, justify="right" if heading else "left")
    for role in ("agent", "expert", "random", "mean_bot"):
        if role in summary:
            row = summary[role]
            rates = [str(Interval(**row[key])) for key in ("kills_per_minute", "deaths_per_minute", "kills_per_death")]
            view.add_row(escape(row["name"]), *map(escape, rates))
    view.add_section()
    view.add_row("agent - mean bot", escape(str(Interval(**summary["difference"]))))
    view.add_row("agent / mean bot", escape(str(Interval(**summary["ratio"]))))
    if "over_random" in summary:
        view.add_row("agent - random", escape(str(Interval(**summary["over_random"]))))
    if "share" in summary:
        view.add_row("share", escape(str(Interval(**summary["share"]))))
    return view
