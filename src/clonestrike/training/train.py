"""Stage 3: recordings with actions become a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import torch

from clonestrike import console
from clonestrike.core.actions import ACTION_SPACE
from clonestrike.core.game_info import GameInfo
from clonestrike.core.opening import open_trajectories
from clonestrike.core.trajectory import Trajectory
from clonestrike.cores import usable_cores
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import CARD, PolicyCard
from clonestrike.policy.checkpoint import RESUME, TrainingState, load_policy, load_state
from clonestrike.policy.controls import known
from clonestrike.policy.networks import Policy, card_of, opened, untrained, view_of
from clonestrike.policy.view import PolicyView
from clonestrike.training.alike import check_alike
from clonestrike.training.allocator import return_freed_memory
from clonestrike.training.config import DEFAULT_MINUTES, TrainConfig
from clonestrike.training.learner import Learner, probe
from clonestrike.training.metrics import frequencies
from clonestrike.training.recipes import recipe
from clonestrike.training.run import EVALUATIONS, TrainingRun, scored_rows
from clonestrike.training.segments import Segment, check_learnable, segments, split_runs
from clonestrike.training.streams import Streams
from clonestrike.training.view_cache import ViewCache


def train(config: TrainConfig) -> Path:
    """Train a policy and write its checkpoint; returns the checkpoint's folder.

    With one thread, a training that was killed and resumed gives the same weights, bit for bit, as one that was not.

    Raises ClonestrikeError when there are no recordings or labels, recordings are not alike (see check_alike), ``out``
    holds a checkpoint already (without ``resume``) or none that can be resumed (with it), or ``init`` has another view
    or action space.
    """
    _check_lengths(config)
    state = load_state(config.out) if config.resume else None
    if state is not None:
        if not state.config:
            raise ClonestrikeError(f"{config.out} was imported, not trained", f"start from it: --init {config.out}")
        config = config.resumed(state.config)
    elif (config.out / CARD).exists() or (config.out / RESUME).exists():
        raise ClonestrikeError(
            f"{config.out} holds a checkpoint already", "use --resume to continue it, or another --out"
        )
    elif not config.lengths:
        config = replace(config, minutes=DEFAULT_MINUTES)
    threads = config.threads or usable_cores()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # denormal activations would slow the CPU down
    try:
        return _train(replace(config, threads=threads), state)
    finally:
        torch.set_flush_denormal(False)  # the setting is that of the whole process
        return_freed_memory()


def _check_lengths(config: TrainConfig) -> None:
    """Raise ClonestrikeError unless at most one length is given."""
    given = list(config.lengths)
    if len(given) > 1:
        raise ClonestrikeError(f"--{given[0]} and --{given[1]} both give the length of the training", "choose one")


def _train(config: TrainConfig, state: TrainingState | None) -> Path:
    settings = recipe(config)
    recordings = open_trajectories(config.data, config.strict)
    for recording in recordings:
        if not recording.info.frame_height:
            raise ClonestrikeError(f"{recording.path} has no frames", "train on play that was imported with pictures")
    check_alike([(recording.path, recording.info) for recording in recordings])
    info = recordings[0].info
    device = _device(config.device)
    policy, before = _policy(config, state, info)
    policy.to(device)
    card = replace(
        card_of(policy),
        game=info.to_json(),
        data=[recording.fingerprint() for recording in recordings],
        decoding=config.decoding or settings.decoding or (before or PolicyCard).decoding,
        controls=known({*settings.loss.controls, *(before.controls if before else ())}, "the card"),
        jump_scale=settings.jump_scale or (before or PolicyCard).jump_scale,
    )
    if state is not None and sorted(card.data) != sorted(state.card.data):
        raise ClonestrikeError(f"{config.out} was trained on other recordings", "give the same ones to resume it")
    learned, held_out = _data(config, recordings, policy.view)
    selection = settings.selection(learned, config.seed, config.weapon, config.far)
    if selection is not None:
        console.messages.print(str(selection), markup=False, soft_wrap=True)
        card = replace(card, training={"selection": selection.to_json()})
    streams = Streams(
        learned,
        settings.plan(learned, config.seed, selection),
        policy.view,
        streams=settings.streams,
        chunk=settings.chunk,
        seed=config.seed,
        augmentation=settings.augmentation,
        edit_labels=settings.edit_labels,
    )
    config = _settled(config, policy, streams, held_out, state)
    assert config.updates is not None
    if state is not None and config.updates < state.update:
        raise ClonestrikeError(
            f"{config.out} has done {state.update} updates already, more than {config.updates}",
            "give the length of the whole training",
        )
    learner = Learner(policy, settings, config.precision, config.updates, config.seed)
    if state is None and config.init is not None and settings.restore_moments:
        _take_moments(learner, config.init)
    shares = frequencies(learned, ACTION_SPACE.widths)
    TrainingRun(config, card, learner, streams, held_out, shares, _kept_epochs(config, streams)).go(state)
    return config.out


def _device(name: str) -> torch.device:
    """The torch device of this name; raises ClonestrikeError when it cannot be used."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).splitlines()[0]
        raise ClonestrikeError(f"the device {name} cannot be used ({reason})", "use --device auto or cpu") from None
    return device


