"""The checkpoints that come with the package: they play right after installation, and can be trained further."""

from pathlib import Path

import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.games import open_match
from clonestrike.playing.config import PlayConfig
from clonestrike.playing.named_actor import Seat, find_actor
from clonestrike.playing.play import play
from clonestrike.policy.checkpoint import load_policy
from clonestrike.policy.shipped import FOLDER, checkpoint

SHIPPED = sorted(path.name for path in FOLDER.iterdir())


def test_names() -> None:
    assert checkpoint("runs/base") == Path("runs/base")
    assert checkpoint("pretrained:doom") == FOLDER / "doom"
    with pytest.raises(ClonestrikeError, match="there is pretrained:doom"):
        checkpoint("pretrained:quake")
    with pytest.raises(ClonestrikeError, match="does not come"):
        find_actor("pretrained:../pretrained/doom/..")


@pytest.mark.parametrize("name", SHIPPED)
def test_it_has_a_model_card_and_is_small(name: str) -> None:
    files = {path.name: path.stat().st_size for path in (FOLDER / name).iterdir()}
    assert set(files) == {"README.md", "policy.json", "policy.onnx", "policy.safetensors"}
    assert sum(files.values()) < 20e6


def test_it_kills() -> None:
    result = play(PlayConfig("pretrained:doom", "doom", minutes=1.0, seed=3))
    assert result["kills"] >= 5  # ten where it was written; other processors round otherwise
    assert result["kills_per_minute"] > 2 * result["mean_bot_kills_per_minute"]


def test_graph_and_weights_are_the_same_policy() -> None:
    import torch

    policy, card = load_policy(Path("pretrained:doom"))
    policy.eval()
    assert card.decoding == "corrected"
    with open_match("doom", seed=1, minutes=0.1) as match:
        observation = match.observe()
        with find_actor("pretrained:doom").open(Seat(match, "doom", seed=0)) as agent:
            predicted = agent.act(observation).prediction
        assert predicted is not None
        seen = {part: torch.from_numpy(of[None, None]) for part, of in card.view.see(observation.frame).items()}
    with torch.no_grad():
        outputs, _ = policy(seen, policy.empty_memory(1))
    np.testing.assert_allclose(outputs.mouse_x[0, 0].softmax(-1).numpy(), predicted.mouse_x, atol=1e-5)
