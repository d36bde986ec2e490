"""Stage 3: recordings with actions become a checkpoint."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clonestrike.actions import ACTION_SPACE, Floats, Ints
from clonestrike.console import messages
from clonestrike.errors import ClonestrikeError
from clonestrike.learner import Learner, Precision, probe
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.checkpoint import (
    CARD,
    RESUME,
    TrainingState,
    load_policy,
    load_state,
    new_policy,
    save_policy,
    save_state,
)
from clonestrike.policy.pocket import PocketPolicy
from clonestrike.policy_view import PolicyView
from clonestrike.recipes import Recipe, recipe
from clonestrike.recording import Recording, find_recordings
from clonestrike.sampling import Batch, Streams
from clonestrike.sequences import LabelSource, Stretch, answers, split_runs, stretches
from clonestrike.training_metrics import HEADS, Metrics, frequencies, plot_curves, read_metrics
from clonestrike.view_cache import ViewCache

EVALUATIONS = 8
"""How often held-out runs are scored while training, about."""
EVALUATION_ROWS, FINAL_ROWS = 6_000, 40_000
LOG_LINES = 300


@dataclass(frozen=True)
class TrainConfig:
    """What to train on what, and for how long."""

    data: tuple[Path, ...]
    """Recordings, or folders with recordings."""
    out: Path
    model: Literal["pocket"] = "pocket"
    recipe: Literal["default", "paper"] = "default"
    minutes: float = 5.0
    """Turned into a number of updates by a measurement at the start."""
    updates: int | None = None
    """Instead of minutes."""
    labels: LabelSource = "label"
    """Learn the inferred labels, or the true actions."""
    init: Path | None = None
    """Start with the weights of this checkpoint."""
    resume: bool = False
    """Go on where the training in ``out`` stopped; its own settings hold."""
    weapon: str | None = None
    """For kill-aware sampling: only windows in which this weapon is held."""
    lr: float | None = None
    """Instead of the recipe's, as are streams and chunk."""
    streams: int | None = None
    chunk: int | None = None
    valid_fraction: float = 0.1
    """Share of the rows, in whole runs, that is held out."""
    seed: int = 0
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    precision: Precision = "auto"
    checkpoint_seconds: float = 30.0
    cache: ViewCache = field(default_factory=ViewCache)

    @property
    def settings(self) -> Recipe:
        """The recipe with this configuration's changes."""
        changes = {name: getattr(self, name) for name in ("lr", "streams", "chunk")}
        return replace(recipe(self.recipe), **{name: value for name, value in changes.items() if value is not None})

    def to_json(self) -> dict[str, Any]:
        """What decides the outcome, as it is kept in a checkpoint."""
        kept = asdict(self)
        for name in ("data", "out", "resume", "cache", "checkpoint_seconds"):
            del kept[name]
        return {**kept, "init": None if self.init is None else str(self.init)}

    def resumed(self, kept: dict[str, Any]) -> TrainConfig:
        """The configuration of the training that goes on; data, out and cache are this one's."""
        try:
            return replace(self, **{**kept, "init": None if kept["init"] is None else Path(kept["init"])})
        except (KeyError, TypeError) as error:
            raise ClonestrikeError(f"{self.out / RESUME} is of another version ({error}): start anew") from None


def train(config: TrainConfig) -> Path:
    """Train a policy and write a checkpoint folder (see docs/architecture.md).

    On one thread a training that was killed and resumed gives the same weights, bit for bit, as one that was not.

    Raises ClonestrikeError when there are no recordings or labels, ``out`` holds a checkpoint already (without
    ``resume``) or none that can be resumed (with it), or ``init`` has another view or action space.
    """
    state = load_state(config.out) if config.resume else None
    if state is not None:
        config = config.resumed(state.config)
    elif (config.out / CARD).exists() or (config.out / RESUME).exists():
        raise ClonestrikeError(
            f"{config.out} holds a checkpoint already: use --resume to go on with it, or another --out"
        )
    if config.updates is None and config.minutes <= 0:
        raise ClonestrikeError(f"{config.minutes:g} minutes are no time to train: give more, or a number of updates")
    torch.set_num_threads(config.threads)
    torch.set_flush_denormal(True)
    policy = _policy(config, state)
    recordings = [Recording.open(path) for path in find_recordings(list(config.data))]
    card = PolicyCard(
        policy.sizes.to_json(),
        policy.view,
        policy.actions,
        recordings[0].info.to_json(),
        data=[recording.fingerprint() for recording in recordings],
    )
    if state is not None and sorted(card.data) != sorted(state.card.data):
        raise ClonestrikeError(f"{config.out} was trained on other recordings: give the same ones to resume it")
    learned, held_out = _data(config, recordings, policy.view)
    settings = config.settings
    streams = Streams(
        settings.prepared(learned),
        settings.plan(learned, config.seed, config.weapon),
        policy.view,
        streams=settings.streams,
        chunk=settings.chunk,
        seed=config.seed,
        augmentation=settings.augmentation,
    )
    if state is None:
        config = _measured(config, policy, streams, held_out)
    assert config.updates is not None
    learner = Learner(policy, settings, config.precision, config.updates)
    sizes = dict(zip(HEADS, policy.heads.sizes[:3], strict=True))
    _Run(config, card, learner, streams, held_out, frequencies(learned, sizes)).go(state)
    return config.out


def _policy(config: TrainConfig, state: TrainingState | None) -> PocketPolicy:
    if state is not None:
        return new_policy(state.card)
    view = PolicyView()
    if config.init is None:
        torch.manual_seed(config.seed)
        return PocketPolicy(view, actions=ACTION_SPACE)
    policy, card = load_policy(config.init)
    if card.view != view:
        raise ClonestrikeError(f"{config.init} has another view ({card.view}): start from a checkpoint with this one")
    return policy


