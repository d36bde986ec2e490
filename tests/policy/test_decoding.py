from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from clonestrike.core.actions import ACTION_SPACE, MOUSE_X_BINS, MOUSE_Y_BINS, SWITCHES, Action
from clonestrike.core.actor import Prediction
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.config import DecodingName
from clonestrike.policy.controls import GROUPS, PAPER
from clonestrike.policy.decoding import DECODINGS, Decoder, Decoding


def prediction(x: dict[int, float] | None = None, y: dict[int, float] | None = None, **switches: float) -> Prediction:
    """Probabilities by bin and by name; what is not named is 0, an unnamed mouse axis stands still."""
    chances = [switches.get(f"key{name}" if name.isdigit() else name, 0.0) for name in SWITCHES]
    axes = []
    for bins, chosen in ((MOUSE_X_BINS, x), (MOUSE_Y_BINS, y)):
        axis = np.zeros(len(bins), np.float32)
        for count, chance in (chosen or {0: 1.0}).items():
            axis[bins.index(count)] = chance
        axes.append(axis)
    return Prediction(np.array(chances, np.float32), axes[0], axes[1], 0.0)


def decoder(rules: Decoding, seed: int = 0) -> Decoder:
    return Decoder(rules, np.random.default_rng(seed))


def actions(rules: Decoding, said: Prediction, steps: int) -> list[Action]:
    one = decoder(rules)
    return [one.decode(said)[0] for _ in range(steps)]


def test_argmax_takes_the_likelier_side() -> None:
    rules = Decoding(move="argmax", fire="argmax", mouse="argmax")
    said = prediction({-30: 0.4, 20: 0.6}, {4: 1.0}, w=0.51, a=0.49, left=0.6)
    assert actions(rules, said, 3) == [Action(frozenset("w"), left=True, mouse_x=20, mouse_y=4)] * 3


def test_neighbouring_bins_are_one_motion() -> None:
    said = prediction({-100: 0.4, 10: 0.2, 20: 0.2, 30: 0.2}, {-50: 0.45, 0: 0.35, 2: 0.2})
    assert actions(Decoding(mouse="mode"), said, 1) == [Action(mouse_x=20, mouse_y=0)]
    assert actions(Decoding(mouse="argmax"), said, 1) == [Action(mouse_x=-100, mouse_y=-50)]


def test_samples_follow_the_probabilities() -> None:
    rules = Decoding(move="sample", weapons="sample", mouse="sample", persistence=0.0)
    said = prediction({-30: 0.25, 0: 0.75}, w=0.3, key2=0.8)
    played = actions(rules, said, 4000)
    assert np.mean(["w" in action.keys for action in played]) == pytest.approx(0.3, abs=0.03)
    assert np.mean(["2" in action.keys for action in played]) == pytest.approx(0.8, abs=0.03)
    assert np.mean([action.mouse_x == -30 for action in played]) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("name", DECODINGS)
@pytest.mark.parametrize("allowed", [PAPER, ("move",), ("fire", "mouse"), ("crouch", "weapons", "scope")])
def test_only_what_is_controlled_is_used_in_every_decoding(name: str, allowed: tuple[str, ...]) -> None:
    certain = dict.fromkeys(("w", "a", "s", "d", "space", "ctrl", "shift", "key1", "key2", "key3", "r", "left"), 1.0)
    played = actions(DECODINGS[name].within(allowed), prediction({30: 1.0}, {4: 1.0}, right=1.0, **certain), 20)
    switches = {switch for control in allowed for switch in GROUPS.get(control, ())}
    for action in played:
        assert {*action.keys, *["left"] * action.left, *["right"] * action.right} == switches
        assert (action.mouse_x, action.mouse_y) == ((30, 4) if "mouse" in allowed else (0, 0))


@pytest.mark.parametrize(("allowed", "moves", "turns"), [(("move",), True, False), (("mouse", "jump"), False, True)])
def test_an_idle_agent_shakes_only_what_it_controls(allowed: tuple[str, ...], moves: bool, turns: bool) -> None:
    one = decoder(DECODINGS["paper"].within(allowed))
    steps = [one.decode(prediction({0: 0.6, 100: 0.4}, w=0.4)) for _ in range(400)]
    shaken = steps[96:]
    assert any(action.keys for action, _ in shaken) == moves
    assert any(action.mouse_x for action, _ in steps) == any(action.mouse_y for action, _ in shaken) == turns
    assert all(forget for _, forget in shaken) == turns


