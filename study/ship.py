"""python -m study.ship RUN NAME: put a checkpoint into the package as ``pretrained:NAME``, with 16-bit weights.

The model card beside it, README.md, is written by hand.
"""

import sys
from dataclasses import replace
from pathlib import Path

import safetensors.torch
import torch

from clonestrike.policy.card import CARD
from clonestrike.policy.checkpoint import GRAPH, WEIGHTS, load_policy, write
from clonestrike.policy.onnx import to_onnx
from clonestrike.policy.shipped import FOLDER


def ship(run: Path, out: Path) -> None:
    """Write weights, card and ONNX file of the policy, all with the same rounded weights."""
    policy, card = load_policy(run)
    card = replace(card, data=[])  # without thousands of fingerprints
    weights = {name: weight.to(torch.float16).contiguous() for name, weight in policy.state_dict().items()}
    policy.load_state_dict(weights)
    out.mkdir(parents=True, exist_ok=True)
    write(out / WEIGHTS, safetensors.torch.save(weights))
    write(out / CARD, card.to_text().encode())
    write(out / GRAPH, to_onnx(policy, card, half=True))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m study.ship RUN NAME")
    ship(Path(sys.argv[1]), FOLDER / sys.argv[2])
