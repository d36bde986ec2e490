"""Networks of the original as files: found beside each other, imported with Adam's moments, fetched from the Hub."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from tests.formats.original.hub_server import REPOSITORY, FakeHub, endpoint, served
from tests.formats.original.write_network import write
from tests.original_files import written_to

from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.hub_models import fetch_model
from clonestrike.formats.original.keras import ZIP, read_network
from clonestrike.formats.original.model_files import ModelFiles
from clonestrike.policy.checkpoint import load_policy, load_state
from clonestrike.policy.keras import import_keras
from clonestrike.training.config import TrainConfig
from clonestrike.training.train import train

NAME = "ak47_sub_55k_drop_d4"
ENDS = (".json", ".h5", ".p", "_opt.pkl")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of its .json file."""
    folder = tmp_path_factory.mktemp("network")
    write(str(folder), NAME)
    return folder / f"{NAME}.json"


def run(*words: object, **environment: str) -> tuple[int, str]:
    """Exit code of an import, and what it told."""
    done = subprocess.run(
        [sys.executable, "-m", "clonestrike", "import", "keras", *map(str, words)],
        capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_everything_is_found_beside_the_architecture(network: Path, tmp_path: Path) -> None:
    code, told = run(network, "--out", tmp_path / "out")
    assert code == 0, told
    assert "updates of Adam │ 7" in told
    policy, card = load_policy(tmp_path / "out")
    assert card.training["imported"] == {
        "architecture": f"{NAME}.json",
        "weights": f"{NAME}.h5",
        "hyper-parameters": {"N_TIMESTEPS": 96, "AUX_INPUT_ON": False, "csgo_img_dimension": [150, 280]},
    }
    moments = load_state(tmp_path / "out").optimiser["state"]
    for number, weight in enumerate(policy.parameters()):
        assert int(moments[number]["step"]) == 7
        torch.testing.assert_close(moments[number]["exp_avg"], weight.detach() / 10)
        torch.testing.assert_close(moments[number]["exp_avg_sq"], weight.detach() ** 2)


def test_what_is_given_goes_before_what_lies_beside(network: Path, tmp_path: Path) -> None:
    for end in (".json", ".h5"):
        shutil.copy(network.with_name(NAME + end), tmp_path / f"other{end}")
    files = ModelFiles.beside(tmp_path / "other.json")
    assert files == ModelFiles(tmp_path / "other.json", tmp_path / "other.h5")
    assert import_keras(files, tmp_path / "without")["updates of Adam"] is None
    assert not (tmp_path / "without" / "optimiser.pt").exists()
    optimiser = network.with_name(f"{NAME}_opt.pkl")
    code, told = run(
        files.architecture, network.with_name(f"{NAME}.h5"), "--optimiser", optimiser, "--out", tmp_path / "with"
    )
    assert code == 0, told
    assert load_state(tmp_path / "with").optimiser["state"]
    (tmp_path / "other.h5").unlink()
    code, told = run(files.architecture, "--out", tmp_path / "none")
    assert code == 2
    assert "other.h5 is not there: give the .h5 file that belongs to" in told


def test_fine_tuning_goes_on_with_the_moments(network: Path, hdf5_files: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    import_keras(ModelFiles.beside(network), base)
    config = TrainConfig(
        (hdf5_files,), tmp_path / "tuned", recipe="paper-expert", init=base, freeze="trunk", updates=1, chunk=4,
        threads=1, precision="float32", cache=tmp_path / "cache",
    )  # fmt: skip
    states = load_state(train(config)).optimiser["state"]
    assert {int(state["step"]) for state in states.values()} == {7, 8}  # a frozen trunk stays where it is
    with pytest.raises(ClonestrikeError, match=f"{base} was imported, not trained: start from it: --init"):
        train(replace(config, out=base, resume=True))


def test_moments_of_something_else_are_refused(network: Path, tmp_path: Path) -> None:
    path, out, touched = tmp_path / "some_opt.pkl", tmp_path / "out", tmp_path / "touched"
    values = pickle.loads(network.with_name(f"{NAME}_opt.pkl").read_bytes())  # noqa: S301

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (touched,)

    for content, why in (
        ([], "holds 0 arrays for"),  # as a stateful network's
        (values[:-1], "does not hold the moments of the network"),
        ([values[0], *values[2:], values[1]], "does not hold the moments of the network"),
        ([*values[:-1], values[-1] * np.float32(np.inf)], "does not hold the moments of the network"),
        ([*values[:-1], -values[-1]], "is damaged"),
        (["many", *values[1:]], "is damaged"),
        ([Evil()], "refused"),
    ):
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(ClonestrikeError, match=why):
            import_keras(ModelFiles.beside(network, optimiser=path), out)
    assert not touched.exists()
    assert not out.exists()


def test_what_keras_3_saves_is_named(network: Path, tmp_path: Path) -> None:
    entrance: dict[str, object] = {
        "module": "keras.layers", "class_name": "InputLayer", "registered_name": None, "name": "main_in",
        "config": {"batch_shape": [None, 96, 150, 280, 3], "dtype": "float32", "sparse": False, "name": "main_in"},
        "inbound_nodes": [],
    }  # fmt: skip
    model = {
        "module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
        "config": {"name": "functional", "trainable": True, "layers": [entrance]}, "build_config": {},
    }  # fmt: skip
    for name, content in (("three.json", json.dumps(model).encode()), ("three.keras", ZIP + bytes(20))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ClonestrikeError, match=f"{name} was saved by Keras 3: give a .json and a .h5 that Keras 2"):
            read_network(tmp_path / name, network.with_suffix(".h5"))
    with h5py.File(tmp_path / "three.weights.h5", "w") as file:
        file["layers/conv_lstm2d/cell/vars/0"] = np.zeros((3, 3, 112, 1024), np.float32)
    with pytest.raises(ClonestrikeError, match=r"the \.h5 file is of Keras 3"):
        read_network(network, tmp_path / "three.weights.h5")


def test_what_a_layer_lacks_is_named(network: Path, tmp_path: Path) -> None:
    content = json.loads(network.read_text())
    del content["config"]["layers"][0]["config"]["batch_input_shape"]
    (tmp_path / "lacks.json").write_text(json.dumps(content))
    with pytest.raises(ClonestrikeError, match=r"\(a layer has no 'batch_input_shape'\)"):
        read_network(tmp_path / "lacks.json", network.with_suffix(".h5"))


@pytest.mark.skipif(sys.platform == "win32", reason="locks are another thing there")
def test_weights_that_another_program_writes_are_told_as_locked(network: Path, tmp_path: Path) -> None:
    weights = Path(shutil.copy(network.with_suffix(".h5"), tmp_path))
    with written_to(weights), pytest.raises(ClonestrikeError, match=r"\.h5 is locked: another program writes it"):
        read_network(network, weights)


def test_the_weights_are_named_in_the_order_of_keras(network: Path) -> None:
    names = read_network(network, network.with_suffix(".h5")).trained
    assert names[:3] == ("stem_conv/kernel", "stem_bn/gamma", "stem_bn/beta")
    assert names[-4:] == ("mouse_y/kernel", "mouse_y/bias", "value/kernel", "value/bias")
    assert len(names) == len(set(names))


@pytest.fixture(params=["datasets", "models"])
def hub(request: pytest.FixtureRequest, network: Path, tmp_path: Path) -> Iterator[FakeHub]:
    """Two networks, one of them with its stateful copy."""
    folder = tmp_path / "published"
    (folder / "nets").mkdir(parents=True)
    for end in ENDS:
        for name in (NAME, f"{NAME}_stateful"):
            (folder / "nets" / (name + end)).symlink_to(network.with_name(NAME + end))
    for end in (".json", ".h5"):
        (folder / f"older{end}").write_text(end)
    (folder / "notes.json").write_text("{}")
    with served(FakeHub(folder, request.param)) as running:
        yield running


def test_networks_come_from_the_hub(
    hub: FakeHub, network: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLONESTRIKE_CACHE", str(tmp_path / "cache"))
    endpoint(hub.url, monkeypatch)
    place = f"hub:{REPOSITORY}"
    for wanted, name, ends in (
        (f"{place}/nets", NAME, ENDS),
        (f"{place}/older.json", "older", (".json", ".h5")),
        (f"{place}/nets/{NAME}_stateful", f"{NAME}_stateful", ENDS),
    ):
        hub.asked.clear()
        fetched = fetch_model(wanted)
        assert sorted(Path(path).name for path, _, _ in hub.asked) == sorted(name + end for end in ends)
        assert fetched.name == f"{name}.json"
        for end in ends:
            published = next(hub.folder.rglob(name + end))
            assert fetched.with_name(name + end).read_bytes() == published.read_bytes()
    hub.asked.clear()
    files = ModelFiles.beside(fetch_model(f"{place}/nets/{NAME}"))
    assert files.optimiser is not None
    assert not hub.asked  # it is in the cache
    (hub.folder / "older.h5").write_text("new")  # of the same size
    assert fetch_model(f"{place}/older").with_suffix(".h5").read_text() == "new"
    for wrong, why in (
        (place, f"has 2 networks: name one: {place}/nets/{NAME}, /older"),
        (f"{place}/notes", "has no network: it would be a .json and an .h5 file"),
        ("hub:someone/Else", "there is no data set or model someone/Else on"),
    ):
        with pytest.raises(ClonestrikeError, match=why):
            fetch_model(wrong)


def test_a_network_of_the_hub_is_imported(network: Path, tmp_path: Path) -> None:
    with served(FakeHub(network.parent)) as hub:
        environment = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_TELEMETRY": "1"}
        cache = {"CLONESTRIKE_CACHE": str(tmp_path / "cache")}
        code, told = run(f"hub:{REPOSITORY}", "--out", tmp_path / "out", **environment, **cache)
    assert code == 0, told
    assert load_state(tmp_path / "out").optimiser["state"]
