from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from tests.training.facts import no_facts

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.networks.pocket import PocketPolicy, PocketSizes
from clonestrike.policy.view import PolicyView
from clonestrike.training.config import RecipeName, TrainConfig
from clonestrike.training.learner import FLOOR, Learner, probe
from clonestrike.training.metrics import HEADS, frequencies
from clonestrike.training.recipes import RECIPES, Recipe, recipe
from clonestrike.training.segments import Segment, Targets
from clonestrike.training.streams import Batch

RECIPE = replace(RECIPES["default"], streams=2, chunk=4)
SIZES = PocketSizes(channels=(4, 4, 4), features=16, memory=8)


def policy() -> PocketPolicy:
    torch.manual_seed(0)
    return PocketPolicy(PolicyView(), SIZES)


def batch(seed: int, begins: bool = False) -> Batch:
    random = np.random.default_rng(seed)
    targets = Targets(
        random.random((4, 2, 13)) < 0.3,
        random.integers(0, 23, (4, 2)),
        random.integers(0, 15, (4, 2)),
        np.ones((4, 2), bool),
        random.random((4, 2)).astype(np.float32),
    )
    views = {
        part: random.integers(0, 256, (4, 2, *shape), dtype=np.uint8) for part, shape in PolicyView().shapes.items()
    }
    return Batch(views, targets, np.ones((4, 2), bool), np.full(2, begins))


def learned(batches: list[Batch], recipe: Recipe = RECIPE) -> Learner:
    learner = Learner(policy(), recipe, "float32", 100)
    for number, one in enumerate(batches):
        learner.update(one, number)
    return learner


def test_a_run_that_begins_empties_the_memory() -> None:
    fresh, carried = learned([batch(0, begins=True)]), learned([batch(0)])
    assert torch.equal(fresh.memory, carried.memory)  # a training begins with an empty one
    one, other = (learned([batch(1), batch(0, begins=begins)]) for begins in (True, False))
    assert not torch.allclose(one.memory, other.memory)


def test_moments_are_taken_from_another_training() -> None:
    before = learned([batch(0), batch(1)])
    after = Learner(before.policy, replace(RECIPE, epsilon=1e-7, weight_decay=0.5), "float32", 100)
    after.take_moments(before.optimiser.state_dict())
    kept, ours = (learner.optimiser.state_dict() for learner in (before, after))
    for number, state in kept["state"].items():
        assert torch.equal(state["exp_avg_sq"], ours["state"][number]["exp_avg_sq"])
        assert int(ours["state"][number]["step"]) == 2
    assert (ours["param_groups"][0]["eps"], ours["param_groups"][0]["weight_decay"]) == (1e-7, 0.5)
    other = Learner(PocketPolicy(PolicyView(), replace(SIZES, memory=12)), RECIPE, "float32", 100)
    with pytest.raises(ValueError, match="another network"):
        other.take_moments(kept)


def test_the_learning_rate_warms_up_and_falls() -> None:
    learner = Learner(policy(), replace(RECIPE, lr=1.0, warm_up=9), "float32", 1000)
    rates = [learner.rate(update) for update in range(1000)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1, abs=0.01)
    assert np.all(np.diff(rates[10:]) <= 0)
    assert rates[-1] == pytest.approx(FLOOR)
    paper = Learner(policy(), RECIPES["paper"], "float32", 1000)
    assert {paper.rate(update) for update in (0, 500, 999)} == {1e-4}


def test_the_probe_leaves_the_policy_alone() -> None:
    probed, untouched = policy(), policy()
    precision, seconds = probe(probed, RECIPE, batch(0), "auto")
    assert precision in ("float32", "bfloat16")
    assert seconds > 0
    for name, weight in untouched.state_dict().items():
        assert torch.equal(weight, probed.state_dict()[name])


def test_scores_cover_the_rows_that_are_asked_for() -> None:
    targets = batch(0).targets
    column = Targets(*(np.concatenate([getattr(targets, name)[:, 0]] * 30) for name in Targets.__dataclass_fields__))
    seen = {part: np.concatenate([x[:, 0]] * 30) for part, x in batch(0).views.items()}
    segments = [Segment(f"run{i}", (seen,), column, no_facts(120)) for i in range(5)]
    learner = Learner(policy(), RECIPE, "float32", 1)
    shares = frequencies(segments, dict(zip(HEADS, (13, 23, 15), strict=True)))
    assert learner.score(segments, 10_000, shares)["rows"] == 5 * 119
    assert learner.score(segments, 200, shares)["rows"] == 2 * 119


def test_recipes_by_name() -> None:
    config = TrainConfig((), Path())
    assert recipe(replace(config, recipe="paper")) == RECIPES["paper"]
    with pytest.raises(ClonestrikeError, match="unknown recipe"):
        recipe(replace(config, recipe="x"))  # type: ignore[arg-type] # what a notebook may ask for
    changed = recipe(replace(config, lr=0.5, mirror=0.25))
    assert changed == replace(
        RECIPES["default"], lr=0.5, augmentation=replace(RECIPES["default"].augmentation, mirror=0.25)
    )


def test_every_recipe_that_can_be_named_is_there() -> None:
    assert set(RECIPES) == set(get_args(RecipeName))
