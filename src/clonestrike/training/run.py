"""The training loop: learn, log, score, save."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from clonestrike.console import progress
from clonestrike.core.actions import Floats
from clonestrike.errors import ClonestrikeError
from clonestrike.files import staging_folder
from clonestrike.policy.card import EPOCHS, PolicyCard
from clonestrike.policy.checkpoint import (
    RESUME,
    TrainingState,
    save_policy,
    save_state,
)
from clonestrike.training.config import TrainConfig
from clonestrike.training.curves import write_curves
from clonestrike.training.learner import Learner
from clonestrike.training.metrics import Metrics, read_metrics
from clonestrike.training.segments import Segment
from clonestrike.training.streams import Streams, prefetched

EVALUATIONS = 8
"""About how many times held-out runs are scored during a training."""
EVALUATION_ROWS, FINAL_ROWS = 6_000, 40_000
LOG_LINES = 300


def scored_rows(frames: int) -> tuple[int, int]:
    """Held-out rows to score during training and at its end, so that scoring takes about a tenth of the time.

    ``frames`` is the number of frames of the whole training.
    """
    return min(EVALUATION_ROWS, max(250, frames // 40)), min(FINAL_ROWS, max(1_000, frames // 10))


class TrainingRun:
    """One training, from its first or its resumed update to its last."""

    def __init__(
        self,
        config: TrainConfig,
        card: PolicyCard,
        learner: Learner,
        streams: Streams,
        held_out: list[Segment],
        shares: dict[str, Floats],
        kept: dict[int, int],
    ) -> None:
        """``kept``: numbers of updates after which the checkpoint is kept, and the number of the epoch then over."""
        self._kept = kept
        self._config, self._card, self._learner, self._streams = config, card, learner, streams
        self._held_out, self._shares = held_out, shares
        self._frames = self._done = 0
        self._cursors = streams.cursors
        self._scores: dict[str, Any] | None = None
        self._begin = time.perf_counter()

    def go(self, state: TrainingState | None) -> None:
        """Train to the last update; log, score and save on the way. ``state`` is that of a training to resume."""
        self._config.out.mkdir(parents=True, exist_ok=True)
        if state is not None:
            self._restore(state)
        self._save(self._config.out)  # of a resumed training, too: its length may be another now
        metrics = Metrics(self._config.out / "metrics.jsonl", self._done)
        updates, lap, saved = self._learner.updates, _Lap(), time.perf_counter()
        log_every, score_every = max(1, updates // LOG_LINES), max(20, -(-updates // EVALUATIONS))
        with progress() as bars, prefetched(self._streams) as batches:
            bar = bars.add_task("training", total=updates, completed=self._done)
            while self._done < updates:
                batch, self._cursors = next(batches)
                lap.losses.append(self._learner.update(batch, self._done))
                lap.frames += int(batch.present.sum())
                self._frames += int(batch.present.sum())
                self._done += 1
                last = self._done == updates
                if self._done % log_every == 0 or last:
                    figures = lap.figures(self._done)
                    metrics.write({**self._so_far(), "lr": self._learner.rate(self._done - 1), **figures})
                    text = (
                        f"training: loss {figures['losses']['loss']:.3f}, {figures['frames_per_second']:,.0f} frames/s"
                    )
                    bars.update(bar, completed=self._done, description=text)
                    lap = _Lap()
                epoch = self._kept.get(self._done)
                if (self._done % score_every == 0 or last or epoch) and self._held_out:
                    rows = scored_rows(updates * self._learner.recipe.streams * self._learner.recipe.chunk)
                    self._scores = self._learner.score(self._held_out, rows[last], self._shares)
                    metrics.write({**self._so_far(), "held_out": self._scores})
                    lap = _Lap()
                if epoch:
                    self._keep(self._config.out / EPOCHS / f"{epoch:03d}")
                if last or time.perf_counter() - saved > self._config.checkpoint_seconds:
                    self._save(self._config.out)
                    saved = time.perf_counter()
        write_curves(read_metrics(self._config.out / "metrics.jsonl"), self._config.out / "curves.png")

    def _so_far(self) -> dict[str, Any]:
        return {"updates": self._done, "frames": self._frames, "seconds": time.perf_counter() - self._begin}

    def _keep(self, place: Path) -> None:
        """Write a checkpoint that stays, whole or not at all."""
        with staging_folder(place) as folder:
            self._save(folder)
            if place.exists():  # of the same epoch, before the training was killed and resumed
                shutil.rmtree(place)
            folder.rename(place)

    def _save(self, folder: Path) -> None:
        learner, config = self._learner, self._config.to_json()
        training = {**self._card.training, **self._so_far(), "config": config, "held_out": self._scores}
        card = replace(self._card, training=training)
        save_state(
            folder,
            TrainingState(
                config=config,
                card=card,
                update=self._done,
                weights=learner.policy.state_dict(),
                optimiser=learner.optimiser.state_dict(),
                memory=learner.memory,
                places=torch.from_numpy(self._cursors),
            ),
        )
        save_policy(folder, learner.policy, card)

    def _restore(self, state: TrainingState) -> None:
        learner, training = self._learner, state.card.training
        try:
            learner.policy.load_state_dict(state.weights)
            learner.optimiser.load_state_dict(state.optimiser)
            self._frames, self._scores = int(training["frames"]), training["held_out"]
            self._begin -= float(training["seconds"])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"{self._config.out / RESUME} does not fit ({str(error).splitlines()[0]})", "start anew"
            ) from None
        learner.memory, self._done = state.memory.to(learner.device), state.update
        self._streams.cursors = self._cursors = state.places.numpy()


@dataclass
class _Lap:
    """Losses, frames and time since the last line of metrics."""

    losses: list[dict[str, float]] = field(default_factory=list)
    frames: int = 0
    begin: float = field(default_factory=time.perf_counter)

    def figures(self, update: int) -> dict[str, Any]:
        """Mean losses and speed; raises ClonestrikeError when a loss is not finite."""
        losses = {name: float(np.mean([part[name] for part in self.losses])) for name in self.losses[0]}
        if not np.isfinite(list(losses.values())).all():
            raise ClonestrikeError(
                f"the loss is not finite any more after {update} updates", "start anew with a lower --lr"
            )
        return {"frames_per_second": self.frames / (time.perf_counter() - self.begin), "losses": losses}
