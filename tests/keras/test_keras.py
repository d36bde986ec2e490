"""Networks that Keras itself saved, as the original does, against what Keras answers with them."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from clonestrike.cli.main import main
from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.keras import read_network
from clonestrike.formats.original.model_files import ModelFiles
from clonestrike.policy.agent import Agent
from clonestrike.policy.checkpoint import load_policy, load_state
from clonestrike.policy.config import DecodingName
from clonestrike.policy.controls import PAPER
from clonestrike.policy.decoding import DECODINGS
from clonestrike.policy.keras import import_keras, policy_of
from clonestrike.policy.networks.paper import PaperPolicy, PaperSizes
from clonestrike.training.learner import Learner
from clonestrike.training.recipes import RECIPES

PYTHON = Path(__file__).parents[2] / ".venv-keras/bin/python"
SCRIPT = Path(__file__).with_name("write_authors.py")
STEPS = {"plain": 32, "drop": 4, "big": 4, "extra": 4, "LSTM": 32, "LSTM_extra_drop": 4, "lowres": 8}
SIZES = {
    "plain": PaperSizes(),
    "drop": PaperSizes(dropout=0.5),
    "big": PaperSizes(filters=(512,)),
    "extra": PaperSizes(filters=(256, 256)),
    "LSTM": PaperSizes(lstm=256),
    "LSTM_extra_drop": PaperSizes(filters=(256, 256), lstm=256, dropout=0.5),
    "lowres": PaperSizes(lowres=(100, 187)),
}
PARAMETERS = 5_964_475

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="needs Keras: `make keras` builds .venv-keras")


@pytest.fixture(scope="session")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script wrote."""
    folder = tmp_path_factory.mktemp("authors")
    names = [f"{name}:{steps}" for name, steps in STEPS.items()]
    done = subprocess.run([str(PYTHON), str(SCRIPT), str(folder), *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@torch.no_grad()
def answers(policy: PaperPolicy, pictures: NDArray[np.uint8], together: bool) -> NDArray[np.float32]:
    """Probabilities and values (T, 52) to BGR pictures, as one sequence or step by step with explicit memory."""
    policy.eval()
    seen = torch.from_numpy(np.ascontiguousarray(pictures[:, None, ..., ::-1]))
    memory, found = policy.empty_memory(1), []
    for part in [seen] if together else torch.split(seen, 1):
        outputs, memory = policy({"whole": part}, memory)
        heads = (outputs.switches.sigmoid(), outputs.mouse_x.softmax(-1), outputs.mouse_y.softmax(-1))
        found.append(torch.cat([*heads, outputs.value[..., None]], -1)[:, 0])
    return torch.cat(found).numpy()


@pytest.mark.parametrize("kind", ["", "_stateful"])
@pytest.mark.parametrize("name", STEPS)
def test_it_answers_as_keras_does(authors: Path, name: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = np.load(authors / f"{name}.npz")
    theirs = expected["stateful" if kind else "plain"]
    policy = policy_of(read_network(authors / f"{name}{kind}.json", authors / f"{name}{kind}.h5"))
    assert policy.sizes == SIZES[name]
    ours = answers(policy, np.load(authors / "pictures.npy")[: len(theirs)], together=not kind)
    difference = float(np.abs(ours - theirs)[:, :51].max())
    of_values = float(np.abs(ours - theirs)[:, 51].max())
    with capsys.disabled():
        print(f"\n{name}{kind}: {len(theirs)} steps, largest difference {difference:.1e}, of values {of_values:.1e}")  # noqa: T201
    assert theirs.std(0)[:51].max() > 1e-3  # the answers say something
    assert difference < 1e-4
    assert of_values < 1e-3


def test_the_original_has_as_many_parameters_as_it_should(authors: Path) -> None:
    assert int(np.load(authors / "plain.npz")["parameters"]) == PARAMETERS
    policy = policy_of(read_network(authors / "plain.json", authors / "plain.h5"))
    counted = policy.state_dict().items()
    ours = sum(weight.numel() for name, weight in counted if "num_batches" not in name)
    assert ours + 1 == PARAMETERS  # Keras also counts how many pictures its normalisation has seen


def test_a_checkpoint_that_plays(authors: Path, tmp_path: Path) -> None:
    out = tmp_path / "authors"
    hypers = tmp_path / "plain.p"
    hypers.write_bytes(pickle.dumps({"N_TIMESTEPS": 96, "AUX_INPUT_ON": False, "csgo_img_dimension": (150, 280)}))
    network = [str(authors / name) for name in ("drop.json", "drop.h5")]
    with pytest.raises(SystemExit) as stop:
        main(["import", "keras", *network, "--out", str(out), "--hypers", str(hypers)])
    assert stop.value.code == 0
    policy, card = load_policy(out)
    assert isinstance(policy, PaperPolicy)
    assert policy.sizes == PaperSizes(dropout=0.5)
    assert card.training["imported"]["hyper-parameters"]["N_TIMESTEPS"] == 96
    agent, pictures = Agent(out), np.load(authors / "pictures.npy")
    expected = np.load(authors / "drop.npz")["stateful"]
    for picture, theirs in zip(pictures, expected, strict=False):
        said = agent.act(Observation(np.ascontiguousarray(picture[..., ::-1]), None, "self", 0, 0)).prediction
        assert said is not None
        np.testing.assert_allclose(said.switches, theirs[:13], atol=1e-4)
        np.testing.assert_allclose(said.mouse_x, theirs[13:36], atol=1e-4)
    agent.act(Observation(np.zeros((180, 320, 3), np.uint8), None, "self", 0, 0))  # any frame, scaled
    assert (card.decoding, card.controls, card.jump_scale) == ("paper", PAPER, 1)
    with pytest.raises(ClonestrikeError, match="holds a checkpoint already"):
        import_keras(ModelFiles(authors / "plain.json", authors / "plain.h5"), out)


@pytest.mark.parametrize("decoding", [None, *DECODINGS])
def test_heads_that_never_had_a_loss_press_nothing(
    authors: Path, tmp_path: Path, decoding: DecodingName | None
) -> None:
    for suffix in ("json", "h5"):
        (tmp_path / f"ak47_sub_55k_drop_d4_dmexpert_28.{suffix}").symlink_to(authors / f"drop.{suffix}")
    name = tmp_path / "ak47_sub_55k_drop_d4_dmexpert_28"
    import_keras(ModelFiles.beside(name.with_suffix(".json")), tmp_path / "out")
    agent, pictures = Agent(tmp_path / "out", decoding), np.load(authors / "pictures.npy")
    assert agent.card.jump_scale == 5
    actions = [agent(np.ascontiguousarray(picture[..., ::-1])).action for picture in (*pictures, *pictures)]
    assert len(actions) == 64
    pressed = {name for action in actions for name in (*action.keys, *["right"] * action.right)}
    assert not pressed & {"ctrl", "shift", "1", "2", "3", "right"}
    assert pressed


def edited(authors: Path, tmp_path: Path, edit: Callable[[list[dict[str, Any]]], None]) -> Path:
    content = json.loads((authors / "plain.json").read_text())
    edit(content["config"]["layers"])
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(content))
    return path


def test_what_is_not_the_original_is_refused(authors: Path, tmp_path: Path) -> None:
    weights = authors / "plain.h5"

    def dilated(layers: list[dict[str, Any]]) -> None:
        layers[2]["config"]["recurrent_activation"] = "sigmoid"

    def reordered(layers: list[dict[str, Any]]) -> None:
        heads = layers[-1]["inbound_nodes"][0]
        heads[0], heads[1] = heads[1], heads[0]

    def longer(layers: list[dict[str, Any]]) -> None:
        layers.insert(3, {"class_name": "Attention", "name": "attention", "config": {}, "inbound_nodes": []})

    def shorter(layers: list[dict[str, Any]]) -> None:
        del layers[1]["config"]["layer"]["config"]["layers"][-1]

    def huge(layers: list[dict[str, Any]]) -> None:
        layers[0]["config"]["batch_input_shape"][2:4] = [10**7, 10**7]

    for edit, why in (
        (dilated, "another kind of ConvLSTM"),
        (reordered, "its heads are"),
        (longer, "a layer of kind Attention"),
        (shorter, "not block5c_add"),
        (huge, "does not fit"),
        (list.clear, "it has no pictures"),
    ):
        with pytest.raises(ClonestrikeError, match=why):
            import_keras(ModelFiles(edited(authors, tmp_path, edit), weights), tmp_path / "out")
    with pytest.raises(ClonestrikeError, match="big"):
        import_keras(ModelFiles(authors / "plain.json", authors / "big.h5"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_damaged_and_missing_files_are_named(authors: Path, tmp_path: Path) -> None:
    architecture, weights = authors / "plain.json", authors / "plain.h5"
    cut = tmp_path / "cut.h5"
    for size in (0, 100, 3_000_000, weights.stat().st_size - 1):
        cut.write_bytes(weights.read_bytes()[:size])
        with pytest.raises(ClonestrikeError, match=r"cut\.h5"):
            read_network(architecture, cut)
    half = tmp_path / "half.json"
    half.write_bytes(architecture.read_bytes()[:1000])
    with pytest.raises(ClonestrikeError, match="is not a JSON file"):
        read_network(half, weights)
    half.write_text("[1, 2]")
    with pytest.raises(ClonestrikeError, match="describes no Keras network"):
        read_network(half, weights)
    for missing in ((architecture, tmp_path / "no.h5"), (tmp_path / "no.json", weights)):
        with pytest.raises(ClonestrikeError, match=r"no\.(h5|json)"):
            read_network(*missing)
    odd = tmp_path / "odd.h5"
    shutil.copy(weights, odd)
    with h5py.File(odd, "r+") as file:
        file["conv_lstm2d/conv_lstm2d/bias:0"][3] = np.nan
    with pytest.raises(ClonestrikeError, match="not finite"):
        read_network(architecture, odd)
    with h5py.File(odd, "r+") as file:
        del file["conv_lstm2d/conv_lstm2d/bias:0"]
    with pytest.raises(ClonestrikeError, match="bias"):
        read_network(architecture, odd)


def test_hyper_parameters_run_no_code(authors: Path, tmp_path: Path) -> None:
    touched, path = tmp_path / "touched", tmp_path / "evil.p"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (touched,)

    for content, why in (
        (Evil(), "refused"),
        ([1], "holds no hyperparameters"),
        ({"mouse_x_possibles": [0.0]}, "other mouse bins"),
        ({"AUX_INPUT_ON": True}, "auxiliary inputs"),
    ):
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(ClonestrikeError, match=why):
            import_keras(ModelFiles(authors / "plain.json", authors / "plain.h5", path), tmp_path / "out")
    assert not touched.exists()


def imported(*words: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["import", "keras", *map(str, words)])
    return int(stop.value.code or 0)


@pytest.mark.parametrize("name", ["drop", "LSTM_extra_drop"])
def test_adam_goes_on_as_it_does_in_keras(authors: Path, tmp_path: Path, name: str) -> None:
    """The third update with the same gradients leads to the same weights."""
    architecture, out = authors / f"{name}_trained.json", tmp_path / "out"
    assert imported(architecture, "--out", out) == 0  # what lies beside it is found
    policy, card = load_policy(out)
    assert isinstance(policy, PaperPolicy)
    assert card.training["imported"]["hyper-parameters"]["N_TIMESTEPS"] == 96
    learner = Learner(policy, RECIPES["paper-expert"], "float32", 1)
    learner.take_moments(load_state(out).optimiser)
    for group in learner.optimiser.param_groups:
        group["lr"] = 1e-3
    for weight in policy.parameters():
        weight.grad = 30 * weight.detach() if weight.requires_grad else None
    before = {name: weight.clone() for name, weight in policy.state_dict().items()}
    learner.optimiser.step()
    expected = policy_of(read_network(architecture, authors / f"{name}_trained_next.h5")).state_dict()
    for name_, weight in policy.named_parameters():
        moved = (expected[name_] - before[name_]).abs()
        difference = (weight.detach() - expected[name_]).abs()
        assert float(difference.mean()) <= 1e-4 * float(moved.mean()), name_
        assert weight.requires_grad == bool(moved.any())
