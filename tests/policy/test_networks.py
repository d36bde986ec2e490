"""Networks from outside: found, built, exported by torch and played like ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tests.policy.networks.paper.test_policy import scrambled
from tests.policy.test_onnx import by_onnx, forgetful, pocket, shown
from tests.policy.tiny import TINY, TinyPolicy, TinySizes
from torch import Tensor

from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.agent import Agent
from clonestrike.policy.checkpoint import load_policy, save_policy
from clonestrike.policy.networks import NETWORKS, Outputs, Policy, card_of, opened, untrained
from clonestrike.policy.networks.paper import PaperPolicy, PaperSizes
from clonestrike.policy.onnx import exported, to_onnx

FRAME = (90, 160)


def tiny() -> TinyPolicy:
    """With statistics and weights that say something."""
    torch.manual_seed(5)
    policy = untrained("tiny:wide", FRAME)
    assert isinstance(policy, TinyPolicy)
    with torch.no_grad():
        policy.norm.load_state_dict(
            {"running_mean": torch.randn(4) / 10, "running_var": torch.rand(4) / 50}, strict=False
        )
        for weight in policy.heads.parameters():
            weight.mul_(5)
    return policy


def test_ours_are_found_by_name() -> None:
    assert NETWORKS.names() == ["lite", "paper", "pocket"]
    for network in NETWORKS:
        assert NETWORKS.get(network.name) is network


@pytest.mark.usefixtures("tiny_package")
def test_a_network_from_outside_plays_as_torch_does(tmp_path: Path) -> None:
    policy = tiny()
    save_policy(tmp_path / "run", policy, card_of(policy))
    assert policy.training  # as it was
    policy.eval()
    random = np.random.default_rng(0)
    frames = [random.integers(0, 256, (*FRAME, 3), dtype=np.uint8) // (1 + i % 3) for i in range(12)]
    seen = np.stack([policy.view.see(frame)["whole"] for frame in frames])[:, None]
    with torch.no_grad():
        expected, _ = policy({"whole": torch.from_numpy(seen)}, policy.empty_memory(1))
    agent = Agent(tmp_path / "run")
    for step, frame in enumerate(frames):
        said = agent.act(Observation(frame, None, "agent", 0, 0)).prediction
        assert said is not None
        np.testing.assert_allclose(said.switches, expected.switches[step, 0].sigmoid(), atol=1e-5)
        np.testing.assert_allclose(said.mouse_x, expected.mouse_x[step, 0].softmax(-1), atol=1e-5)
        np.testing.assert_allclose(said.mouse_y, expected.mouse_y[step, 0].softmax(-1), atol=1e-5)
        assert said.value == pytest.approx(float(expected.value[step, 0]), abs=1e-5)
    assert np.ptp(expected.switches.numpy(), axis=0).max() > 0.1  # it did see the changes


@pytest.mark.usefixtures("tiny_package")
def test_its_checkpoint_opens_again(tmp_path: Path) -> None:
    policy = tiny()
    save_policy(tmp_path / "run", policy, card_of(policy))
    found, card = load_policy(tmp_path / "run")
    assert isinstance(found, TinyPolicy)
    assert found.sizes == TinySizes(memory=12)
    assert card.architecture == {"name": "tiny", "channels": 4, "memory": 12}
    for name, weight in policy.state_dict().items():
        assert torch.equal(found.state_dict()[name], weight)


@pytest.mark.usefixtures("tiny_package")
def test_what_it_cannot_do_is_an_error() -> None:
    policy = tiny()
    with pytest.raises(ClonestrikeError, match="the network tiny does not work with 8-bit numbers"):
        to_onnx(policy, card_of(policy), int8=True)
    with pytest.raises(ClonestrikeError, match="the network tiny has no trunk to start with weights"):
        untrained("tiny", FRAME, trunk="imagenet")
    with pytest.raises(ClonestrikeError, match="unknown variant 'big' of the network tiny: there are wide"):
        untrained("tiny:big", FRAME)
    with pytest.raises(ClonestrikeError, match="'huge': use one of lite, paper, pocket, tiny"):
        untrained("huge", FRAME)


def test_a_network_that_is_not_installed_is_an_error() -> None:
    policy = TINY.untrained(FRAME, None)
    with pytest.raises(ClonestrikeError, match=r"no network 'tiny'\): install the package .* lite, paper, pocket"):
        opened(card_of(policy))


def small_paper() -> PaperPolicy:
    return scrambled(PaperSizes(filters=(8, 4), lstm=16, lowres=(100, 187)))


@pytest.mark.parametrize(
    ("make", "atol"),
    [(pocket, 1e-5), (forgetful, 1e-5), (small_paper, 1e-4)],  # with batch norms folded it rounds otherwise
)
def test_torch_exports_the_graph_that_we_write(make: Callable[[], Policy], atol: float) -> None:
    policy = make()
    ours, theirs = onnx.load_from_string(to_onnx(policy, card_of(policy))), exported(policy)
    for one, other in ((ours.graph.input, theirs.graph.input), (ours.graph.output, theirs.graph.output)):
        assert {value.name: value.type for value in one} == {value.name: value.type for value in other}
    seen = shown(policy, 30)
    for one, other in zip(*(by_onnx(model.SerializeToString(), seen) for model in (ours, theirs)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=atol)


@pytest.mark.usefixtures("tiny_package")
def test_an_exported_graph_names_no_files_and_can_be_halved() -> None:
    policy = tiny()
    full, half = (to_onnx(policy, card_of(policy), half=half) for half in (False, True))
    assert b".py" not in full
    assert len(half) < len(full)
    seen = shown(policy, 10)
    for one, other in zip(by_onnx(half, seen)[1:], by_onnx(full, seen)[1:], strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


class Undecided(TinyPolicy):
    """What it does depends on what it sees, in a way that no graph can say."""

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        if views["whole"].float().mean() > 100:
            memory = memory + 1
        return super().forward(views, memory, noise)


class Forgetful(TinyPolicy):
    """Its memory has another shape when it comes back."""

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        outputs, last = super().forward(views, memory, noise)
        return outputs, last[:, 1:]


@pytest.mark.parametrize(
    ("kind", "why"), [(Undecided, "torch cannot export the network tiny"), (Forgetful, "the network tiny takes and")]
)
@pytest.mark.usefixtures("tiny_package")
def test_what_cannot_be_exported_leaves_nothing(kind: type[TinyPolicy], why: str, tmp_path: Path) -> None:
    policy = replace(TINY, policy=kind).untrained(FRAME, None)
    with pytest.raises(ClonestrikeError, match=why):
        save_policy(tmp_path / "run", policy, card_of(policy))
    assert not (tmp_path / "run").exists()