def _policy(config: TrainConfig, state: TrainingState | None, info: GameInfo) -> tuple[Policy, PolicyCard | None]:
    """The policy to train, and the card of its checkpoint; None if it is new."""
    frame = info.frame_height, info.frame_width
    if state is not None:
        return opened(state.card), state.card
    if config.init is None:
        torch.manual_seed(config.seed)
        return untrained(config.model, frame, info.crosshair, config.trunk), None
    if config.trunk is not None:
        raise ClonestrikeError("--init brings a trunk of its own", "leave out --trunk")
    policy, card = load_policy(config.init)
    view = view_of(card, frame, info.crosshair)
    if view is None:
        raise ClonestrikeError(f"{config.init} has another view ({card.view})", "start from a checkpoint with this one")
    policy.view = view
    return policy, card


def _take_moments(learner: Learner, init: Path) -> None:
    """Give the learner Adam's moments of the checkpoint ``init``, if it has any."""
    if not (init / RESUME).exists():
        return
    try:
        learner.take_moments(load_state(init).optimiser)
    except (KeyError, TypeError, ValueError) as error:
        raise ClonestrikeError(f"{init / RESUME} does not fit ({error})", "remove it to start without") from None


def _data(config: TrainConfig, recordings: list[Trajectory], view: PolicyView) -> tuple[list[Segment], list[Segment]]:
    check_learnable(recordings, config.labels)  # before frames are decoded, which takes long
    views = ViewCache.of(config).open(recordings, view)
    found = segments(recordings, views, config.labels, skipped=recipe(config).skipped_rows)
    if not any(segment.targets.valid.any() for segment in found):
        raise ClonestrikeError(
            f"no row of the {len(recordings)} recordings has a valid label", "there is nothing to learn"
        )
    return split_runs(found, config.valid_fraction, config.seed)


def _settled(
    config: TrainConfig, policy: Policy, streams: Streams, held_out: list[Segment], state: TrainingState | None
) -> TrainConfig:
    """The configuration with precision and number of updates measured: these decide the outcome from here on.

    For a training that is resumed, another number of minutes counts at the pace that it had.
    """
    if config.updates is None and config.epochs is not None:
        config = replace(config, updates=streams.updates(config.epochs))
    if config.minutes is not None and config.updates is None and state is not None and state.update:
        pace = float(state.card.training["seconds"]) / state.update
        config = replace(config, updates=max(1, int(60 * config.minutes / pace)))
    if config.updates is not None and config.precision != "auto":
        return config
    cursors, settings = streams.cursors, recipe(config)
    precision, seconds = probe(policy, settings, next(iter(streams)), config.precision)
    streams.cursors = cursors
    if config.updates is not None:
        return replace(config, precision=precision)
    assert config.minutes is not None
    rows = sum(len(segment) for segment in held_out)
    frames = settings.streams * settings.chunk
    evaluated, final = scored_rows(int(60 * config.minutes / seconds) * frames)
    scored = EVALUATIONS * min(rows, evaluated) + min(rows, final)
    scoring = scored * seconds / frames / 3  # an update is forward, and twice that back
    fitting = max(1, int((60 * config.minutes - scoring) / seconds))
    return replace(config, precision=precision, updates=fitting)


def _kept_epochs(config: TrainConfig, streams: Streams) -> dict[int, int]:
    """The number of updates after which an epoch is over that is to be kept -> the number of the epoch."""
    if config.keep_every is None:
        return {}
    assert config.updates is not None
    ends = enumerate(takewhile(config.updates.__ge__, streams.epoch_ends()), 1)
    return {update: epoch for epoch, update in ends if epoch % config.keep_every == 0}
