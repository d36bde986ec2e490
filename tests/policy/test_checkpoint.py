from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from clonestrike.errors import ClonestrikeError
from clonestrike.policy import checkpoint
from clonestrike.policy.card import CARD, PolicyCard
from clonestrike.policy.checkpoint import TrainingState, load_policy, load_state, save_policy, save_state
from clonestrike.policy.networks import card_of
from clonestrike.policy.networks.pocket import POCKET, PocketPolicy, PocketSizes
from clonestrike.policy.view import PolicyView

Size = tuple[int, int]
SIZES = PocketSizes(channels=(4, 4, 4), features=8, memory=8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    policy = PocketPolicy(PolicyView(), SIZES)
    save_policy(tmp_path, policy, replace(card_of(policy), game={"game": "doom"}, data=["f00d"]))
    return tmp_path


def edit(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    content = json.loads((folder / CARD).read_text())
    change(content)
    (folder / CARD).write_text(json.dumps(content))


def test_a_policy_comes_back_as_it_was_saved(folder: Path) -> None:
    policy, card = load_policy(folder)
    torch.manual_seed(0)
    for name, weight in PocketPolicy(PolicyView(), SIZES).state_dict().items():
        assert torch.equal(weight, policy.state_dict()[name])
    assert (card.view, card.game, card.data) == (PolicyView(), {"game": "doom"}, ["f00d"])
    assert POCKET.read(card.architecture) == SIZES
    assert sorted(path.name for path in folder.iterdir()) == ["policy.json", "policy.onnx", "policy.safetensors"]


def test_another_format_version_is_refused(folder: Path) -> None:
    edit(folder, lambda content: content.update(format_version=2))
    with pytest.raises(ClonestrikeError, match="format version 2, not 1"):
        load_policy(folder)


def test_another_action_space_is_refused(folder: Path) -> None:
    def rename(content: dict[str, object]) -> None:
        space = content["action_space"]
        assert isinstance(space, dict)
        space["switches"][0] = "up"

    edit(folder, rename)
    with pytest.raises(ClonestrikeError, match="another action space"):
        load_policy(folder)


@pytest.mark.parametrize("part", ["view", "action_space"])
def test_a_card_without_a_part_is_not_guessed_at(folder: Path, part: str) -> None:
    text = (folder / CARD).read_text()
    for name in json.loads(text)[part]:
        content = json.loads(text)
        del content[part][name]
        (folder / CARD).write_text(json.dumps(content))
        with pytest.raises(ClonestrikeError, match=f"damaged .{part} has no {name}"):
            load_policy(folder)
    edit(folder, lambda content: content.update({part: {}}))
    with pytest.raises(ClonestrikeError, match="damaged"):
        load_policy(folder)


@pytest.mark.parametrize(
    ("part", "content", "wrong"),
    [
        ("view", None, r"got `null` - at `\$.view`"),
        ("view", {"whole": 3}, r"Expected `array`, got `int` - at `\$.view.whole`"),
        ("view", {"crop": [1, 2, 3]}, r"at `\$.view.crop`"),
        ("action_space", {"switches": 3}, r"at `\$.action_space.switches`"),
        ("action_space", {"mouse_x_bins": ["wide"]}, r"at `\$.action_space.mouse_x_bins\[0\]`"),
        ("data", "f00d", r"at `\$.data`"),
    ],
)
def test_a_damaged_part_is_named(folder: Path, part: str, content: object, wrong: str) -> None:
    edit(folder, lambda card: card.update({part: content}))
    with pytest.raises(ClonestrikeError, match=f"policy.json is damaged .*{wrong}"):
        load_policy(folder)


def test_a_crop_outside_the_frame_is_refused(folder: Path) -> None:
    view = {"frame": [180, 320], "whole": [60, 106], "crop": [64, 64], "crop_corner": [150, 0]}
    edit(folder, lambda content: content.update(view=view))
    with pytest.raises(ClonestrikeError, match="does not lie within"):
        load_policy(folder)


sizes = st.tuples(st.integers(1, 64), st.integers(1, 64))


@given(sizes, sizes | st.none(), st.tuples(st.integers(0, 20), st.integers(0, 20)))
def test_a_card_gives_the_same_view_back(whole: Size, crop: Size | None, corner: Size) -> None:
    card = PolicyCard({"name": "pocket"}, PolicyView((90, 90), whole, crop, corner))
    assert PolicyCard.from_text(card.to_text(), "a card") == card


def test_what_later_versions_add_is_passed_over(folder: Path) -> None:
    card = PolicyCard.from_text((folder / CARD).read_text(), "a card")
    edit(folder, lambda content: content.update(of_a_later_version=1))
    assert load_policy(folder)[1] == card


@pytest.mark.parametrize("name", ["policy.json", "policy.safetensors"])
def test_missing_and_damaged_files_are_told_apart(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ClonestrikeError, match="damaged"):
        load_policy(folder)
    (folder / name).unlink()
    with pytest.raises(ClonestrikeError, match=f"no checkpoint: it has no {name}"):
        load_policy(folder)


@pytest.mark.parametrize("architecture", [{"name": "huge"}, {"name": "pocket"}, {}])
def test_another_architecture_is_refused(folder: Path, architecture: dict[str, object]) -> None:
    edit(folder, lambda content: content.update(architecture=architecture))
    with pytest.raises(ClonestrikeError, match="architecture is not readable"):
        load_policy(folder)


def test_weights_of_another_size_are_refused(folder: Path) -> None:
    def widen(content: dict[str, object]) -> None:
        architecture = content["architecture"]
        assert isinstance(architecture, dict)
        architecture["memory"] = 16

    edit(folder, widen)
    with pytest.raises(ClonestrikeError, match="damaged"):
        load_policy(folder)


def state() -> TrainingState:
    policy = PocketPolicy(PolicyView(), SIZES)
    optimiser = torch.optim.AdamW(policy.parameters())
    sum(weight.sum() for weight in policy.parameters()).backward()  # type: ignore[union-attr]
    optimiser.step()
    card = card_of(policy)
    return TrainingState(
        {"updates": 3}, card, 2, policy.state_dict(), optimiser.state_dict(), torch.ones(2, 8), torch.zeros(3, 3).long()
    )


def test_a_training_state_comes_back(tmp_path: Path) -> None:
    saved = state()
    save_state(tmp_path, saved)
    loaded = load_state(tmp_path)
    assert (loaded.update, loaded.config, loaded.card.view) == (2, {"updates": 3}, PolicyView())
    assert torch.equal(loaded.memory, saved.memory)
    for number, kept in saved.optimiser["state"].items():
        assert torch.equal(loaded.optimiser["state"][number]["exp_avg"], kept["exp_avg"])
    assert [path.name for path in tmp_path.iterdir()] == ["optimiser.pt"]


def test_a_missing_or_damaged_state_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match=r"no optimiser.pt.*--init"):
        load_state(tmp_path)
    save_state(tmp_path, state())
    path = tmp_path / "optimiser.pt"
    content = path.read_bytes()
    for damaged in (b"", content[:1000], content[:-20], b"not a zip file at all"):
        path.write_bytes(damaged)
        with pytest.raises(ClonestrikeError, match="damaged"):
            load_state(tmp_path)


def test_a_state_that_would_run_code_is_refused(tmp_path: Path) -> None:
    touched = tmp_path / "touched"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (touched,)

    torch.save({"config": Evil()}, tmp_path / "optimiser.pt", pickle_module=pickle)
    with pytest.raises(ClonestrikeError, match="damaged"):
        load_state(tmp_path)
    assert not touched.exists()


def test_a_full_disk_keeps_the_checkpoint_that_is_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "policy.onnx").read_bytes()

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ClonestrikeError, match="No space left"):
        checkpoint.write(folder / "policy.onnx", b"x" * 100)
    monkeypatch.undo()
    assert (folder / "policy.onnx").read_bytes() == before
    assert not list(folder.glob("*.part"))
