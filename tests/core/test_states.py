from __future__ import annotations

import math
from dataclasses import asdict, fields
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonestrike.core.states import BOOL_FIELDS, INTEGER_FIELDS, STATE_FIELDS, TEXT_FIELDS, PlayerState, States

OF_KIND = {
    **dict.fromkeys(STATE_FIELDS, st.floats(allow_nan=False)),
    **dict.fromkeys(TEXT_FIELDS, st.text(max_size=8)),
    **dict.fromkeys(BOOL_FIELDS, st.booleans()),
    **dict.fromkeys(INTEGER_FIELDS, st.integers(-(2**53), 2**53)),
}
states = st.builds(PlayerState, **{name: st.none() | kind for name, kind in OF_KIND.items()})


def test_every_field_has_the_kind_that_its_list_says() -> None:
    hints = get_type_hints(PlayerState)
    for field in fields(PlayerState):
        kind = next(
            (
                kind
                for names, kind in ((TEXT_FIELDS, str), (BOOL_FIELDS, bool), (INTEGER_FIELDS, int))
                if field.name in names
            ),
            float,
        )
        assert hints[field.name] == kind | None, field.name
    assert asdict(PlayerState()) == dict.fromkeys(STATE_FIELDS)


@given(st.lists(states, max_size=6))
def test_states_come_back_from_columns(rows: list[PlayerState]) -> None:
    columns = States.of(rows)
    assert len(columns) == len(rows)
    back = [columns.at(i) for i in range(len(rows))]
    assert back == rows
    for given_, got in zip(rows, back, strict=True):
        assert [type(v) for v in asdict(got).values()] == [type(v) for v in asdict(given_).values()]


@given(st.lists(states, max_size=6))
def test_columns(rows: list[PlayerState]) -> None:
    columns = States.of(rows)
    assert tuple(columns.columns) == STATE_FIELDS
    for name in STATE_FIELDS:
        column = getattr(columns, name)
        assert column.shape == (len(rows),)
        assert column.dtype == (object if name in TEXT_FIELDS else np.float64)


@given(st.lists(states, max_size=6), st.data())
def test_slices(rows: list[PlayerState], data: st.DataObject) -> None:
    part = data.draw(st.slices(len(rows)))
    cut = States.of(rows)[part]
    assert [cut.at(i) for i in range(len(cut))] == rows[part]


def test_unknown_and_false_are_not_the_same() -> None:
    columns = States.of([PlayerState(alive=False, health=0.0), PlayerState()])
    assert columns.alive[0] == 0.0
    assert math.isnan(columns.alive[1])
    assert columns.at(0).alive is False
    assert columns.at(1).alive is None
    with pytest.raises(AttributeError):
        _ = columns.mana
