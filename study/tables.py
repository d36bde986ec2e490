"""The tables of docs/study.md, computed from the results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clonestrike.evaluate.statistics import Interval, MatchResult, summarise
from study.plan import ARMS
from study.run import RESULTS

NAMES = {
    "random": "random actor",
    "expert": "scripted expert",
    "scraped": "stage 1 only: watched bots and experts of many strengths",
    "clean": "stage 2 only: 60,000 steps of the expert's own play",
    "two-stage": "stage 1, then stage 2",
    "two-stage-true": "the same with true labels in both",
    "clean-inferred": "stage 2 only, by inferred labels",
    "two-stage-inferred": "both stages by inferred labels",
    "base": "340,000 steps of the expert's own play",
    "no-memory": "the same without memory",
    "no-crop": "the same without the crop",
    "true": "the same with true labels, of disturbed steps too",
    "mirror": "the same with half of the sequences mirrored",
    "steady": "60,000 steps without noise",
    "argmax": "everything by argmax",
    "sampled": "everything sampled",
    "paper": "the paper's rules",
    "10k": "10,000 steps",
    "40k": "40,000 steps",
    "100k": "100,000 steps",
    "1m": "a million steps",
    "short-300": "300 updates",
    "short-900": "900 updates",
    "long-quarter": "`pocket:big`, a million steps, 4,500 updates",
    "long": "`pocket:big`, a million steps, 18,000 updates",
}
TABLES = {
    "frame": ("random", "expert"),
    "two stages": ("scraped", "clean", "two-stage", "two-stage-true", "clean-inferred", "two-stage-inferred"),
    "parts": ("base", "no-memory", "no-crop", "true", "mirror"),
    "noise": ("clean", "steady"),
    "decoding": ("base", "argmax", "sampled", "paper"),
    "time": ("short-300", "short-900", "true", "long-quarter", "long"),
    "sizes": ("10k", "40k", "100k", "base", "1m"),
}
RENAMED = {
    ("noise", "clean"): "60,000 steps with noise",
    ("time", "true"): "2,500 updates",
    ("sizes", "base"): "340,000 steps",
    ("decoding", "base"): "the default",
}


@dataclass(frozen=True)
class Outcome:
    """The matches of an arm, of all its training seeds."""

    name: str
    matches: list[MatchResult]
    by_seed: list[float]
    """Kills per minute of each training seed."""

    @classmethod
    def of(cls, name: str, seeds: Sequence[int] | None = None) -> Outcome | None:
        """Read the results of these training seeds, or of all; None if there are none."""
        arm = next(arm for arm in ARMS if arm.name == name)
        found = [_read(path) for seed in seeds or arm.seeds if (path := RESULTS / f"{name}-{seed}.json").exists()]
        if not found:
            return None
        matches = [[MatchResult.from_json(one) for one in result["results"]] for result in found]
        rates = [sum(m.kills for m in of_seed) / sum(m.minutes for m in of_seed) for of_seed in matches]
        return cls(name, [match for of_seed in matches for match in of_seed], rates)


def _read(path: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def table(kind: str) -> list[str]:
    """Lines of a Markdown table with a row for every arm that has results."""
    lines = [
        "| | kills/min | of each seed | deaths/min | kills/death | times the mean bot | share |",
        "|---|---|---|---|---|---|---|",
    ]
    expert = Outcome.of("expert")
    assert expert is not None
    for name in TABLES[kind]:
        outcome = Outcome.of(name, (0,) if kind == "decoding" else None)  # it is one policy that is decoded
        if outcome is not None:
            lines.append(_row(RENAMED.get((kind, name), NAMES[name]), outcome, expert.matches))
    if kind == "frame":
        lines.append(_bots(expert.matches))
    return lines


def _row(title: str, outcome: Outcome, expert: Sequence[MatchResult]) -> str:
    seeds = len(outcome.by_seed)
    summary = summarise(outcome.matches, expert=None if outcome.name == "expert" else list(expert) * seeds)
    rates = [summary["agent"][rate] for rate in ("kills_per_minute", "deaths_per_minute", "kills_per_death")]
    kills, deaths, ratio = (str(Interval(**rate)) for rate in rates)
    each = ", ".join(f"{rate:.2f}" for rate in outcome.by_seed) if seeds > 1 else ""
    share = str(Interval(**summary["share"])) if "share" in summary else "1"
    return f"| {title} | {kills} | {each} | {deaths} | {ratio} | {Interval(**summary['ratio'])} | {share} |"


def _bots(expert: Sequence[MatchResult]) -> str:
    bots = summarise(list(expert))["mean_bot"]
    rates = [str(Interval(**bots[rate])) for rate in ("kills_per_minute", "deaths_per_minute", "kills_per_death")]
    return f"| mean bot in the expert's matches | {rates[0]} | | {rates[1]} | {rates[2]} | 1 | 0 |"


def learning(names: Sequence[str]) -> list[tuple[float, Interval]]:
    """Minutes of training, and kills divided by those of the mean bot, of the arms that have a result."""
    points = []
    for name in names:
        path = RESULTS / f"{name}-0.json"
        if path.exists():
            result = _read(path)
            points.append((result["training"][-1]["seconds"] / 60, Interval(**result["ratio"])))
    return points


def write(document: Path) -> None:
    """Put the tables where ``<!-- table NAME -->`` stands in a Markdown file, up to the next ``<!-- end -->``."""
    text = document.read_text(encoding="utf-8")
    for kind in TABLES:
        begin = f"<!-- table {kind} -->"
        before, _, rest = text.partition(begin)
        _, end, after = rest.partition("<!-- end -->")
        text = "\n".join([before + begin, *table(kind), end + after])
    document.write_text(text, encoding="utf-8")
