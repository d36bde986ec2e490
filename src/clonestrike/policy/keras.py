"""Imports the original's Keras networks as checkpoints of the paper's network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clonestrike.errors import ClonestrikeError
from clonestrike.files import staging_folder
from clonestrike.formats.original.keras import HEADS, KerasNetwork, read_hypers, read_network
from clonestrike.formats.original.layout import game_info
from clonestrike.formats.original.model_files import ModelFiles
from clonestrike.formats.original.optimiser import KerasMoments, read_moments
from clonestrike.policy.card import CARD, paper_jumps
from clonestrike.policy.checkpoint import TrainingState, save_policy, save_state
from clonestrike.policy.controls import PAPER
from clonestrike.policy.networks import card_of
from clonestrike.policy.networks.paper import PaperPolicy, PaperSizes
from clonestrike.policy.networks.paper.efficientnet import GROUPS
from clonestrike.policy.view import PolicyView

HWIO_TO_OIHW = (3, 2, 0, 1)
HWC1_TO_C1HW = (2, 3, 0, 1)


def import_keras(files: ModelFiles, out: Path) -> dict[str, Any]:
    """Convert a network of the original to a checkpoint; returns its folder, architecture and size.

    Adam's moments are kept for a training that starts from it. Raises ClonestrikeError when the files are not usable,
    or ``out`` holds a checkpoint already.
    """
    if (out / CARD).exists():
        raise ClonestrikeError(f"{out} holds a checkpoint already", "use another --out")
    architecture, weights = files.architecture, files.weights
    network = read_network(architecture, weights)
    known = {} if files.hypers is None else read_hypers(files.hypers)
    try:
        policy = policy_of(network)
    except RuntimeError as error:  # torch names the first weight that does not fit
        reason = str(error).splitlines()[-1].strip()
        raise ClonestrikeError(f"{weights} does not fit {architecture.name} ({reason})", "give the pair") from None
    moments = None if files.optimiser is None else read_moments(files.optimiser, network)
    training = {"imported": {"architecture": architecture.name, "weights": weights.name, "hyper-parameters": known}}
    card = replace(
        card_of(policy),
        game=game_info("").to_json(),
        training=training,
        decoding="paper",
        controls=PAPER,
        jump_scale=paper_jumps(architecture.stem),
    )
    with staging_folder(out) as folder:
        save_policy(folder, policy, card)
        if moments is not None:
            save_state(folder, TrainingState.imported(card, adam(policy, network, moments)))
        out.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            file.replace(out / file.name)
    parameters = sum(weight.numel() for weight in policy.parameters())
    return {
        "checkpoint": out,
        "architecture": card.architecture,
        "trained weights": parameters,
        "updates of Adam": None if moments is None else moments.steps,
        "decoding": card.decoding,
        "controls": ",".join(card.controls),
        "jump factor": card.jump_scale,
    }


def adam(policy: PaperPolicy, network: KerasNetwork, moments: KerasMoments) -> dict[str, Any]:
    """The state of torch's Adam with these moments, for the policy of the same network."""
    first, second = (
        {name: torch.from_numpy(np.ascontiguousarray(moment)) for name, moment in _weights(replaced)}
        for replaced in (
            replace(network, weights={**network.weights, **part}) for part in (moments.first, moments.second)
        )
    )
    steps = float(moments.steps)
    state = {
        number: {"step": torch.tensor(steps), "exp_avg": first[name], "exp_avg_sq": second[name]}
        for number, (name, _) in enumerate(policy.named_parameters())
    }
    return {"state": state, "param_groups": []}


def policy_of(network: KerasNetwork) -> PaperPolicy:
    """The same network as a policy; raises RuntimeError when a weight has a wrong shape."""
    view = PolicyView(network.picture, network.picture, None, (0, 0))
    sizes = PaperSizes("b0", network.filters, network.lstm, network.lowres, network.dropout)
    with torch.device("meta"):  # shapes only: they are compared before any memory is allocated
        policy = PaperPolicy(view, sizes)
    counts = {name: torch.tensor(0) for name in policy.state_dict() if name.endswith("num_batches_tracked")}
    found = {name: torch.from_numpy(np.ascontiguousarray(weight)) for name, weight in _weights(network)}
    policy.load_state_dict({**counts, **found}, assign=True)
    return policy.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _weights(network: KerasNetwork) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yields our name of every weight, and its values in our layout."""
    theirs = network.weights
    yield "trunk.scale", network.scale
    yield "trunk.offset", network.offset
    for ours, conv, norm, kernel in _convolutions():
        transposed = HWC1_TO_C1HW if kernel == "depthwise_kernel" else HWIO_TO_OIHW
        yield f"{ours}.0.weight", theirs[f"{conv}/{kernel}"].transpose(transposed)
        for part, name in (
            ("weight", "gamma"),
            ("bias", "beta"),
            ("running_mean", "moving_mean"),
            ("running_var", "moving_variance"),
        ):
            yield f"{ours}.1.{part}", theirs[f"{norm}/{name}"]
    for number, name in enumerate(block_names()):
        for part in ("reduce", "expand"):
            yield (
                f"trunk.blocks.{number}.excite.{part}.weight",
                theirs[f"{name}_se_{part}/kernel"].transpose(HWIO_TO_OIHW),
            )
            yield f"trunk.blocks.{number}.excite.{part}.bias", theirs[f"{name}_se_{part}/bias"]
    for number in range(len(network.filters)):
        yield f"memories.{number}.kernel", theirs[f"memory{number}/kernel"].transpose(HWIO_TO_OIHW)
        yield f"memories.{number}.recurrent", theirs[f"memory{number}/recurrent_kernel"].transpose(HWIO_TO_OIHW)
        yield f"memories.{number}.bias", theirs[f"memory{number}/bias"]
    if network.lstm is not None:  # torch has the same order of gates, i f c o, and two biases
        yield "lstm.weight_ih_l0", theirs["lstm/kernel"].T
        yield "lstm.weight_hh_l0", theirs["lstm/recurrent_kernel"].T
        yield "lstm.bias_ih_l0", theirs["lstm/bias"]
        yield "lstm.bias_hh_l0", np.zeros_like(theirs["lstm/bias"])
    yield "heads.weight", np.concatenate([theirs[f"{head}/kernel"] for head in HEADS], 1).T
    yield "heads.bias", np.concatenate([theirs[f"{head}/bias"] for head in HEADS])


def block_names() -> list[str]:
    """Keras' names of EfficientNet-B0's blocks up to stage 5: block1a, block2a, block2b, and so on."""
    return [f"block{i}{'abc'[j]}" for i, stage in enumerate(GROUPS, 1) for j in range(stage.repeats)]


def _convolutions() -> Iterator[tuple[str, str, str, str]]:
    """Yields our name of every convolution, and Keras' names of it, of its batch norm, and of its kernel."""
    yield "trunk.stem", "stem_conv", "stem_bn", "kernel"
    for number, name in enumerate(block_names()):
        ours = f"trunk.blocks.{number}"
        if number:  # the first block does not expand
            yield f"{ours}.expand", f"{name}_expand_conv", f"{name}_expand_bn", "kernel"
        yield f"{ours}.depthwise", f"{name}_dwconv", f"{name}_bn", "depthwise_kernel"
        yield f"{ours}.project", f"{name}_project_conv", f"{name}_project_bn", "kernel"
