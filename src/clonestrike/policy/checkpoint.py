"""Checkpoints on disk: weights, card and ONNX file for playing, and the state for resuming the training."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile, regular, write_bytes
from clonestrike.policy.card import CARD, PolicyCard
from clonestrike.policy.networks import Policy, opened
from clonestrike.policy.onnx import to_onnx
from clonestrike.policy.shipped import checkpoint

WEIGHTS, GRAPH, RESUME = "policy.safetensors", "policy.onnx", "optimiser.pt"


def write(path: Path, content: bytes) -> None:
    """Write the whole file or nothing; raises ClonestrikeError when that fails."""
    try:
        write_bytes(path, content)
    except OSError as error:
        raise ClonestrikeError(
            f"{path} cannot be written ({error.strerror})", "make room or choose another folder"
        ) from None


def save_policy(folder: Path, policy: Policy, card: PolicyCard) -> None:
    """Write policy.safetensors, policy.json and policy.onnx.

    Raises ClonestrikeError when the disk is full, or, with nothing written, when the policy cannot be exported.
    """
    graph = to_onnx(policy, card)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.contiguous() for name, weight in policy.state_dict().items()}
    write(folder / WEIGHTS, safetensors.torch.save(weights))
    write(folder / CARD, card.to_text().encode())
    write(folder / GRAPH, graph)


def load_policy(folder: Path) -> tuple[Policy, PolicyCard]:
    """A policy and its card; raises ClonestrikeError when a file is missing or damaged, or they do not match."""
    folder = checkpoint(folder)
    try:
        card = PolicyCard.from_text(regular(folder / CARD).read_text(encoding="utf-8"), folder / CARD)
        policy = opened(card)
        policy.load_state_dict(safetensors.torch.load(regular(folder / WEIGHTS).read_bytes()))
    except FileNotFoundError as error:
        raise ClonestrikeError(f"{folder} is no checkpoint", f"it has no {Path(error.filename).name}") from None
    except (OSError, UnicodeDecodeError, safetensors.SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ClonestrikeError(f"the checkpoint {folder} is damaged ({reason})", "restore it or train again") from None
    return policy, card


@dataclass(frozen=True)
class TrainingState:
    """All that training needs to continue as if it had not stopped; the fields are the keys in optimiser.pt."""

    config: dict[str, Any]
    card: PolicyCard
    update: int
    weights: dict[str, Tensor]
    optimiser: dict[str, Any]
    memory: Tensor
    """float32 (B, M)"""
    places: Tensor
    """Streams.cursors, int64 (B + 1, 3)."""

    @classmethod
    def imported(cls, card: PolicyCard, optimiser: dict[str, Any]) -> Self:
        """Of a network that was not trained here: there is only an optimiser's state, to start another training."""
        return cls({}, card, 0, {}, optimiser, torch.zeros(0, 0), torch.zeros(0, 3, dtype=torch.int64))


def save_state(folder: Path, state: TrainingState) -> None:
    """Write optimiser.pt: one file, so that a killed process leaves either this state or the previous one.

    Raises ClonestrikeError when it cannot be written.
    """
    try:
        with AtomicFile(folder / RESUME) as partial:
            torch.save({**vars(state), "card": state.card.to_text()}, partial)
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError on a full disk
        raise ClonestrikeError(
            f"{folder / RESUME} cannot be written ({error})", "make room or choose another folder"
        ) from None


def load_state(folder: Path) -> TrainingState:
    """Read optimiser.pt; raises ClonestrikeError when it is missing or damaged."""
    path = folder / RESUME
    if not path.is_file():
        raise ClonestrikeError(
            f"{folder} has no {RESUME}", f"training cannot be resumed there, start anew or use --init {folder}"
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        return TrainingState(**{**content, "card": PolicyCard.from_text(content["card"], path)})
    except (OSError, RuntimeError, TypeError, ValueError, EOFError, KeyError, pickle.UnpicklingError) as error:
        reason = (str(error).splitlines() or ["cut short"])[0]
        raise ClonestrikeError(f"{path} is damaged ({reason})", f"start anew, or with --init {folder}") from None
