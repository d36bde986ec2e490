"""Scores of a policy and of two baselines on held-out runs; the file of metrics, JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import SWITCHES, Bools, Floats, Ints
from clonestrike.core.scores import f1, ratio
from clonestrike.files import write_text
from clonestrike.training.segments import Segment, Targets

FIRE = SWITCHES.index("left")
TINY = 1e-6


class HeldOut:
    """Predictions on held-out runs, collected chunk by chunk. Valid rows that follow a valid row are scored."""

    def __init__(self) -> None:
        self._rows: dict[str, list[NDArray[Any]]] = {}
        self._last: dict[str, NDArray[Any]] | None = None

    def add(self, probabilities: Mapping[str, Floats], targets: Targets, begins: Bools) -> None:
        """Add a chunk: probabilities (T, B, n) of every head, targets (T, B), and where sequences begin, bool (B,)."""
        now: dict[str, NDArray[Any]] = {name: getattr(targets, name) for name in (*HEADS, "valid")}
        last = self._last or {name: np.zeros_like(values[0]) for name, values in now.items()}
        before = {name: np.concatenate([last[name][None], values[:-1]]) for name, values in now.items()}
        before["valid"][0] &= ~begins
        self._last = {name: values[-1] for name, values in now.items()}
        scored = now["valid"] & before["valid"]
        for head in HEADS:
            for kind, values in (("said", probabilities[head]), ("true", now[head]), ("before", before[head])):
                self._rows.setdefault(f"{kind} {head}", []).append(values[scored])

    def scores(self, frequencies: Mapping[str, Floats]) -> dict[str, Any]:
        """Scores of the policy and of the two baselines on the same rows.

        ``most_frequent`` predicts the training data's frequencies (see ``frequencies``) at every row; ``repeat_last``
        predicts the targets of the row before, and has no loss. An onset is a row at which a switch goes on; it is
        predicted where the switch is predicted on and was off at the row before, so ``repeat_last`` predicts none.
        """
        rows = {name: np.concatenate(parts) for name, parts in self._rows.items()}
        true = {head: rows[f"true {head}"] for head in HEADS}
        before = {head: rows[f"before {head}"] for head in HEADS}
        constant = {head: np.broadcast_to(p, (len(true[head]), len(p))) for head, p in frequencies.items()}
        repeated = {
            head: before[head].astype(np.float32)
            if head == "switches"
            else np.eye(len(p), dtype=np.float32)[before[head]]
            for head, p in frequencies.items()
        }
        said = {head: rows[f"said {head}"] for head in HEADS}
        return {
            "rows": len(true["mouse_x"]),
            "policy": _scores(said, true, before),
            "most_frequent": _scores(constant, true, before),
            "repeat_last": _scores(repeated, true, before, losses=False),
        }


HEADS = ("switches", "mouse_x", "mouse_y")


def frequencies(segments: Sequence[Segment], sizes: Mapping[str, int]) -> dict[str, Floats]:
    """Shares of valid rows with each switch on and with each mouse bin: float32 (13,), (23,) and (15,)."""
    targets = [segment.targets for segment in segments]
    rows = max(1, sum(int(part.valid.sum()) for part in targets))
    switches = sum(part.switches[part.valid].sum(0) for part in targets) / rows
    found = {"switches": np.asarray(switches, np.float32)}
    for head in ("mouse_x", "mouse_y"):
        counts = sum(np.bincount(getattr(part, head)[part.valid], minlength=sizes[head]) for part in targets)
        found[head] = np.asarray(counts / rows, np.float32)
    return found


def _scores(
    said: Mapping[str, Floats], true: Mapping[str, Any], before: Mapping[str, Any], losses: bool = True
) -> dict[str, dict[str, float | None]]:
    found = {
        name: _switch(said["switches"][:, i], true["switches"][:, i], before["switches"][:, i], losses)
        for i, name in enumerate(SWITCHES)
    }
    firing = true["switches"][:, FIRE]
    for head in ("mouse_x", "mouse_y"):
        found[head] = _mouse(said[head], true[head], firing, losses)
    return found


def _switch(said: Floats, true: Bools, before: Bools, losses: bool) -> dict[str, float | None]:
    on = said > 0.5
    likelihood = np.where(true, said, 1 - said).clip(TINY)
    return {
        "share": _mean(true),
        "loss": _mean(-np.log(likelihood)) if losses else None,
        "accuracy": _mean(on == true),
        "precision": ratio((on & true).sum(), on.sum()),
        "recall": ratio((on & true).sum(), true.sum()),
        "f1": f1((on & true).sum(), on.sum(), true.sum()),
        "onset_f1": f1((on & true & ~before).sum(), (on & ~before).sum(), (true & ~before).sum()),
    }


def _mouse(said: Floats, true: Ints, firing: Bools, losses: bool) -> dict[str, float | None]:
    loss = -np.log(said[np.arange(len(true)), true].clip(TINY))
    distance = np.abs(said.argmax(1) - true) if len(true) else true
    return {
        "loss": _mean(loss) if losses else None,
        "loss_firing": _mean(loss[firing]) if losses else None,
        "accuracy": _mean(distance == 0),
        "within_one_bin": _mean(distance <= 1),
        "within_one_bin_firing": _mean(distance[firing] <= 1),
    }


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if values.size else None


class Metrics:
    """Writes metrics.jsonl; lines of later updates than ``updates``, where training resumes, are dropped."""

    def __init__(self, path: Path, updates: int) -> None:
        self._path = path
        kept = [line for line in read_metrics(path) if line["updates"] <= updates] if updates else []
        write_text(path, "".join(json.dumps(line) + "\n" for line in kept))

    def write(self, line: Mapping[str, Any]) -> None:
        """Append a line."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl up to the first that is incomplete; empty if there is no such file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
