"""The sections of the page but for learning: each takes plain results and gives HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from statistics import fmean
from typing import Any

import av
import cv2

from clonestrike.evaluate.statistics import Interval, MatchResult
from clonestrike.flows.report.markup import data, duration, number, table, words

Numbers = Mapping[str, float | int | None]

_HUES = ("#3d8bfd", "#8a6cf0", "#e0703a", "#2fa37c", "#c9a227", "#d4568a", "#5aa9c9", "#8c96a8")
_ROLES = {"expert": "scripted expert", "agent": "agent", "mean_bot": "mean bot", "random": "random actor"}


@dataclass(frozen=True)
class Stage:
    """A box of the pipeline picture: its name, how long it took, and what came out, by name in the order to show."""

    name: str
    seconds: float
    figures: Mapping[str, float | int | str] = field(default_factory=dict)


def headline(summary: Mapping[str, Any]) -> str:
    """What the matches show, and no more than that."""
    difference, ratio = Interval(**summary["difference"]), Interval(**summary["ratio"])
    if difference.low is not None and difference.low > 0:
        if ratio.mean is None:
            return "The agent makes <b>kills</b>, the bots make none"
        return f"The agent makes <b>{ratio.mean:.1f} times</b> the kills of the mean bot"
    if difference.high is not None and difference.high < 0:
        return "The agent makes <b>fewer</b> kills than the mean bot"
    return "These matches do <b>not</b> tell the agent from the mean bot"


def lead(summary: Mapping[str, Any]) -> str:
    """The headline's evidence."""
    n = summary["matches"]
    mean, _, bounds = str(Interval(**summary["difference"])).partition(" ")
    interval = f" (95 % interval {bounds})" if bounds else ""
    return escape(
        f"Agent minus mean bot of the same matches: {mean} kills a minute{interval}, over {n} "
        f"{'match' if n == 1 else 'matches'}, {summary['minutes']:g} game minutes, on {', '.join(summary['maps'])}. "
        "It learned from recordings alone: pixels in, keys and mouse out."
    )


