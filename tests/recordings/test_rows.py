from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonestrike.core.actions import BUTTONS, KEYS, SWITCHES, Action, Actions
from clonestrike.core.states import BOOL_FIELDS, INTEGER_FIELDS, STATE_FIELDS, TEXT_FIELDS, PlayerState
from clonestrike.recordings import rows
from clonestrike.recordings.rows import Row

WHOLE = st.integers(-(2**53), 2**53)
TIME = st.integers(0, 2**62)


def values(name: str) -> st.SearchStrategy[object]:
    if name in TEXT_FIELDS:
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    if name in BOOL_FIELDS:
        return st.booleans()
    return WHOLE if name in INTEGER_FIELDS else st.floats()


STATES = st.builds(PlayerState, **{name: st.none() | values(name) for name in STATE_FIELDS})
COUNTS = st.floats(-1e6, 1e6, width=32)
ACTIONS = st.builds(Action, st.frozensets(st.sampled_from(KEYS)), st.booleans(), st.booleans(), COUNTS, COUNTS)
ROWS = st.builds(Row, st.none() | STATES, st.none() | ACTIONS, TIME, TIME, TIME, TIME, st.booleans(), st.booleans())


def known(state: PlayerState | None) -> PlayerState:
    """What should come back: NaN is unknown, and so is a state that nobody saw."""
    state = state or PlayerState()
    return dataclasses.replace(
        state, **{name: None for name in STATE_FIELDS if getattr(state, name) != getattr(state, name)}
    )


def stream(appended: list[Row]) -> pa.Table:
    return pa.Table.from_batches([rows.to_batch([row]) for row in appended], rows.STREAM_SCHEMA)


@given(st.lists(ROWS, min_size=1, max_size=6), st.none() | STATES)
@settings(deadline=None)
def test_rows_come_back_as_they_were(appended: list[Row], final: PlayerState | None) -> None:
    steps = len(appended)
    table = rows.complete(stream([*appended, Row(final)]), steps)
    assert rows.check_columns(table) is None
    states = rows.to_states(table)
    assert [states.at(t) for t in range(steps + 1)] == [known(row.state) for row in appended] + [known(final)]
    answers = table.slice(0, steps)
    answered = [row.action is not None for row in appended]
    assert rows.known_actions(answers, "action").tolist() == answered
    actions = rows.to_actions(answers, "action")
    assert (actions is not None) == any(answered)
    if actions is not None:
        assert list(actions) == [row.action or Action() for row in appended]
    for name in rows.COLUMNS:
        assert table.column(name).to_pylist() == [getattr(row, name) for row in appended] + [None]


def test_order_of_columns_is_that_of_the_action_vector() -> None:
    names = [name.removeprefix("action.") for name in rows.SCHEMA.names if name.startswith("action.")]
    assert tuple(names) == (*SWITCHES, "mouse_x", "mouse_y")
    assert (*KEYS, *BUTTONS) == SWITCHES


def test_kills_and_deaths_are_rises_to_the_next_state() -> None:
    kills = [None, 3, 3, 5, None, 0, 1]
    deaths = [0, 0, 1, 1, 1, 0, None]
    seen = [PlayerState(kills=k, deaths=d) for k, d in zip(kills, deaths, strict=True)]
    table = rows.complete(stream([Row(state, frame_time_ns=0) for state in seen]), 6)
    assert table.column("kill").to_pylist() == [False, False, True, False, False, True, None]
    assert table.column("death").to_pylist() == [False, True, False, False, False, False, None]


def test_the_state_after_the_last_step_is_that_of_the_next_row() -> None:
    appended = [Row(PlayerState(x=float(t)), frame_time_ns=t) for t in range(5)]
    shortened = rows.complete(stream(appended), 3)
    assert rows.to_states(shortened).x.tolist() == [0, 1, 2, 3]
    assert shortened.column("frame_time_ns").to_pylist() == [0, 1, 2, None]
    whole = rows.complete(stream(appended), 5)
    assert np.array_equal(rows.to_states(whole).x, [0, 1, 2, 3, 4, np.nan], equal_nan=True)


@given(st.lists(st.tuples(ACTIONS, st.booleans()), min_size=1, max_size=5))
@settings(deadline=None)
def test_labels_come_back_and_leave_the_rest_alone(labelled: list[tuple[Action, bool]]) -> None:
    steps = len(labelled)
    before = rows.complete(stream([Row(PlayerState(x=1.0), Action(), 1, 2, 3, 4, False, True)] * steps), steps)
    once = rows.with_labels(before, Actions.zeros(steps), np.zeros(steps, np.bool_))
    labels = Actions.of([action for action, _ in labelled])
    table = rows.with_labels(once, labels, np.array([valid for _, valid in labelled]))
    assert table.select(before.column_names).equals(before)
    assert table.column_names == [*before.column_names, *rows.LABEL_SCHEMA.names]
    back = rows.to_actions(table.slice(0, steps), "label")
    assert back is not None
    assert list(back) == list(labels)
    assert table.column("label.valid").to_pylist() == [*(valid for _, valid in labelled), None]


def test_columns_that_are_not_ours() -> None:
    table = rows.complete(stream([Row(None, frame_time_ns=0)]), 1)
    assert rows.check_columns(table.drop_columns(["state.yaw"])) == "column state.yaw is missing"
    other = table.set_column(0, "state.x", table.column("state.x").cast(pa.string()))
    assert rows.check_columns(other) == "column state.x is string, not double"
    half = rows.with_labels(table, Actions.zeros(1), np.ones(1, np.bool_)).drop_columns(["label.w"])
    assert rows.check_columns(half) == "column label.w is missing"


@pytest.mark.parametrize("name", sorted(rows.NEWER))
def test_play_that_was_recorded_before_a_column_was_added_still_opens(name: str) -> None:
    written = rows.to_batch([Row(PlayerState(x=1.0), Action(), 1, 2, 3, 4, True, False)])
    older = pa.Table.from_batches([written]).drop_columns([name])
    assert rows.is_stream(older.schema)
    opened = rows.as_stream(older)
    assert opened.schema.names == rows.STREAM_SCHEMA.names
    assert opened.column(name).to_pylist() == [None]
    finished = rows.complete(opened, 1).drop_columns([name])
    assert rows.check_columns(finished) is None
    assert [state.x for state in map(rows.to_states(finished).at, range(2))] == [1.0, None]


def test_other_columns_are_no_stream() -> None:
    written = pa.Table.from_batches([rows.to_batch([Row(PlayerState())])])
    assert not rows.is_stream(written.drop_columns(["state.x"]).schema)
    assert not rows.is_stream(written.append_column("more", pa.nulls(1, pa.int64())).schema)
