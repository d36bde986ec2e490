import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clonestrike.core.actions import ACTION_SPACE, KEYS, Action
from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.playing.actors import Corrected, Disturbed, RandomActor

ROOT = Path(__file__).parents[2]
SEEN = Observation(np.zeros((4, 4, 3), np.uint8), None, "self", 0, 0)


class Still:
    """Always the same answer."""

    answer = Action(frozenset({"w"}), left=True, mouse_x=10, mouse_y=-4)

    def reset(self) -> None:
        self.resets = getattr(self, "resets", 0) + 1

    def act(self, observation: Observation) -> Decision:
        return Decision(self.answer)


def test_the_random_actor_repeats_under_a_seed_and_uses_everything() -> None:
    first, second = RandomActor(3), RandomActor(3)
    actions = [first.act(SEEN).action for _ in range(2000)]
    assert actions == [second.act(SEEN).action for _ in range(2000)]
    other = RandomActor(4)
    assert actions != [other.act(SEEN).action for _ in range(2000)]
    assert set().union(*(action.keys for action in actions)) == set(KEYS)
    assert {action.left for action in actions} == {action.right for action in actions} == {True, False}


def test_a_disturbance_executes_another_action_and_keeps_the_intended_one() -> None:
    actor = Disturbed(Still(), 0.2, seed=1)
    executed, disturbed = [], []
    for _ in range(5000):
        decision = actor.act(SEEN)
        executed.append(decision.action)
        disturbed.append(decision.intended is not None)
        assert decision.learned == Still.answer
    assert 0.15 < np.mean(disturbed) < 0.25
    assert all(action == Still.answer for action, off in zip(executed, disturbed, strict=True) if not off)
    changed = [action for action, off in zip(executed, disturbed, strict=True) if off]
    assert np.mean([action != Still.answer for action in changed]) > 0.6
    assert all(ACTION_SPACE.snap(action) == action and action.left for action in changed)


DISTURB = """
from clonestrike.playing.actors import Disturbed
from tests.playing.test_actors import SEEN, Still

actor = Disturbed(Still(), 0.3, seed=1)
for _ in range(300):
    action = actor.act(SEEN).action
    print(sorted(action.keys), action.mouse_x, action.mouse_y)
"""


def test_a_seed_gives_the_same_disturbances_in_every_process() -> None:
    """Python orders sets of words anew in every process."""
    played = {
        subprocess.run(
            [sys.executable, "-c", DISTURB], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, check=True,
            capture_output=True,
        ).stdout
        for seed in "123"
    }  # fmt: skip
    assert len(played) == 1
    assert len(played.pop().splitlines()) == 300


def test_no_disturbance_changes_nothing() -> None:
    actor = Disturbed(Still(), 0.0, seed=1)
    assert all(actor.act(SEEN) == Decision(Still.answer) for _ in range(100))


@pytest.mark.parametrize("share", [-0.1, 0.9, 2])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(ClonestrikeError, match=r"from 0 to 0\.9"):
        Disturbed(Still(), share, seed=1)


class Turner(Still):
    """Turns right at every other step, and answers like Still at the others."""

    def reset(self) -> None:
        self.steps = 0

    def act(self, observation: Observation) -> Decision:
        self.steps += 1
        return Decision(replace(self.answer, mouse_x=60) if self.steps % 2 else self.answer)


def test_a_corrected_agent_is_executed_and_the_expert_learned() -> None:
    actor = Corrected(agent=Turner(), expert=Still())
    actor.reset()
    decisions = [actor.act(SEEN) for _ in range(4)]
    assert [decision.action.mouse_x for decision in decisions] == [60, 10, 60, 10]
    assert [decision.intended for decision in decisions] == [Still.answer, None, Still.answer, None]
    assert all(decision.learned == Still.answer for decision in decisions)
