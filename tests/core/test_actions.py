from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from clonestrike.core.actions import (
    ACTION_SPACE,
    KEYS,
    MOUSE_X_BINS,
    MOUSE_Y_BINS,
    SWITCHES,
    Action,
    Actions,
)
from clonestrike.errors import ClonestrikeError

counts = st.floats(-5000, 5000, width=32)
single = st.builds(
    Action,
    keys=st.frozensets(st.sampled_from(KEYS)),
    left=st.booleans(),
    right=st.booleans(),
    mouse_x=counts,
    mouse_y=counts,
)
on_bins = st.builds(
    Action,
    keys=st.frozensets(st.sampled_from(KEYS)),
    left=st.booleans(),
    right=st.booleans(),
    mouse_x=st.sampled_from(MOUSE_X_BINS).map(float),
    mouse_y=st.sampled_from(MOUSE_Y_BINS).map(float),
)


def nearest(value: float, bins: tuple[int, ...]) -> int:
    """The definition, bin by bin: the first of the nearest, and bins go from negative to positive."""
    return min(range(len(bins)), key=lambda i: abs(bins[i] - value))


def test_the_space_is_the_papers() -> None:
    assert SWITCHES == ("w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r", "left", "right")
    assert (len(KEYS), len(MOUSE_X_BINS), len(MOUSE_Y_BINS), ACTION_SPACE.size) == (11, 23, 15, 51)
    assert tuple(-b for b in reversed(MOUSE_X_BINS)) == MOUSE_X_BINS
    assert tuple(-b for b in reversed(MOUSE_Y_BINS)) == MOUSE_Y_BINS


def test_a_vector_written_by_hand() -> None:
    action = Action(frozenset({"w", "r"}), left=True, mouse_x=-1000, mouse_y=200)
    vector = np.zeros(51, np.float32)
    vector[[0, 10, 11, 13, 50]] = 1
    np.testing.assert_array_equal(ACTION_SPACE.encode_one(action), vector)


@given(single)
def test_layout_of_a_vector(action: Action) -> None:
    vector = ACTION_SPACE.encode_one(action)
    assert vector.shape == (51,)
    assert vector.dtype == np.float32
    assert set(vector.tolist()) <= {0.0, 1.0}
    place = ACTION_SPACE.sections
    assert [(s.start, s.stop) for s in place.values()] == [(0, 13), (13, 36), (36, 51)]
    pressed = {name for name, on in zip(SWITCHES, vector[place["switches"]], strict=True) if on}
    assert pressed == action.keys | {n for n, on in (("left", action.left), ("right", action.right)) if on}
    assert vector[place["mouse_x"]].sum() == vector[place["mouse_y"]].sum() == 1


@given(counts)
def test_counts_go_to_the_nearest_bin_and_ties_to_the_more_negative_one(value: float) -> None:
    at = np.array([value])
    assert ACTION_SPACE.x_index(at)[0] == nearest(value, MOUSE_X_BINS)
    assert ACTION_SPACE.y_index(at)[0] == nearest(value, MOUSE_Y_BINS)


@pytest.mark.parametrize(
    ("value", "bin_"), [(-1, -2), (1, 0), (3, 2), (-3, -4), (7, 4), (-7, -10), (750, 500), (-750, -1000), (1e9, 1000)]
)
def test_ties_and_clipping_of_mouse_x(value: float, bin_: int) -> None:
    assert MOUSE_X_BINS[ACTION_SPACE.x_index(np.array(value))] == bin_


@given(on_bins)
def test_an_action_on_bins_comes_back(action: Action) -> None:
    assert ACTION_SPACE.decode_one(ACTION_SPACE.encode_one(action)) == action


@given(single)
def test_snapping_twice_changes_nothing_more(action: Action) -> None:
    once = ACTION_SPACE.snap(action)
    assert ACTION_SPACE.snap(once) == once
    assert once == ACTION_SPACE.decode_one(ACTION_SPACE.encode_one(action))
    assert (once.keys, once.left, once.right) == (action.keys, action.left, action.right)


@given(st.lists(single, max_size=8))
def test_arrays_say_the_same_as_single_actions(actions: list[Action]) -> None:
    together = Actions.of(actions)
    assert list(together) == actions
    assert len(together) == len(actions)
    vectors = ACTION_SPACE.encode(together)
    assert vectors.shape == (len(actions), 51)
    for action, vector, decoded in zip(actions, vectors, ACTION_SPACE.decode(vectors), strict=True):
        np.testing.assert_array_equal(vector, ACTION_SPACE.encode_one(action))
        assert decoded == ACTION_SPACE.decode_one(vector)


@given(arrays(np.float32, st.tuples(st.integers(0, 5), st.just(51)), elements=st.floats(0, 1, width=32)))
def test_probabilities_decode_as_their_largest_bin(vectors: NDArray[np.float32]) -> None:
    decoded = ACTION_SPACE.decode(vectors)
    np.testing.assert_array_equal(decoded.switches, vectors[:, :13] > 0.5)
    for row, mouse in zip(vectors, decoded.mouse, strict=True):
        assert mouse[0] == MOUSE_X_BINS[int(row[13:36].argmax())]
        assert mouse[1] == MOUSE_Y_BINS[int(row[36:].argmax())]


@given(st.lists(single, min_size=1, max_size=8), st.data())
def test_slices_and_columns(actions: list[Action], data: st.DataObject) -> None:
    together = Actions.of(actions)
    part = data.draw(st.slices(len(actions)))
    assert list(together[part]) == actions[part]
    name = data.draw(st.sampled_from(SWITCHES))
    column = together.switch(name)
    assert np.shares_memory(column, together.switches)
    expected = [getattr(a, name) if name in ("left", "right") else name in a.keys for a in actions]
    assert column.tolist() == expected


def test_nothing_pressed() -> None:
    assert list(Actions.zeros(2)) == [Action(), Action()]
    assert len(Actions.of([])) == 0


def test_what_is_refused() -> None:
    with pytest.raises(ClonestrikeError, match=r"unknown keys \['q'\]"):
        Action(frozenset({"q"}))
    with pytest.raises(ClonestrikeError, match=r"\(2, 50\), expected \(N, 51\)"):
        ACTION_SPACE.decode(np.zeros((2, 50)))
    with pytest.raises(ValueError, match="do not fit"):
        Actions(np.zeros((2, 13), np.bool_), np.zeros((3, 2), np.float64))
