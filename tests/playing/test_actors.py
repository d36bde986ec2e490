from pathlib import Path

import numpy as np
import pytest

from clonestrike.core.actions import ACTION_SPACE, KEYS, Action
from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.playing.actors import Disturbed, RandomActor, check_actor

SEEN = Observation(np.zeros((4, 4, 3), np.uint8), None, "self", 0, 0)


class Still:
    """Always the same answer."""

    answer = Action(frozenset({"w"}), left=True, mouse_x=10, mouse_y=-4)

    def reset(self) -> None:
        self.resets = getattr(self, "resets", 0) + 1

    def act(self, observation: Observation) -> Action:
        return self.answer


def test_the_random_actor_repeats_under_a_seed_and_uses_everything() -> None:
    first, second = RandomActor(3), RandomActor(3)
    actions = [first.act(SEEN) for _ in range(2000)]
    assert actions == [second.act(SEEN) for _ in range(2000)]
    assert actions != [RandomActor(4).act(SEEN) for _ in range(2000)]
    assert set().union(*(action.keys for action in actions)) == set(KEYS)
    assert {action.left for action in actions} == {action.right for action in actions} == {True, False}


def test_a_disturbance_executes_another_action_and_keeps_the_intended_one() -> None:
    actor = Disturbed(Still(), 0.2, seed=1)
    executed, disturbed = [], []
    for _ in range(5000):
        executed.append(actor.act(SEEN))
        disturbed.append(actor.disturbed)
        assert actor.intended == Still.answer
    assert 0.15 < np.mean(disturbed) < 0.25
    assert all(action == Still.answer for action, off in zip(executed, disturbed, strict=True) if not off)
    changed = [action for action, off in zip(executed, disturbed, strict=True) if off]
    assert np.mean([action != Still.answer for action in changed]) > 0.6
    assert all(ACTION_SPACE.snap(action) == action and action.left for action in changed)


def test_no_disturbance_changes_nothing() -> None:
    actor = Disturbed(Still(), 0.0, seed=1)
    assert all(actor.act(SEEN) == Still.answer and not actor.disturbed for _ in range(100))


@pytest.mark.parametrize("share", [-0.1, 0.9, 2])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(ClonestrikeError, match=r"from 0 to 0\.9"):
        Disturbed(Still(), share, seed=1)


def test_what_is_neither_an_actor_nor_a_checkpoint_is_told(tmp_path: Path) -> None:
    for name in ("expert", "human", "random"):
        check_actor(name)
    for name in ("", "policy.json", "missing.onnx"):
        with pytest.raises(ClonestrikeError, match="is no checkpoint"):
            check_actor(str(tmp_path / name))
    (tmp_path / "policy.onnx").touch()
    check_actor(str(tmp_path))
    check_actor(str(tmp_path / "policy.onnx"))
