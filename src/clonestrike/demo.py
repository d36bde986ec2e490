"""The whole flow on the embedded game, from nothing to a page of results: record, label, train, play, evaluate.

Nothing that was made before is used: the map's graph, the recordings and the decoded frames are made in the demo's own
folder. The agent is trained on inferred labels only, in two stages as the original: first watched bots, then the expert.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clonestrike.console import messages
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.coverage import CoverageConfig, coverage
from clonestrike.evaluate.matches import EvaluateConfig, evaluate
from clonestrike.inverse_dynamics.label import label
from clonestrike.play import PlayConfig, play
from clonestrike.record import RecordConfig, record
from clonestrike.report import Report, write_report
from clonestrike.train import TrainConfig, train
from clonestrike.view_cache import ViewCache

GAME = "doom:map=cig/MAP01,bots=7,loadout=classic"


@dataclass(frozen=True)
class DemoSize:
    """How much of everything."""

    bot_steps: int
    expert_steps: int
    bot_minutes: float
    """Of training on the bots, and then on the expert."""
    expert_minutes: float
    matches: int
    match_minutes: float
    film_minutes: float


FULL = DemoSize(12_000, 90_000, 0.5, 5.5, 8, 3.0, 1.0)
SMALL = DemoSize(1_500, 4_000, 0.1, 0.4, 2, 0.5, 0.25)
"""Every stage for real, but too little to learn much from."""


@dataclass(frozen=True)
class DemoConfig:
    """Where to, and how much."""

    out: Path
    small: bool = False
    workers: int = 2
    seed: int = 0

    @property
    def size(self) -> DemoSize:
        """Full or small."""
        return SMALL if self.small else FULL


@dataclass
class _Stages:
    """Times every stage and tells the user where the demo is."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        messages.print(f"[bold]{name}[/]")
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        messages.print(f"  {self.seconds[name]:.0f} s")


def demo(config: DemoConfig) -> Path:
    """Run everything into ``config.out``, which must be empty or new; returns the report's path.

    Raises ClonestrikeError when ``out`` holds something already, and whatever a stage raises.
    """
    out, size = config.out, config.size
    if out.exists() and any(out.iterdir()):
        raise ClonestrikeError(f"{out} is not empty: remove it, or choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    with _own_cache(out / "cache"):
        return _run(config, out, size)


@contextlib.contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """Use no cache but a fresh one, and drop it at the end: decoded frames are large."""
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
    stages = _Stages()
    bots, expert, base, agent = out / "data" / "bots", out / "data" / "expert", out / "runs" / "bots", out / "runs" / "agent"
    with stages.stage("watch bots"):
        watched = record(
            RecordConfig(
                game=GAME, out=bots, watch="bots", steps=size.bot_steps, workers=config.workers, seed=config.seed + 100
            )
        )
    with stages.stage("learn the map and record the expert"):
        played = record(
            RecordConfig(
                game=GAME,
                out=expert,
                play="expert",
                steps=size.expert_steps,
                workers=config.workers,
                seed=config.seed + 200,
                noise=0.1,
            )
        )
    with stages.stage("infer the actions"):
        labelled = {"bots": label([bots], score=True), "expert": label([expert], score=True)}
    cache = ViewCache(out / "cache" / "views")
    with stages.stage("train on the bots"):
        train(TrainConfig(data=(bots,), out=base, minutes=size.bot_minutes, cache=cache, seed=config.seed))
    with stages.stage("train on the expert"):
        train(
            TrainConfig(
                data=(expert,), out=agent, init=base, minutes=size.expert_minutes, cache=cache, seed=config.seed
            )
        )
    with stages.stage("play matches"):
        summary = evaluate(
            EvaluateConfig(
                actor=str(agent),
                game=GAME,
                out=out / "results",
                matches=size.matches,
                minutes=size.match_minutes,
                seed=config.seed + 1000,
                workers=config.workers,
                expert=True,
                random=True,
            )
        )
    with stages.stage("film a match"):
        play(
            PlayConfig(
                actor=str(agent),
                game=GAME,
                minutes=size.film_minutes,
                video=out / "agent.mp4",
                seed=config.seed + 1000,
            )
        )
    with stages.stage("compare where they went"):
        covered = coverage(
            CoverageConfig(
                paths=(expert, bots, out / "results" / "positions-agent.npz"), reference=expert, out=out / "coverage"
            )
        )
    content: dict[str, Any] = dict(watched=watched, played=played, labelled=labelled, summary=summary, covered=covered)
    return write_report(out / "report.html", Report(**content))