def film(video: Path, caption: str) -> str:
    """The video, with one of its own frames shown before it plays."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        container.seek((stream.duration or 0) // 3, stream=stream)
        picture = next(container.decode(stream)).to_ndarray(format="bgr24")
    poster = data(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes(), "image/jpeg")
    return (
        f'<figure class="card film"><video controls autoplay muted loop playsinline poster="{poster}" '
        f'src="{data(video.read_bytes(), "video/mp4")}"></video><figcaption>{escape(caption)}</figcaption></figure>'
    )


def bars(summary: Mapping[str, Any]) -> str:
    """Kills a minute of everybody, with intervals, and the figures that come of it."""
    rates = {role: Interval(**summary[role]["kills_per_minute"]) for role in _ROLES if role in summary}
    top = max(rate.high or rate.mean or 0.0 for rate in rates.values()) or 1.0
    rows = []
    for role, rate in rates.items():
        mean, low, high = (100 * (value or 0.0) / top for value in (rate.mean, rate.low, rate.high))
        whisker = f'<u style="left:{low:.2f}%;width:{high - low:.2f}%"></u>' if rate.high is not None else ""
        rows.append(
            f'<div class="bar {role}"><div class="what"><span>{_ROLES[role]}</span><span>{_interval(rate)}</span></div>'
            f'<div class="track"><i style="width:{mean:.2f}%"></i>{whisker}</div></div>'
        )
    agent, bot = summary["agent"], summary["mean_bot"]
    facts = [
        ("more kills than every bot in", f"{agent['first']} of {summary['matches']}", "matches"),
        (
            "kills per death",
            number(agent["kills_per_death"]["mean"]),
            f"mean bot {number(bot['kills_per_death']['mean'])}",
        ),
    ]
    share = summary.get("share", {}).get("mean")
    if share is not None:
        facts.append(("on the way from mean bot", f"{100 * share:.0f} %", "to the expert"))
    cells = "".join(f"<div>{escape(name)}<b>{value}</b>{escape(note)}</div>" for name, value, note in facts)
    return f'<div class="card"><h3>Kills a minute</h3>{"".join(rows)}<div class="facts">{cells}</div></div>'


def _interval(interval: Interval) -> str:
    mean, _, bounds = str(interval).partition(" ")
    return escape(mean) + (f" <small>{escape(bounds)}</small>" if bounds else "")


def pipeline(stages: Sequence[Stage]) -> str:
    """The stages as a chain of boxes, and below it the time that each took."""
    boxes, times = [], []
    for i, stage in enumerate(stages):
        hue, took = f"--hue:{_HUES[i % len(_HUES)]}", duration(stage.seconds)
        figures = "".join(f"<dt>{words(name)}</dt><dd>{number(value)}</dd>" for name, value in stage.figures.items())
        boxes.append(f'<li style="{hue}"><h3>{escape(stage.name)}<span>{took}</span></h3><dl>{figures}</dl></li>')
        width = max(stage.seconds, 0.01)
        times.append(f'<span style="{hue};flex:{width:.2f} 0 0" title="{escape(stage.name)}: {took}"></span>')
    total = duration(sum(stage.seconds for stage in stages))
    return (
        f'<ol class="flow">{"".join(boxes)}</ol><div class="times">{"".join(times)}</div>'
        f'<p class="small">{total} in all</p>'
    )


def label_scores(sets: Mapping[str, Mapping[str, Numbers]]) -> str:
    """A table for each data set and kind of output (keys, mouse axes): outputs down, scores across."""
    parts = []
    for name, outputs in sets.items():
        kinds: dict[tuple[str, ...], list[list[str]]] = {}
        for output, scores in outputs.items():
            row = [words(output), *(number(value, 3) for value in scores.values())]
            kinds.setdefault(tuple(scores), []).append(row)
        tables = "<br>".join(table(("output", *map(words, columns)), rows) for columns, rows in kinds.items())
        parts.append(f"<div><h3>{escape(name)}</h3>{tables}</div>")
    return f'<div class="pair">{"".join(parts)}</div>'


def matches(summary: Mapping[str, Any]) -> str:
    """A row for each match: the agent, the bots that it met, and whoever else played that seed."""
    roles = {summary[role]["name"]: role for role in ("random", "expert", "agent") if role in summary}
    played: dict[tuple[str, int], dict[str, MatchResult]] = {}
    for result in map(MatchResult.from_json, summary["results"]):
        played.setdefault((result.map, result.seed), {})[roles[result.actor]] = result
    others = [role for role in ("expert", "random") if role in summary]
    rows = []
    for (place, seed), results in played.items():
        agent = results["agent"]
        kills, deaths = zip(*agent.bots.values(), strict=True)
        rows.append(
            [
                f"{escape(place)} <small>seed {seed}</small>",
                _score(agent.kills, agent.deaths, "best" if agent.first else ""),
                _score(fmean(kills), fmean(deaths)),
                _score(*max(agent.bots.values())),
                *(_score(results[role].kills, results[role].deaths) for role in others),
            ]
        )
    return table(("match", "agent", "mean bot", "best bot", *(_ROLES[role] for role in others)), rows)


def _score(kills: float, deaths: float, kind: str = "") -> str:
    return f'<span class="{kind}">{number(kills, 1)}</span> <small>/ {number(deaths, 1)}</small>'


def coverage(compared: Mapping[str, Any], picture: Path | None) -> str:
    """The visit maps, the distances between every two players, and their noise floors."""
    image = (
        f'<img class="card paper" alt="visit maps" src="{data(picture.read_bytes(), "image/png")}">' if picture else ""
    )
    distances = [
        [
            f"{escape(row['a'])} – {escape(row['b'])}",
            number(row["earth_movers_distance"], 0),
            f"{row['flattened_histogram_distance']:.1e}",
        ]
        for row in compared["distances"]
    ]
    players = [
        [escape(name), *(number(row[key], 0) for key in ("steps", "runs", "bins_visited", "noise_floor"))]
        for name, row in compared["players"].items()
    ]
    between = table(("between", "distance", "flattened, as in the paper"), distances)
    each = table(("player", "steps", "runs", "bins visited", "noise floor"), players)
    return f'{image}<div class="pair">{between}{each}</div>'


def again(commands: Sequence[str], versions: Mapping[str, str]) -> str:
    """What to type, and what it ran on."""
    typed = f"<pre>{escape(chr(10).join(commands))}</pre>" if commands else ""
    known = " · ".join(f"{escape(name)} {escape(version)}" for name, version in versions.items())
    return typed + (f'<p class="small">{known}</p>' if known else "")