def _data(config: TrainConfig, recordings: list[Recording], view: PolicyView) -> tuple[list[Stretch], list[Stretch]]:
    for recording in recordings:
        answers(recording, config.labels)  # missing labels are better told before the decoding
    found = stretches(recordings, config.cache.open(recordings, view), config.labels)
    if not any(stretch.labels.valid.any() for stretch in found):
        raise ClonestrikeError(
            f"no row of the {len(recordings)} recordings has a valid label: there is nothing to learn"
        )
    return split_runs(found, config.valid_fraction, config.seed)


def _measured(config: TrainConfig, policy: PocketPolicy, streams: Streams, held_out: list[Stretch]) -> TrainConfig:
    """The configuration with its precision and its number of updates settled: from here on the outcome is."""
    places = streams.places
    precision, seconds = probe(policy, config.settings, next(iter(streams)), config.precision)
    streams.places = places
    rows = sum(len(stretch) for stretch in held_out)
    scored = EVALUATIONS * min(rows, EVALUATION_ROWS) + min(rows, FINAL_ROWS)
    forward = (
        scored * seconds / (config.settings.streams * config.settings.chunk) / 3
    )  # an update is forward and twice back
    fitting = max(1, int((60 * config.minutes - forward) / seconds))
    return replace(config, precision=precision, updates=config.updates or fitting)


class _Run:
    """One training from its first or its resumed update to its last."""

    def __init__(
        self,
        config: TrainConfig,
        card: PolicyCard,
        learner: Learner,
        streams: Streams,
        held_out: list[Stretch],
        shares: dict[str, Floats],
    ) -> None:
        self._config, self._card, self._learner, self._streams = config, card, learner, streams
        self._held_out, self._shares = held_out, shares
        self._frames = self._done = 0
        self._places = streams.places
        self._scores: dict[str, Any] | None = None
        self._begin = time.perf_counter()

    def go(self, state: TrainingState | None) -> None:
        """Train, log, score and save."""
        self._config.out.mkdir(parents=True, exist_ok=True)
        if state is None:
            self._save()
        else:
            self._restore(state)
        metrics = Metrics(self._config.out / "metrics.jsonl", self._done)
        updates = self._learner.updates
        log_every, score_every = max(1, updates // LOG_LINES), max(20, -(-updates // EVALUATIONS))
        saved = lap = time.perf_counter()
        parts: list[dict[str, float]] = []
        lap_frames = self._frames
        with _progress() as bars, gathered(self._streams) as batches:
            bar = bars.add_task("training", total=updates, completed=self._done, figures="")
            while self._done < updates:
                batch, self._places = next(batches)
                parts.append(self._learner.update(batch, self._done))
                self._done += 1
                self._frames += int(batch.present.sum())
                last = self._done == updates
                if self._done % log_every == 0 or last:
                    now = time.perf_counter()
                    speed = (self._frames - lap_frames) / (now - lap)
                    losses = {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}
                    metrics.write(
                        {
                            **self._progress(),
                            "lr": self._learner.rate(self._done - 1),
                            "frames_per_second": speed,
                            "losses": losses,
                        }
                    )
                    bars.update(bar, completed=self._done, figures=f"loss {losses['loss']:.3f}, {speed:,.0f} frames/s")
                    parts, lap, lap_frames = [], now, self._frames
                if (self._done % score_every == 0 or last) and self._held_out:
                    self._scores = self._learner.score(
                        self._held_out, FINAL_ROWS if last else EVALUATION_ROWS, self._shares
                    )
                    metrics.write({**self._progress(), "held_out": self._scores})
                    lap = time.perf_counter()
                if last or time.perf_counter() - saved > self._config.checkpoint_seconds:
                    self._save()
                    saved = time.perf_counter()
        plot_curves(read_metrics(self._config.out / "metrics.jsonl"), self._config.out / "curves.png")

    def _progress(self) -> dict[str, Any]:
        return {"updates": self._done, "frames": self._frames, "seconds": time.perf_counter() - self._begin}

    def _save(self) -> None:
        learner, config = self._learner, self._config.to_json()
        training = {**self._progress(), "config": config, "held_out": self._scores}
        card = replace(self._card, training=training)
        save_policy(self._config.out, learner.policy, card)
        save_state(
            self._config.out,
            TrainingState(
                config=config,
                card=card,
                update=self._done,
                weights=learner.policy.state_dict(),
                optimiser=learner.optimiser.state_dict(),
                memory=learner.memory,
                places=torch.from_numpy(self._places),
            ),
        )

    def _restore(self, state: TrainingState) -> None:
        learner, progress = self._learner, state.card.training
        try:
            learner.policy.load_state_dict(state.weights)
            learner.optimiser.load_state_dict(state.optimiser)
            self._frames, self._scores = int(progress["frames"]), progress["held_out"]
            self._begin -= float(progress["seconds"])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"{self._config.out / RESUME} does not fit ({str(error).splitlines()[0]}): start anew"
            ) from None
        learner.memory, self._done = state.memory, state.update
        self._streams.places = self._places = state.places.numpy()


@contextmanager
def gathered(streams: Streams) -> Iterator[Iterator[tuple[Batch, Ints]]]:
    """Batches, each with the streams' places after it, gathered in a thread while the one before is learned."""
    batches = iter(streams)

    def gather() -> tuple[Batch, Ints]:
        batch = next(batches)
        return batch, streams.places

    def drain() -> Iterator[tuple[Batch, Ints]]:
        coming = pool.submit(gather)
        while True:
            ready = coming.result()
            coming = pool.submit(gather)
            yield ready

    with ThreadPoolExecutor(1) as pool:
        yield drain()


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    )
