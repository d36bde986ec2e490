"""Stage 3: recordings with actions become a checkpoint."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from clonestrike.actions import Floats
from clonestrike.allocator import give_back_memory
from clonestrike.console import progress
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import GameInfo
from clonestrike.learner import Learner, Precision, probe
from clonestrike.policy.architectures import RANDOM_TRUNK, Policy, new_policy, of_frames, untrained
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.checkpoint import (
    CARD,
    RESUME,
    TrainingState,
    load_policy,
    load_state,
    save_policy,
    save_state,
)
from clonestrike.policy.paper import PaperPolicy
from clonestrike.policy.pretrained import load_trunk
from clonestrike.policy_view import PolicyView
from clonestrike.recipes import Recipe, RecipeName, recipe
from clonestrike.sampling import Streams, gathered
from clonestrike.sequences import LabelSource, Stretch, answers, split_runs, stretches
from clonestrike.training_metrics import HEADS, Metrics, frequencies, plot_curves, read_metrics
from clonestrike.trajectories import open_trajectories
from clonestrike.trajectory import Trajectory
from clonestrike.view_cache import ViewCache

EVALUATIONS = 8
"""How often held-out runs are scored while training, about."""
EVALUATION_ROWS, FINAL_ROWS = 6_000, 40_000
LOG_LINES = 300


@dataclass(frozen=True)
class TrainConfig:
    """What to train on what, and for how long."""

    data: tuple[Path, ...]
    """Recordings, the original's files, or folders of them."""
    out: Path
    model: str = "pocket"
    """See architectures.untrained."""
    trunk: str | None = None
    """Weights for the trunk of model paper or lite to start with, see pretrained.load_trunk."""
    recipe: RecipeName = "default"
    minutes: float = 5.0
    """Turned into a number of updates by a measurement at the start."""
    updates: int | None = None
    """Instead of minutes."""
    epochs: int | None = None
    """Instead of both."""
    labels: LabelSource = "label"
    """Learn the inferred labels, or the true actions."""
    init: Path | None = None
    """Start with the weights of this checkpoint, and its architecture; the paper's recipe also with its moments."""
    resume: bool = False
    """Go on where the training in ``out`` stopped; its own settings hold."""
    strict: bool = False
    """Refuse original files of which not all can be used."""
    weapon: str | None = None
    """For kill-aware sampling: only windows in which this weapon is held."""
    far: bool = False
    """For kill-aware sampling: always take windows in the corners of dust2 that are seldom visited."""
    lr: float | None = None
    """Instead of the recipe's, as are streams and chunk."""
    streams: int | None = None
    chunk: int | None = None
    valid_fraction: float = 0.1
    """Share of the rows, in whole runs, that is held out."""
    seed: int = 0
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    precision: Precision = "auto"
    device: str = "auto"
    """Of torch, such as cpu or cuda:1; auto is the first graphics card, or the processor where there is none."""
    decoding: str = "default"
    """By which the policy will play best, as its card says."""
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
        for name in ("data", "out", "resume", "strict", "device", "cache", "checkpoint_seconds"):
            del kept[name]
        return {**kept, "init": None if self.init is None else str(self.init)}

    def resumed(self, kept: dict[str, Any]) -> TrainConfig:
        """The configuration of the training that goes on; data, out, device and cache are this one's."""
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
    if config.updates is not None and config.epochs is not None:
        raise ClonestrikeError("--updates and --epochs are two answers to one question: give one")
    if config.updates is None and config.epochs is None and config.minutes <= 0:
        raise ClonestrikeError(f"{config.minutes:g} minutes are no time to train: give more, or a number of updates")
    torch.set_num_threads(config.threads)
    torch.set_flush_denormal(True)  # tiny activations would slow the processor down
    try:
        return _train(config, state)
    finally:
        torch.set_flush_denormal(False)  # it holds for the whole process
        give_back_memory()


