"""Which checkpoint of a training plays best: those that were kept on the way, and the last one, in the same matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import EvaluateConfig
from clonestrike.evaluate.matches import evaluate
from clonestrike.evaluate.statistics import Bootstrap, Interval
from clonestrike.evaluate.table import rates_table
from clonestrike.files import write_json
from clonestrike.policy.card import CARD, PolicyCard, kept_checkpoints
from clonestrike.policy.shipped import checkpoint

LAST = "last"
RATES = ("kills_per_minute", "deaths_per_minute", "kills_per_death")


def evaluate_all(config: EvaluateConfig) -> dict[str, Any]:
    """Evaluate every kept checkpoint of a training and its last one, each into a folder of ``out`` with its name.

    Expert and random actor, if asked for, play once, with the last one. Returns, and writes into
    ``out/checkpoints.json``: ``checkpoints``, a row of rates for each; ``best``, the path of the one with the most
    kills a minute; ``lead``, its kills a minute minus those of the last one, paired by match.

    Raises ClonestrikeError when the training has kept no checkpoint, and as evaluate does.
    """
    places = checkpoints(config.actor)
    *_, final = places
    summaries = {}
    for name, place in places.items():
        last = name == final
        summaries[name] = evaluate(
            replace(
                config,
                actor=str(place),
                out=config.out / name,
                expert=config.expert and last,
                random=config.random and last,
            )
        )
    rows = [
        {"checkpoint": name, **{rate: of["agent"][rate] for rate in RATES}, "difference": of.get("difference")}
        for name, of in summaries.items()
    ]
    kills = {name: float(of["agent"]["kills_per_minute"]["mean"]) for name, of in summaries.items()}
    best = max(reversed(kills), key=kills.__getitem__)  # of equals that which has learned more
    result = {
        "best": str(places[best]),
        "checkpoints": rows,
        "lead": asdict(_lead(*(_matches(summaries[name], places[name]) for name in (best, final)))),
        "matches": config.matches,
    }
    write_json(result, config.out / "checkpoints.json")
    return result


def checkpoints(run: str) -> dict[str, Path]:
    """The checkpoints of a training by name: epochs as 004, 008 and so on; then ``last``, unless it is one of these.

    Raises ClonestrikeError when it has kept none.
    """
    folder = checkpoint(run)
    kept = {place.name: place for place in kept_checkpoints(folder)}
    if not kept:
        raise ClonestrikeError(
            f"{run} has kept no checkpoint of its epochs", "train with --keep-every, or leave out --all"
        )
    *_, newest = kept.values()
    return kept if _updates(newest) == _updates(folder) else {**kept, LAST: folder}


def _updates(place: Path) -> Any:
    path = place / CARD
    return PolicyCard.from_text(path.read_text(encoding="utf-8"), path).training.get("updates")


def _matches(summary: dict[str, Any], place: Path) -> list[dict[str, Any]]:
    return [match for match in summary["results"] if match["actor"] == str(place)]


def _lead(best: Sequence[dict[str, Any]], last: Sequence[dict[str, Any]]) -> Interval:
    columns = {
        "best": np.array([match["kills"] for match in best], np.float64),
        "last": np.array([match["kills"] for match in last], np.float64),
        "minutes": np.array([match["minutes"] for match in last], np.float64),
    }
    return Bootstrap(len(last)).interval(columns, lambda sums: (sums["best"] - sums["last"]) / sums["minutes"])


def table(result: dict[str, Any]) -> Table:
    """The rates of all checkpoints as a table for the terminal."""
    lead = Interval(**result["lead"])
    best = f"best: {result['best']}, ahead of the last one by {lead} kills a minute; "
    view = rates_table(
        f"{result['matches']} matches each, with the same seeds",
        escape(best + "what it is worth is told by other seeds, since these have chosen it"),
    )
    for row in result["checkpoints"]:
        rates = [escape(str(Interval(**row[rate]))) if row[rate] else "-" for rate in RATES]
        view.add_row(row["checkpoint"], *rates)
    return view
