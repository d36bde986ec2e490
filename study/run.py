"""Runs the plan by the commands of clonestrike, and continues where it was stopped."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clonestrike.files import write_json
from clonestrike.policy.card import CARD
from clonestrike.policy.checkpoint import RESUME
from study.plan import ARMS, DATA, FIRST_SEED, MATCHES, MINUTES, RECORDERS, Arm

RESULTS = Path(__file__).with_name("results")
PLAY, RUNS = Path("data/study"), Path("runs/study")
_recording = threading.Lock()
_turns: dict[tuple[str, int], threading.Lock] = {}


def clonestrike(*arguments: object) -> None:
    """Print and run a command, with its output in a log; raises CalledProcessError when it fails."""
    words = [str(argument) for argument in arguments]
    print("clonestrike", *words, flush=True)
    RUNS.mkdir(parents=True, exist_ok=True)
    with (RUNS / "log.txt").open("a", encoding="utf-8") as log:
        subprocess.run([sys.executable, "-m", "clonestrike", *words], check=True, stdout=log, stderr=log)


def recorded(name: str) -> Path:
    """The folder of a data set; records and labels it if it is missing, unfinished, or of another plan."""
    folder, done = PLAY / name, PLAY / f"{name}.done"
    with _recording:
        if not done.exists() or done.read_text(encoding="utf-8") != DATA[name]:
            shutil.rmtree(folder, ignore_errors=True)
            clonestrike("record", *DATA[name].split(), "--workers", RECORDERS, "--out", folder)
            clonestrike("label", folder)
            done.write_text(DATA[name], encoding="utf-8")
    return folder


def learned(arm: Arm, seed: int) -> Path:
    """The checkpoint of an arm's last stage; trains missing stages, resumes a stopped one, replaces another plan's."""
    before: Path | None = None
    with _turns.setdefault((arm.name, seed), threading.Lock()):  # several arms may evaluate the same policy
        for number in range(1, len(arm.stages) + 1):
            before = _stage(arm, number, before, seed)
    assert before is not None
    return before


def _stage(arm: Arm, number: int, before: Path | None, seed: int) -> Path:
    """The checkpoint of stage ``number``, from 1; the plan of it and the stages before is written beside it."""
    stage, out = arm.stages[number - 1], RUNS / f"{arm.name}-{seed}-stage-{number}"
    plan = out.with_name(f"{out.name}.json")
    stages = [{**asdict(one), "data": [DATA[name] for name in one.data]} for one in arm.stages[:number]]
    planned = {"model": arm.model, "seed": seed, "stages": stages}
    if not plan.exists() or json.loads(plan.read_text(encoding="utf-8")) != planned:
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(planned, plan)
    if (out / CARD).exists() and _training(out)["updates"] == stage.updates:
        return out
    start = ["--resume"] if (out / RESUME).exists() else ["--init", before] if before else ["--model", arm.model]
    chosen = {"updates": stage.updates, "labels": stage.labels, "mirror": stage.mirror, "seed": seed}
    settings = {**chosen, "threads": 1, "cache-gb": 46}
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    clonestrike("train", *map(recorded, stage.data), *start, *options, "--out", out)
    return out


def result_path(arm: Arm, seed: int) -> Path:
    """The file of an arm's result."""
    return RESULTS / f"{arm.name}-{seed}.json"


def finish(arm: Arm, seed: int) -> None:
    """Train and evaluate an arm, and write its result."""
    others = {other.name: other for other in ARMS if other.stages}
    if arm.stages or arm.agent in others:
        source = arm if arm.stages else others[str(arm.agent)]
        agent = str(learned(source, seed))
        trained = [_training(RUNS / f"{source.name}-{seed}-stage-{n}") for n in range(1, len(source.stages) + 1)]
    else:
        agent, trained = str(arm.agent), []
    out = RUNS / f"{arm.name}-{seed}-matches"
    play: dict[str, object] = {"matches": MATCHES, "minutes": MINUTES, "seed": FIRST_SEED, "workers": 1}
    if arm.decoding is not None:
        play["decoding"] = arm.decoding
    clonestrike(
        "evaluate", agent, *(part for name, value in play.items() for part in (f"--{name}", value)), "--out", out
    )
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    write_json({"arm": arm.name, "training_seed": seed, "training": trained, **summary}, result_path(arm, seed))


def _training(run: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((run / CARD).read_text(encoding="utf-8"))["training"]
    return {name: kept.get(name) for name in ("updates", "frames", "seconds", "held_out")}


def missing(names: Sequence[str]) -> list[tuple[Arm, int]]:
    """Arms (all, or those named) and seeds without a result, the first seed of all arms before the second."""
    chosen = [(arm, seed) for arm in ARMS if not names or arm.name in names for seed in arm.seeds]
    return sorted((job for job in chosen if not result_path(*job).exists()), key=lambda job: job[1])
