"""What the sections of the page say, as plain values: the template gives them their form."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import av
import cv2

from clonestrike.evaluate.statistics import Interval, MatchResult

Numbers = Mapping[str, float | int | None]
Score = tuple[float, float]
"""Kills and deaths."""

ROLES = {"expert": "scripted expert", "agent": "agent", "mean_bot": "mean bot", "random": "random actor"}


@dataclass(frozen=True)
class Stage:
    """A box of the pipeline picture: its name, how long it took, and what came out, by name in the order to show."""

    name: str
    seconds: float
    figures: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Headline:
    """A sentence of which one part is stressed."""

    before: str
    stressed: str
    after: str


def headline(summary: Mapping[str, Any]) -> Headline:
    """What the matches show, and no more than that."""
    difference, ratio = Interval(**summary["difference"]), Interval(**summary["ratio"])
    if difference.low is not None and difference.low > 0:
        if ratio.mean is None:
            return Headline("The agent makes", "kills", ", the bots make none")
        return Headline("The agent makes", f"{ratio.mean:.1f} times", " the kills of the mean bot")
    if difference.high is not None and difference.high < 0:
        return Headline("The agent makes", "fewer", " kills than the mean bot")
    return Headline("These matches do", "not", " tell the agent from the mean bot")


@dataclass(frozen=True)
class Film:
    """A video and a frame of it that is shown before it plays."""

    video: bytes
    poster: bytes
    """JPEG."""
    caption: str


def film(video: Path, caption: str) -> Film:
    """A video (MP4) with one of its own frames; raises OSError or av.FFmpegError when it cannot be read."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        container.seek((stream.duration or 0) // 3, stream=stream)
        picture = next(container.decode(stream)).to_ndarray(format="bgr24")
    poster = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    return Film(video.read_bytes(), poster, caption)


@dataclass(frozen=True)
class Bar:
    """Kills a minute of one role; where the bar ends and its interval lies, in percent of the longest."""

    role: str
    name: str
    rate: Interval
    mean: float
    low: float
    high: float


def bars(summary: Mapping[str, Any]) -> list[Bar]:
    """A bar for everybody who played."""
    rates = {role: Interval(**summary[role]["kills_per_minute"]) for role in ROLES if role in summary}
    top = max(rate.high or rate.mean or 0.0 for rate in rates.values()) or 1.0
    return [
        Bar(role, ROLES[role], rate, *(100 * (value or 0.0) / top for value in (rate.mean, rate.low, rate.high)))
        for role, rate in rates.items()
    ]


@dataclass(frozen=True)
class MatchRow:
    """A match: the agent, the bots that it met, and whoever else played its map and seed (in the order of ROLES)."""

    map: str
    seed: int
    first: bool
    """Whether the agent made more kills than every bot."""
    agent: Score
    mean_bot: Score
    best_bot: Score
    others: Sequence[Score]


def others(summary: Mapping[str, Any]) -> list[str]:
    """The roles that played beside the agent and the bots."""
    return [role for role in ("expert", "random") if role in summary]


def matches(summary: Mapping[str, Any]) -> list[MatchRow]:
    """A row for each match."""
    roles = {summary[role]["name"]: role for role in ("random", "expert", "agent") if role in summary}
    played: dict[tuple[str, int], dict[str, MatchResult]] = {}
    for result in map(MatchResult.from_json, summary["results"]):
        played.setdefault((result.map, result.seed), {})[roles[result.actor]] = result
    rows = []
    for (place, seed), results in played.items():
        agent = results["agent"]
        kills, deaths = zip(*agent.bots.values(), strict=True)
        scores = {role: (result.kills, result.deaths) for role, result in results.items()}
        beside = [scores[role] for role in others(summary)]
        mean, best = (fmean(kills), fmean(deaths)), max(agent.bots.values())
        rows.append(MatchRow(place, seed, agent.first, scores["agent"], mean, best, beside))
    return rows


@dataclass(frozen=True)
class ScoreTable:
    """Outputs of one kind (keys and buttons, mouse axes), which have the same scores."""

    scores: Sequence[str]
    rows: Mapping[str, Numbers]


def score_tables(outputs: Mapping[str, Numbers]) -> list[ScoreTable]:
    """A table for each kind of output, in the order in which they come."""
    kinds: dict[tuple[str, ...], dict[str, Numbers]] = {}
    for output, scores in outputs.items():
        kinds.setdefault(tuple(scores), {})[output] = scores
    return [ScoreTable(scores, rows) for scores, rows in kinds.items()]


def words(name: str) -> str:
    """A name as it is written in code, for people."""
    return name.replace("_", " ").replace("f1", "F1")


def number(value: Any, digits: int = 2) -> str:
    """A number for people: None as a dash, thousands apart, text as it is."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def duration(seconds: float) -> str:
    """Seconds as minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"


def data(content: bytes, kind: str) -> str:
    """A file's content as a URI, so that it lies inside the page."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