def _train(config: TrainConfig, state: TrainingState | None) -> Path:
    recordings = open_trajectories(config.data, config.strict)
    info = recordings[0].info
    device = _device(config.device)
    policy = _policy(config, state, info).to(device)
    card = PolicyCard(
        policy.sizes.to_json(),
        policy.view,
        policy.actions,
        recordings[0].info.to_json(),
        data=[recording.fingerprint() for recording in recordings],
        decoding=config.decoding,
    )
    if state is not None and sorted(card.data) != sorted(state.card.data):
        raise ClonestrikeError(f"{config.out} was trained on other recordings: give the same ones to resume it")
    learned, held_out = _data(config, recordings, policy.view)
    settings = config.settings
    streams = Streams(
        learned,
        settings.plan(learned, config.seed, config.weapon, config.far),
        policy.view,
        streams=settings.streams,
        chunk=settings.chunk,
        seed=config.seed,
        augmentation=settings.augmentation,
        clean_up=settings.clean_up,
    )
    if state is None:
        config = _settled(config, policy, streams, held_out)
    assert config.updates is not None
    learner = Learner(policy, settings, config.precision, config.updates, config.seed)
    if state is None and config.init is not None and settings.restore_moments:
        _take_moments(learner, config.init)
    sizes = dict(zip(HEADS, policy.heads.sizes[:3], strict=True))
    _Run(config, card, learner, streams, held_out, frequencies(learned, sizes)).go(state)
    return config.out


def _device(name: str) -> torch.device:
    """By name; raises ClonestrikeError when it is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).splitlines()[0]
        raise ClonestrikeError(f"the device {name} cannot be used ({reason}): use --device auto or cpu") from None
    return device


def _policy(config: TrainConfig, state: TrainingState | None, info: GameInfo) -> Policy:
    if state is not None:
        return new_policy(state.card)
    if config.init is None:
        torch.manual_seed(config.seed)
        policy = untrained(config.model, (info.frame_height, info.frame_width), info.game)
        if config.trunk is not None:
            _start_trunk(policy, config.model, config.trunk)
        return policy
    if config.trunk is not None:
        raise ClonestrikeError("--init brings a trunk of its own: leave out --trunk")
    policy, card = load_policy(config.init)
    view = of_frames(card.view, (info.frame_height, info.frame_width), info.game)
    if view is None:
        raise ClonestrikeError(f"{config.init} has another view ({card.view}): start from a checkpoint with this one")
    policy.view = view
    return policy


def _start_trunk(policy: Policy, model: str, source: str) -> None:
    if not isinstance(policy, PaperPolicy):
        raise ClonestrikeError("the pocket policy has no trunk to start with: use --model paper or lite")
    if RANDOM_TRUNK in model:
        raise ClonestrikeError(f"{RANDOM_TRUNK} means a trunk with random weights: leave it out, or --trunk")
    load_trunk(policy.trunk, source)


def _take_moments(learner: Learner, init: Path) -> None:
    """Adam's state from the checkpoint, where it has one."""
    if not (init / RESUME).exists():
        return
    try:
        learner.take_moments(load_state(init).optimiser)
    except (KeyError, TypeError, ValueError) as error:
        raise ClonestrikeError(f"{init / RESUME} does not fit ({error}): remove it to start without") from None


def _data(config: TrainConfig, recordings: list[Trajectory], view: PolicyView) -> tuple[list[Stretch], list[Stretch]]:
    for recording in recordings:
        answers(recording, config.labels)  # missing labels are better told before the decoding
    found = stretches(recordings, config.cache.open(recordings, view), config.labels)
    if not any(stretch.labels.valid.any() for stretch in found):
        raise ClonestrikeError(
            f"no row of the {len(recordings)} recordings has a valid label: there is nothing to learn"
        )
    return split_runs(found, config.valid_fraction, config.seed)


