"""The record that describes a network, and the protocol of a policy that can be trained, exported and played.

Does not import torch: networks can be listed without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, Self, TypeVar

import msgspec

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.view import PolicyView

if TYPE_CHECKING:
    import torch
    from _typeshed import DataclassInstance
    from torch import Tensor, nn

    from clonestrike.policy.onnx_graph import Graph

Size = tuple[int, int]
"""Height and width of a frame, or row and column of a pixel in it."""


class Outputs(NamedTuple):
    """Logits of the 13 switches (T, B, 13), of mouse x (T, B, 23) and of mouse y (T, B, 15), and the value (T, B)."""

    switches: Tensor
    mouse_x: Tensor
    mouse_y: Tensor
    value: Tensor


class Policy(Protocol):
    """A ``torch.nn.Module`` from sequences of frames to outputs, whose memory is one flat tensor.

    The methods after `forward` are those of every module.
    """

    view: PolicyView
    """What it sees of a frame; only the position of the crop may change later."""

    @property
    def network(self) -> str:
        """Name of its network, which opens its checkpoints."""

    @property
    def sizes(self) -> DataclassInstance:
        """Its hyperparameters: a frozen dataclass of plain values, kept in ``policy.json``."""

    def empty_memory(self, streams: int) -> Tensor:
        """The memory at the beginning of a run: float32 (B, M) on the policy's device; M may be 0."""

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        """Every part of the view, uint8 (T, B, H, W, 3) RGB, and memory (B, M) -> outputs, and memory after T steps.

        ``noise``, given in training only, is the generator of random numbers such as those of dropout.
        """

    def __call__(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]: ...

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def named_children(self) -> Iterator[tuple[str, nn.Module]]: ...

    def state_dict(self) -> dict[str, Tensor]: ...

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object: ...

    def train(self, mode: bool = True) -> Self: ...

    def eval(self) -> Self: ...

    def to(self, device: torch.device) -> Self: ...


Built = TypeVar("Built", bound=Policy)
Sizes = TypeVar("Sizes", bound="DataclassInstance")


@dataclass(frozen=True)
class Variant(Generic[Sizes]):
    """A named change of a network, as in ``pocket:big``."""

    help: str
    sizes: Callable[[Sizes], Sizes] = lambda sizes: sizes
    view: Callable[[PolicyView], PolicyView] = lambda view: view
    trunk: bool = True
    """Whether its trunk can start with given weights."""


@dataclass(frozen=True, kw_only=True)
class Network(Generic[Sizes, Built]):
    """A network; packages offer theirs as an entry point in the group ``clonestrike.networks``."""

    name: str
    """Name of its entry point, as in ``train --model NAME``."""
    help: str
    sizes: Sizes
    """Hyperparameters of the network without variants."""
    policy: Callable[[PolicyView, Sizes], Built]
    """Builds a policy with random weights."""
    view: Callable[[Size, Size | None], PolicyView]
    """Frame size (height, width) and crosshair (row, column), or None for the centre -> the policy's view."""
    variants: Mapping[str, Variant[Sizes]] = field(default_factory=dict)
    graph: Callable[[Built], Graph] | None = None
    """Writes one step as an ONNX graph (names as in `policy.onnx.to_onnx`); None to use torch's exporter."""
    int8: Callable[[Built], Graph] | None = None
    """The same in 8-bit integers; None if the network does not offer it."""
    start_trunk: Callable[[Built, str], None] | None = None
    """Loads a file's weights into the policy's trunk, or raises ClonestrikeError; None if it has no trunk."""

    def untrained(
        self,
        frame: Size,
        crosshair: Size | None,
        variants: Sequence[str] = (),
        trunk: str | None = None,
    ) -> Built:
        """A policy with random weights for frames of this size, optionally with trained weights in its trunk.

        Raises ClonestrikeError when there is no such variant or trunk, or its view does not fit in the frame.
        """
        sizes, view = self.sizes, self.view(frame, crosshair)
        for name in variants:
            if name not in self.variants:
                there = f"there are {', '.join(self.variants)}" if self.variants else "it has none"
                raise ClonestrikeError(f"unknown variant {name!r} of the network {self.name}", there)
            variant = self.variants[name]
            if trunk is not None and not variant.trunk:
                raise ClonestrikeError(f"{name} has a trunk with random weights", f"leave out {name} or --trunk")
            sizes, view = variant.sizes(sizes), variant.view(view)
        policy = self.policy(view, sizes)
        if trunk is not None:
            if self.start_trunk is None:
                raise ClonestrikeError(
                    f"the network {self.name} has no trunk to start with weights", "leave out --trunk"
                )
            self.start_trunk(policy, trunk)
        return policy

    def opened(self, card: PolicyCard) -> Built:
        """An untrained policy as a card describes it; raises ClonestrikeError when the card is not readable."""
        return self.policy(card.view, self.read(card.architecture))

    def read(self, architecture: Mapping[str, Any]) -> Sizes:
        """The hyperparameters in a card's architecture; raises ClonestrikeError when one is missing or unknown."""
        kept = {name: value for name, value in architecture.items() if name != "name"}
        wrong = kept.keys() ^ {part.name for part in fields(self.sizes)}
        try:
            if wrong:
                raise ValueError(f"{', '.join(sorted(wrong))} missing or unknown")
            return msgspec.convert(kept, type(self.sizes))
        except ValueError as error:  # msgspec's errors are ValueErrors
            raise ClonestrikeError(
                f"the policy's architecture is not readable ({error})", f"use a checkpoint of the network {self.name}"
            ) from None