def test_the_papers_jumps_are_the_policys_own_and_its_mouse_is_clipped() -> None:
    said = prediction({1000: 1.0}, space=0.1, w=1.0)
    for factor, share in ((1.0, 0.1), (5.0, 0.5)):
        played = actions(DECODINGS["paper"].within(PAPER, factor), said, 4000)
        assert np.mean(["space" in action.keys for action in played]) == pytest.approx(share, abs=0.03)
        assert {action.mouse_x for action in played} == {300}
    as_predicted = actions(DECODINGS["sampled"].within(PAPER, 5.0), said, 4000)
    assert np.mean(["space" in action.keys for action in as_predicted]) == pytest.approx(0.1, abs=0.03)


def test_an_idle_agent_of_the_paper_first_looks_around_then_shakes() -> None:
    said = prediction({0: 0.6, 100: 0.4}, s=0.2)
    one = decoder(DECODINGS["paper"])
    steps = [one.decode(said) for _ in range(400)]
    assert {action.mouse_x for action, _ in steps[:8]} == {0}
    assert {action.mouse_x for action, _ in steps[8:96]} == {0, 100}
    assert not any(action.keys for action, _ in steps[:96])
    shaken = steps[96:]
    assert {action.mouse_x for action, _ in shaken} == {float(np.clip(count, -300, 300)) for count in MOUSE_X_BINS}
    assert all(forget for _, forget in shaken)
    assert all(len(action.keys) <= 1 for action, _ in shaken)
    assert np.mean(["w" in action.keys for action, _ in shaken]) == pytest.approx(0.05, abs=0.04)
    assert np.mean(["s" in action.keys for action, _ in shaken]) == pytest.approx(0.2 * 0.95**2, abs=0.08)


def test_moving_or_turning_is_not_idle() -> None:
    one = decoder(DECODINGS["paper"])
    for _ in range(20):
        one.decode(prediction())
    assert one.idle == 20
    one.decode(prediction({2: 1.0}))
    assert one.idle == 0
    one.decode(prediction(w=0.9))
    assert one.idle == 0
    one.decode(prediction())
    one.reset()
    assert one.idle == 0


def test_the_memory_is_emptied_as_often_as_asked() -> None:
    one = decoder(Decoding(forget=0.2))
    assert np.mean([one.decode(prediction(w=1.0))[1] for _ in range(3000)]) == pytest.approx(0.2, abs=0.03)
    assert not any(decoder(Decoding()).decode(prediction())[1] for _ in range(100))


def test_the_same_seed_plays_the_same() -> None:
    said = prediction(w=0.5, a=0.5)
    assert actions(Decoding(), said, 50) == actions(Decoding(), said, 50)


def test_presets_by_name() -> None:
    assert Decoding.preset("cloned") == Decoding()
    assert Decoding.preset("corrected").persistence == 0
    assert Decoding.preset("argmax").move == Decoding.preset("argmax").mouse == "argmax"
    assert Decoding.preset("sampled").fire == "sample"
    with pytest.raises(
        ClonestrikeError, match="unknown decoding 'x': there are cloned, corrected, argmax, sampled, paper"
    ):
        Decoding.preset("x")


def test_every_switch_is_in_a_group() -> None:
    everything = replace(prediction(), switches=np.ones(13, np.float32))
    played = actions(Decoding(), everything, 1)[0]
    assert ACTION_SPACE.encode_one(played)[:13].all()


def test_the_agent_keeps_turning_the_way_that_it_turns_unless_it_aims() -> None:
    rules = Decoding(move="off", persistence=2.0)
    decoder = Decoder(rules, np.random.default_rng(0))

    def motion(left: float, right: float, fire: float) -> float:
        chances = np.full(23, 0.001, np.float32)
        chances[ACTION_SPACE.mouse_x_bins.index(-60)], chances[ACTION_SPACE.mouse_x_bins.index(60)] = left, right
        switches = np.zeros(13, np.float32)
        switches[SWITCHES.index("left")] = fire
        ahead = np.eye(15, dtype=np.float32)[7]
        action, _ = decoder.decode(Prediction(switches, chances, ahead, 0.0))
        return action.mouse_x

    assert [motion(0.5, 0.4, 0), motion(0.4, 0.5, 0), motion(0.1, 0.8, 0), motion(0.45, 0.4, 0)] == [-60, -60, 60, 60]
    assert motion(0.45, 0.4, 0.9) == -60
    decoder.reset()
    assert motion(0.4, 0.5, 0) == 60


def test_every_decoding_that_can_be_named_is_there() -> None:
    assert set(DECODINGS) == set(get_args(DecodingName))