def _settled(config: TrainConfig, policy: Policy, streams: Streams, held_out: list[Stretch]) -> TrainConfig:
    """The configuration with its precision and its number of updates measured: from here on the outcome is fixed."""
    if config.epochs is not None:
        config = replace(config, updates=streams.updates(config.epochs))
    if config.updates is not None and config.precision != "auto":
        return config
    places, settings = streams.places, config.settings
    precision, seconds = probe(policy, settings, next(iter(streams)), config.precision)
    streams.places = places
    rows = sum(len(stretch) for stretch in held_out)
    frames = settings.streams * settings.chunk
    evaluated, final = _scored_rows(int(60 * config.minutes / seconds) * frames)
    scored = EVALUATIONS * min(rows, evaluated) + min(rows, final)
    scoring = scored * seconds / frames / 3  # an update is forward, and twice that back
    fitting = max(1, int((60 * config.minutes - scoring) / seconds))
    return replace(config, precision=precision, updates=config.updates or fitting)


def _scored_rows(frames: int) -> tuple[int, int]:
    """How many held-out rows are scored now and then, and at the end: a tenth of the time that so many frames take."""
    return min(EVALUATION_ROWS, max(250, frames // 40)), min(FINAL_ROWS, max(1_000, frames // 10))


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
            if self._done == self._learner.updates:  # killed after the last update, before all was written
                self._save()
        metrics = Metrics(self._config.out / "metrics.jsonl", self._done)
        updates, lap, saved = self._learner.updates, _Lap(), time.perf_counter()
        log_every, score_every = max(1, updates // LOG_LINES), max(20, -(-updates // EVALUATIONS))
        with progress() as bars, gathered(self._streams) as batches:
            bar = bars.add_task("training", total=updates, completed=self._done)
            while self._done < updates:
                batch, self._places = next(batches)
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
                if (self._done % score_every == 0 or last) and self._held_out:
                    rows = _scored_rows(updates * self._learner.recipe.streams * self._learner.recipe.chunk)
                    self._scores = self._learner.score(self._held_out, rows[last], self._shares)
                    metrics.write({**self._so_far(), "held_out": self._scores})
                    lap = _Lap()
                if last or time.perf_counter() - saved > self._config.checkpoint_seconds:
                    self._save()
                    saved = time.perf_counter()
        plot_curves(read_metrics(self._config.out / "metrics.jsonl"), self._config.out / "curves.png")

    def _so_far(self) -> dict[str, Any]:
        return {"updates": self._done, "frames": self._frames, "seconds": time.perf_counter() - self._begin}

    def _save(self) -> None:
        learner, config = self._learner, self._config.to_json()
        training = {**self._so_far(), "config": config, "held_out": self._scores}
        card = replace(self._card, training=training)
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
        save_policy(self._config.out, learner.policy, card)

    def _restore(self, state: TrainingState) -> None:
        learner, training = self._learner, state.card.training
        try:
            learner.policy.load_state_dict(state.weights)
            learner.optimiser.load_state_dict(state.optimiser)
            self._frames, self._scores = int(training["frames"]), training["held_out"]
            self._begin -= float(training["seconds"])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"{self._config.out / RESUME} does not fit ({str(error).splitlines()[0]}): start anew"
            ) from None
        learner.memory, self._done = state.memory.to(learner.device), state.update
        self._streams.places = self._places = state.places.numpy()


@dataclass
class _Lap:
    """What happened since the last line of metrics."""

    losses: list[dict[str, float]] = field(default_factory=list)
    frames: int = 0
    begin: float = field(default_factory=time.perf_counter)

    def figures(self, update: int) -> dict[str, Any]:
        """Mean losses and speed; raises ClonestrikeError when a loss is not finite."""
        losses = {name: float(np.mean([part[name] for part in self.losses])) for name in self.losses[0]}
        if not np.isfinite(list(losses.values())).all():
            raise ClonestrikeError(
                f"the loss is not finite any more after {update} updates: start anew with a lower --lr"
            )
        return {"frames_per_second": self.frames / (time.perf_counter() - self.begin), "losses": losses}
