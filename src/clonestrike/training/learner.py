"""Truncated backpropagation through time: one update per chunk, with the memory carried from chunk to chunk."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from clonestrike.core.actions import Floats
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.networks import Outputs, Policy
from clonestrike.training.allocator import keep_freed_memory
from clonestrike.training.config import Precision
from clonestrike.training.loss import TargetTensors
from clonestrike.training.metrics import HeldOut
from clonestrike.training.plans import whole_runs
from clonestrike.training.recipes import Recipe
from clonestrike.training.segments import Segment
from clonestrike.training.streams import Batch, Streams

FLOOR = 0.02
"""The cosine schedule ends at this share of the learning rate."""
PROBE_UPDATES = 5
SCORING_STREAMS = 32


class Learner:
    """A policy, its optimiser and the memory of each stream, all on the policy's device.

    Parts that the recipe freezes keep their weights and the statistics of their batch norms, as a layer of Keras does
    that is not trainable; drop-connect goes on in them. Raises ClonestrikeError when the policy has no such part.
    """

    def __init__(self, policy: Policy, recipe: Recipe, precision: Precision, updates: int, seed: int = 0) -> None:
        self.policy, self.recipe, self.precision, self.updates = policy, recipe, precision, updates
        self.device = next(policy.parameters()).device
        if self.device.type == "cpu":
            keep_freed_memory()
        self._frozen = frozen(policy, recipe.freeze)
        self._seed, self._random = seed, torch.Generator(self.device)
        self.optimiser = torch.optim.AdamW(
            policy.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay, eps=recipe.epsilon, foreach=True
        )
        self.memory = policy.empty_memory(recipe.streams)

    def take_moments(self, optimiser: dict[str, Any]) -> None:
        """Take over Adam's moments from another training of the same network; raises ValueError if they do not fit."""
        ours = self.optimiser.state_dict()
        shapes = dict(enumerate(weight.shape for weight in self.policy.parameters()))
        kept = optimiser["state"]  # without parts that were frozen
        for name in ("exp_avg", "exp_avg_sq"):
            if any(shapes.get(i) != moments[name].shape for i, moments in kept.items()):
                raise ValueError("moments of another network")
        self.optimiser.load_state_dict({"state": kept, "param_groups": ours["param_groups"]})

    def rate(self, update: int) -> float:
        """The learning rate of an update, counted from 0."""
        warm_up = min(self.recipe.warm_up, self.updates // 10)
        rate = self.recipe.lr * min(1.0, (update + 1) / (warm_up + 1))
        if self.recipe.schedule == "cosine":
            rate *= max(FLOOR, (1 + math.cos(math.pi * update / self.updates)) / 2)
        return rate

    def update(self, batch: Batch, number: int) -> dict[str, float]:
        """Do update ``number`` (from 0) on a chunk; returns the loss, and the mean of each of its parts."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(number)
        memory = self.memory * self._moved(~batch.begins)[:, None]
        self._random.manual_seed((self._seed << 32) + number)  # the same whether or not training was resumed
        self.policy.train()
        for part in self._frozen:
            part.eval()
        outputs, memory = self.predict(batch, memory, self._random)
        loss, parts = self.recipe.loss(outputs, self.targets(batch))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch has no types there
        if self.recipe.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.recipe.clip, foreach=True)
        self.optimiser.step()
        self.memory = memory.detach()
        return {"loss": float(loss.detach()), **{name: float(part) for name, part in parts.items()}}

    def predict(self, batch: Batch, memory: Tensor, noise: torch.Generator | None = None) -> tuple[Outputs, Tensor]:
        """The policy's outputs for a batch, and the memory (B, M) after it."""
        views = {part: self._moved(seen) for part, seen in batch.views.items()}
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            outputs, memory = self.policy(views, memory, noise)
        return outputs, memory

    def targets(self, batch: Batch) -> TargetTensors:
        """The batch's targets as tensors on the policy's device."""
        targets = batch.targets
        return TargetTensors(
            self._moved(targets.switches).float(),
            self._moved(targets.mouse_x),
            self._moved(targets.mouse_y),
            self._moved(targets.valid).float(),
            self._moved(batch.present).float(),
            self._moved(targets.reward),
        )

    def _moved(self, array: NDArray[Any]) -> Tensor:
        """The array on the policy's device; copying to a GPU does not block the CPU."""
        tensor = torch.from_numpy(array)
        return tensor if self.device.type == "cpu" else tensor.pin_memory().to(self.device, non_blocking=True)

    @torch.no_grad()
    def score(self, held_out: Sequence[Segment], rows: int, frequencies: Mapping[str, Floats]) -> dict[str, Any]:
        """Scores on about the first ``rows`` rows of held-out segments, beside the baselines (see HeldOut.scores)."""
        sequences = whole_runs(held_out, 0)(0)
        ends = np.cumsum([sequence.stop - sequence.start for sequence in sequences])
        chosen = sequences[: int(np.searchsorted(ends, rows)) + 1]
        streams = Streams(
            held_out,
            lambda _: chosen,
            self.policy.view,
            streams=min(SCORING_STREAMS, len(chosen)),
            chunk=max(1, self.recipe.streams * self.recipe.chunk // SCORING_STREAMS),
            epochs=1,
        )
        collected = HeldOut()
        self.policy.eval()
        memory = self.policy.empty_memory(min(SCORING_STREAMS, len(chosen)))
        for batch in streams:
            outputs, memory = self.predict(batch, memory * self._moved(~batch.begins)[:, None])
            probabilities = {
                "switches": outputs.switches.sigmoid().cpu().numpy(),
                "mouse_x": outputs.mouse_x.softmax(-1).cpu().numpy(),
                "mouse_y": outputs.mouse_y.softmax(-1).cpu().numpy(),
            }
            collected.add(probabilities, batch.targets, batch.begins)
        return collected.scores(frequencies)


def frozen(policy: Policy, names: Sequence[str]) -> list[nn.Module]:
    """Freeze the weights of parts of a policy, by name; raises ClonestrikeError if there is no such part or no rest."""
    parts = dict(policy.named_children())
    for name in names:
        if name not in parts:
            raise ClonestrikeError(f"the network has no part {name!r} to freeze", f"it has {', '.join(parts)}")
        parts[name].requires_grad_(False)
    if not any(weight.requires_grad for weight in policy.parameters()):
        raise ClonestrikeError("every part of the network is frozen", "leave one to learn")
    return [parts[name] for name in names]


def probe(policy: Policy, recipe: Recipe, batch: Batch, precision: Precision) -> tuple[Precision, float]:
    """Measure updates on copies of the policy; returns the precision and the median seconds of an update with it.

    With ``auto`` the precision is the faster one on this machine.
    """
    if precision == "auto":
        # bfloat16 without hardware support is ten times slower; a small batch is enough to see it.
        small = _first_streams(batch, max(1, recipe.streams // 8))
        seconds = {kind: _seconds(policy, recipe, small, kind, 2) for kind in ("float32", "bfloat16")}
        precision = "bfloat16" if seconds["bfloat16"] < 0.95 * seconds["float32"] else "float32"
    return precision, _seconds(policy, recipe, batch, precision, PROBE_UPDATES)


def _seconds(policy: Policy, recipe: Recipe, batch: Batch, precision: Any, updates: int) -> float:
    recipe = replace(recipe, streams=len(batch.begins))
    learner = Learner(copy.deepcopy(policy), recipe, precision, updates)
    seconds = []
    for _ in range(updates + 1):
        begin = time.perf_counter()
        learner.update(batch, 0)
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds[1:]))


def _first_streams(batch: Batch, n: int) -> Batch:
    targets = type(batch.targets)(*(getattr(batch.targets, part.name)[:, :n] for part in fields(batch.targets)))
    views = {part: seen[:, :n] for part, seen in batch.views.items()}
    return Batch(views, targets, batch.present[:, :n], batch.begins[:n])
