"""The whole flow on the embedded game: record, label, train, play, evaluate, and a report.

Nothing made before is used: map graph, recordings and decoded frames are made in the demo's folder. As in the original,
training has two stages: labels of watched bots, then true actions of the expert.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from clonestrike.console import messages
from clonestrike.cores import usable_cores
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import CoverageConfig, EvaluateConfig
from clonestrike.evaluate.coverage import coverage
from clonestrike.evaluate.matches import evaluate
from clonestrike.evaluate.table import table
from clonestrike.files import write_json
from clonestrike.flows.config import DemoConfig
from clonestrike.flows.report.page import Report, write_report
from clonestrike.flows.report.sections import Stage
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import label
from clonestrike.playing.config import PlayConfig, RecordConfig
from clonestrike.playing.play import play
from clonestrike.playing.record import record
from clonestrike.training.config import TrainConfig
from clonestrike.training.metrics import read_metrics
from clonestrike.training.train import train

GAME = "doom:map=cig/MAP01,bots=7,loadout=classic"


@dataclass(frozen=True)
class DemoSize:
    """The size of every stage of a demo."""

    bot_steps: int
    expert_steps: int
    bot_minutes: float
    """Minutes of training on the bots; ``expert_minutes`` are of the training on the expert that follows."""
    expert_minutes: float
    matches: int
    match_minutes: float
    film_minutes: float


FULL = DemoSize(8_000, 160_000, 0.25, 5.0, 12, 3.0, 1.0)
SMALL = DemoSize(1_500, 4_000, 0.1, 0.4, 2, 0.5, 0.25)
"""Runs every stage, but with too little data to learn much."""


@dataclass
class _Diary:
    """Times every stage, reports progress, and keeps the figures for the report."""

    stages: list[Stage] = field(default_factory=list)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[dict[str, float | int | str]]:
        """Time a stage; the caller puts its figures into the mapping."""
        messages.print(f"[bold]{name}[/] ...")
        started = time.monotonic()
        figures: dict[str, float | int | str] = {}
        yield figures
        seconds = time.monotonic() - started
        self.stages.append(Stage(name, seconds, figures))
        messages.print(f"  {seconds:.0f} s: " + ", ".join(f"{key} {value}" for key, value in figures.items()))


def demo(config: DemoConfig) -> Path:
    """Run the whole flow into ``config.out``; returns the report's path.

    Raises ClonestrikeError when ``out`` is not empty, and as the stages do.
    """
    out, size = config.out, SMALL if config.small else FULL
    if out.exists() and any(out.iterdir()):
        raise ClonestrikeError(f"{out} is not empty", "remove it, or choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    with _own_cache(out / "cache"):
        return _run(config, out, size)


@contextlib.contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """Use a new cache folder, and remove it at the end: decoded frames are large."""
    before = os.environ.get("CLONESTRIKE_CACHE")
    os.environ["CLONESTRIKE_CACHE"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if before is None:
            del os.environ["CLONESTRIKE_CACHE"]
        else:
            os.environ["CLONESTRIKE_CACHE"] = before


def _run(config: DemoConfig, out: Path, size: DemoSize) -> Path:
    diary, seed = _Diary(), config.seed
    bots, expert = out / "data" / "bots", out / "data" / "expert"
    base, agent = out / "runs" / "bots", out / "runs" / "agent"
    with diary.stage("Watch bots") as figures:
        watched = record(
            RecordConfig(bots, GAME, watch="bots", steps=size.bot_steps, workers=config.workers, seed=seed + 100)
        )
        figures.update(steps=watched["steps"], per_second=watched["steps_per_second"])
    with diary.stage("Record the expert") as figures:
        played = record(
            RecordConfig(
                expert,
                GAME,
                play="expert",
                steps=size.expert_steps,
                workers=config.workers,
                seed=seed + 200,
                noise=0.2,
            )
        )
        figures.update(steps=played["steps"], per_second=played["steps_per_second"])
    with diary.stage("Infer actions") as figures:
        labels = {name: label(LabelConfig((path,), score=True)) for name, path in (("bots", bots), ("expert", expert))}
        write_json(labels, out / "labels.json")
        figures.update(
            rows=sum(of["rows"] for of in labels.values()),
            valid=sum(of["valid"] for of in labels.values()),
            suspect=sum(of["suspect"] for of in labels.values()),
        )
    with diary.stage("Train on bots") as figures:
        train(TrainConfig(data=(bots,), out=base, minutes=size.bot_minutes, seed=seed))
        figures.update(_updates(base))
    with diary.stage("Train on expert") as figures:
        train(TrainConfig((expert,), agent, init=base, labels="true", minutes=size.expert_minutes, seed=seed))
        figures.update(_updates(agent))
    with diary.stage("Play matches") as figures:
        summary = evaluate(
            EvaluateConfig(
                str(agent),
                out / "results",
                GAME,
                matches=size.matches,
                minutes=size.match_minutes,
                seed=seed + 1000,
                workers=config.workers,
                expert=True,
                random=True,
            )
        )
        figures.update(matches=3 * summary["matches"], game_minutes=round(3 * summary["minutes"]))
    with diary.stage("Film and map") as figures:
        play(PlayConfig(str(agent), GAME, minutes=size.film_minutes, video=out / "agent.mp4", seed=seed + 1000))
        trails = out / "results"
        covered = coverage(
            CoverageConfig(
                (expert, bots, trails / "positions-agent.npz", trails / "positions-random.npz"),
                reference=expert,
                out=out / "coverage",
            )
        )
        figures.update(film_seconds=round(60 * size.film_minutes))
    report = write_report(
        out / "report.html",
        Report(
            title="Clonestrike demo",
            summary=summary,
            stages=diary.stages,
            metrics={name: read_metrics(run / "metrics.jsonl") for name, run in (("bots", base), ("expert", agent))},
            label_scores={name: _label_scores(of) for name, of in labels.items()},
            coverage=covered,
            coverage_figure=out / "coverage" / "coverage.png",
            video=out / "agent.mp4",
            commands=(f"clonestrike demo --out {out}{' --small' if config.small else ''}",),
            versions=_versions(seed),
        ),
    )
    messages.print(table(summary))
    return report


def _updates(run: Path) -> dict[str, int]:
    rows = [row for row in read_metrics(run / "metrics.jsonl") if "frames" in row]
    return {"updates": rows[-1]["updates"], "frames": rows[-1]["frames"]}


def _label_scores(labelled: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """Output -> label scores: switches that were pressed or inferred at all, then both mouse axes."""
    pressed = {name: of for name, of in labelled["switches"].items() if of["support"] or of["inferred"]}
    return pressed | {f"mouse {axis}": of for axis, of in labelled["mouse"].items()}


def _versions(seed: int) -> dict[str, str]:
    packages = ("clonestrike", "vizdoom", "torch", "onnxruntime", "av", "numpy")
    own = {name: metadata.version(name) for name in packages}
    return own | {"Python": platform.python_version(), "seed": str(seed), "cores": str(usable_cores())}
