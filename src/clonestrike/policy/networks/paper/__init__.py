"""The paper's network with its variants, and the same with a lighter trunk."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from clonestrike.policy.networks.network import Network, Size, Variant
from clonestrike.policy.networks.paper.graph import paper_graph
from clonestrike.policy.networks.paper.imagenet import load_trunk
from clonestrike.policy.networks.paper.policy import PaperPolicy, PaperSizes
from clonestrike.policy.view import PolicyView

__all__ = ["LITE", "PAPER", "PaperPolicy", "PaperSizes"]

PICTURE = (150, 280)
"""Height and width of what it sees."""


def seen(frame: Size, _: Size | None) -> PolicyView:
    """A view of the whole frame, scaled to PICTURE; the crosshair does not matter."""
    return PolicyView(frame, PICTURE, None, (0, 0))


def start_trunk(policy: PaperPolicy, source: str) -> None:
    """Load weights of an EfficientNet into the policy's trunk (see `load_trunk`)."""
    load_trunk(policy.trunk, source)


PAPER = Network(
    name="paper",
    help="of Pearce & Zhu (2022)",
    sizes=PaperSizes(),
    policy=PaperPolicy,
    view=seen,
    variants={
        "big": Variant("512 filters", lambda sizes: replace(sizes, filters=(512, *sizes.filters[1:]))),
        "extra": Variant("a second convolutional LSTM", lambda sizes: replace(sizes, filters=(*sizes.filters, 256))),
        "LSTM": Variant("an LSTM behind the convolutional one", lambda sizes: replace(sizes, lstm=256)),
        "lowres": Variant("pictures of 100 x 187", lambda sizes: replace(sizes, lowres=(100, 187))),
        "drop": Variant("dropout in the memories", lambda sizes: replace(sizes, dropout=0.5)),
        "randinit": Variant("a trunk with random weights, which it has without --trunk anyway", trunk=False),
    },
    graph=paper_graph,
    int8=partial(paper_graph, int8=True),
    start_trunk=start_trunk,
)
LITE = replace(PAPER, name="lite", help="the paper's with the trunk EfficientNet-Lite0", sizes=PaperSizes("lite0"))
"""Its checkpoints are those of `PAPER`, with other sizes."""
