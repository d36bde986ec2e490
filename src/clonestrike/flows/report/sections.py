"""The content of the page's sections as plain values, which the template formats."""

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
from clonestrike.files import for_libraries

Numbers = Mapping[str, float | int | None]
Score = tuple[float, float]
"""Kills and deaths."""

ROLES = {"expert": "scripted expert", "agent": "agent", "mean_bot": "mean bot", "random": "random actor"}


@dataclass(frozen=True)
class Stage:
    """A stage of the flow: its name, duration in seconds, and figures to show, in order."""

    name: str
    seconds: float
    figures: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Headline:
    """A sentence with one emphasised part."""

    before: str
    stressed: str
    after: str


def headline(summary: Mapping[str, Any]) -> Headline:
    """The main result of the matches; claims a difference only if its interval excludes 0."""
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
    """A video, and a frame of it to show before it plays."""

    video: bytes
    poster: bytes
    """Content of a JPEG file."""
    caption: str


def film(video: Path, caption: str) -> Film:
    """Read an MP4 file and one of its frames; raises OSError or av.FFmpegError when it cannot be read."""
    with av.open(for_libraries(video)) as container:
        stream = container.streams.video[0]
        container.seek((stream.duration or 0) // 3, stream=stream)
        picture = next(container.decode(stream)).to_ndarray(format="bgr24")
    poster = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    return Film(video.read_bytes(), poster, caption)


@dataclass(frozen=True)
class Bar:
    """Kills per minute of one role; ``mean``, ``low`` and ``high`` are positions in % of the longest bar."""

    role: str
    name: str
    rate: Interval
    mean: float
    low: float
    high: float


def bars(summary: Mapping[str, Any]) -> list[Bar]:
    """A bar for each role that played."""
    rates = {role: Interval(**summary[role]["kills_per_minute"]) for role in ROLES if role in summary}
    top = max(rate.high or rate.mean or 0.0 for rate in rates.values()) or 1.0
    return [
        Bar(role, ROLES[role], rate, *(100 * (value or 0.0) / top for value in (rate.mean, rate.low, rate.high)))
        for role, rate in rates.items()
    ]


@dataclass(frozen=True)
class MatchRow:
    """A match: scores of the agent, of its bots, and of the others that played its map and seed."""

    map: str
    seed: int
    first: bool
    """Whether the agent made more kills than every bot."""
    agent: Score
    mean_bot: Score
    best_bot: Score
    others: Sequence[Score]


def others(summary: Mapping[str, Any]) -> list[str]:
    """The roles that played besides the agent and the bots: expert, random."""
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
    """A table of outputs that have the same scores: keys and buttons, or mouse axes."""

    scores: Sequence[str]
    rows: Mapping[str, Numbers]


def score_tables(outputs: Mapping[str, Numbers]) -> list[ScoreTable]:
    """A table for each kind of output, in the order of their first appearance."""
    kinds: dict[tuple[str, ...], dict[str, Numbers]] = {}
    for output, scores in outputs.items():
        kinds.setdefault(tuple(scores), {})[output] = scores
    return [ScoreTable(scores, rows) for scores, rows in kinds.items()]


def words(name: str) -> str:
    """An identifier as text for readers."""
    return name.replace("_", " ").replace("f1", "F1")


def number(value: Any, digits: int = 2) -> str:
    """A value for readers: None as a dash, numbers with thousands separators, text unchanged."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def duration(seconds: float) -> str:
    """Seconds as text in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"


def data(content: bytes, kind: str) -> str:
    """A file's content as a data URI, to embed it in the page."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
