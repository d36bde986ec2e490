"""A report of made-up results, plausible in every part."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clonestrike.core.actions import SWITCHES, Action
from clonestrike.evaluate.config import CoverageConfig
from clonestrike.evaluate.coverage import coverage
from clonestrike.evaluate.positions import Positions
from clonestrike.evaluate.statistics import MatchResult, summarise
from clonestrike.flows.report import Report, Stage
from clonestrike.view.video import OverlayVideo

Row = dict[str, Any]


def results(actor: str, rate: float, n: int = 8) -> list[MatchResult]:
    draw = np.random.default_rng(round(10 * rate))
    return [
        MatchResult(
            actor=actor,
            map="cig/MAP01",
            seed=1000 + i,
            minutes=3.0,
            kills=int(draw.poisson(3 * rate)),
            deaths=int(draw.poisson(6)),
            bots={f"bot {bot}": (int(draw.poisson(4)), int(draw.poisson(7))) for bot in range(7)},
        )
        for i in range(n)
    ]


def scores(loss: float, skill: float | None) -> dict[str, Row]:
    switches = {
        name: {"share": 0.3, "loss": loss / 13, "accuracy": 0.9, "f1": skill, "onset_f1": None} for name in SWITCHES
    }
    mouse = {"loss": loss, "accuracy": 0.3, "within_one_bin": skill or 0.1}
    return switches | {"mouse_x": mouse, "mouse_y": mouse}


def metrics(updates: int, best: float) -> list[Row]:
    rows: list[Row] = []
    for done in range(0, updates + 1, updates // 40):
        loss = best + 2 * float(np.exp(-4 * done / updates))
        where = {"updates": done, "frames": 512 * done, "seconds": done / 4}
        rows.append({**where, "losses": {"loss": loss, "switches": loss, "mouse_x": loss, "mouse_y": loss / 2}})
        if done % (updates // 8) == 0:
            held_out = {
                "rows": 4096,
                "policy": scores(loss + 0.1, 0.8 - 0.2 * loss),
                "most_frequent": scores(2.6, None),
                "repeat_last": scores(0, 0.6),
            }
            rows.append({**where, "held_out": held_out})
    return rows


def positions(seed: int, spread: float) -> Positions:
    draw = np.random.default_rng(seed)
    walks = [np.cumsum(draw.normal(0, spread, (500, 2)), axis=0) + draw.uniform(-400, 400, 2) for _ in range(16)]
    return Positions.of([np.clip(walk, -900, 900) for walk in walks], "cig/MAP01")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("sample")
    with OverlayVideo(folder / "agent.mp4", 17.5) as video:
        for i in range(12):
            video.add(np.full((180, 320, 3), 90 + 4 * i, np.uint8), Action(frozenset("w"), left=i % 3 == 0, mouse_x=i))
    return made_up(folder, folder / "agent.mp4")


def made_up(folder: Path, video: Path) -> Report:
    for name, seed, spread in (("expert", 1, 30.0), ("bots", 2, 24.0), ("agent", 3, 18.0)):
        positions(seed, spread).save(folder / f"positions-{name}.npz")
    compared = coverage(CoverageConfig((folder,), reference=folder / "positions-expert.npz", out=folder))
    keys = ("w", "a", "s", "d", "space", "left")
    labels = {name: {"precision": 0.971, "recall": 0.953, "f1": 0.962, "onset_f1": 0.901} for name in keys}
    mouse = {axis: {"correlation": 0.998, "mean_error": 0.42} for axis in ("mouse_x", "mouse_y")}
    return Report(
        title="Clonestrike demo",
        summary=summarise(results("runs/agent", 5.4), results("expert", 9.3), results("random", 0.2)),
        stages=(
            Stage("record", 148.2, {"steps of bots": 12_000, "steps of the expert": 90_000, "steps/s": 689}),
            Stage("label", 9.4, {"labelled": "98.3 %", "w a s d F1": 0.958, "mouse r": 0.998, "suspect": 0}),
            Stage("train", 402.0, {"updates": 1850, "frames/s": 1650, "parameters": "1.96 M"}),
            Stage("play", 61.7, {"matches": 24, "steps/s": 1204}),
            Stage("film, compare", 21.0, {"film": "1 min", "players": 3}),
        ),
        metrics={"bots": metrics(200, 2.1), "expert": metrics(1600, 1.5)},
        label_scores={"bots": labels, "expert": labels | mouse},
        coverage=compared,
        coverage_figure=folder / "coverage.png",
        video=video,
        commands=("git clone …", "make demo", "clonestrike evaluate demo/runs/agent --matches 20 --seed 1000"),
        versions={"clonestrike": "0.1.0", "vizdoom": "1.3.2", "torch": "2.13.0", "seed": "0"},
    )
