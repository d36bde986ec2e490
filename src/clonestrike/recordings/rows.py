"""Rows of a recording: the columns on disk, and conversion of rows, states and actions to columns and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from clonestrike.core.actions import SWITCHES, Action, Actions, Bools
from clonestrike.core.states import BOOL_FIELDS, INTEGER_FIELDS, STATE_FIELDS, TEXT_FIELDS, PlayerState, States

MOUSE = ("mouse_x", "mouse_y")
EVENTS = ("kill", "death")
_TIME = {"type": pa.int64()}
_FLAG = {"type": pa.bool_()}


@dataclass(frozen=True, slots=True)
class Row:
    """One step as it is appended; the last row of a recording has a state only.

    A field with a type is a column of that name on disk. New fields are added here and set by the recorder; recordings
    from before open without them.
    """

    state: PlayerState | None
    action: Action | None = None
    """The true action, where it is known."""
    frame_time_ns: int | None = field(default=None, metadata=_TIME)
    state_time_ns: int | None = field(default=None, metadata=_TIME)
    action_time_ns: int | None = field(default=None, metadata=_TIME)
    late_ns: int | None = field(default=None, metadata=_TIME)
    """How late the step began; 0 in lockstep."""
    gap: bool | None = field(default=None, metadata=_FLAG)
    """The next row is not one step later."""
    disturbed: bool | None = field(default=None, metadata=_FLAG)
    """Another action than this one was executed."""


COLUMNS: dict[str, pa.DataType] = {f.name: f.metadata["type"] for f in fields(Row) if f.metadata}
"""Columns other than those of state and action."""


def _state_type(name: str) -> pa.DataType:
    if name in TEXT_FIELDS:
        return pa.string()
    if name in BOOL_FIELDS:
        return pa.bool_()
    return pa.int64() if name in INTEGER_FIELDS else pa.float64()


def _action_fields(prefix: str, counts: pa.DataType) -> list[pa.Field]:
    switches = [pa.field(f"{prefix}.{name}", pa.bool_()) for name in SWITCHES]
    return switches + [pa.field(f"{prefix}.{name}", counts) for name in MOUSE]


STREAM_SCHEMA = pa.schema(
    [
        *(pa.field(f"state.{name}", _state_type(name)) for name in STATE_FIELDS),
        *_action_fields("action", pa.float32()),
        *(pa.field(name, kind) for name, kind in COLUMNS.items()),
    ]
)
"""Columns of steps.arrows, the stream of a recording that is being written."""


NEWER = frozenset({*COLUMNS, "state.weapon_type", "state.item", "state.memory_health", "state.posted_ammo"})
"""Columns that older recordings lack."""


def is_stream(schema: pa.Schema) -> bool:
    """Whether these are the columns of a stream, perhaps written before one of NEWER was added."""
    kept = [wanted for wanted in STREAM_SCHEMA if wanted.name in schema.names or wanted.name not in NEWER]
    return bool(schema.equals(pa.schema(kept)))


def as_stream(rows: pa.Table) -> pa.Table:
    """The same rows with all columns of STREAM_SCHEMA; a column that they lack is null."""
    for wanted in STREAM_SCHEMA:
        if wanted.name not in rows.column_names:
            rows = rows.append_column(wanted, pa.nulls(rows.num_rows, wanted.type))
    return rows.select(STREAM_SCHEMA.names)


SCHEMA = pa.schema([*STREAM_SCHEMA, *(pa.field(name, pa.bool_()) for name in EVENTS)])
"""Columns of steps.parquet before labelling."""

LABEL_SCHEMA = pa.schema([*_action_fields("label", pa.float64()), pa.field("label.valid", pa.bool_())])
"""Columns that labelling adds."""
OLDER_TYPES = {f"label.{name}": pa.float32() for name in MOUSE}
"""Types that columns of LABEL_SCHEMA have in older recordings."""


def to_batch(rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows -> a record batch of STREAM_SCHEMA. None and NaN in a state, both unknown, become null."""
    states = [row.state or PlayerState() for row in rows]
    columns = [
        pa.array([getattr(state, name) for state in states], _state_type(name), from_pandas=True)
        for name in STATE_FIELDS
    ]
    known = np.array([row.action is not None for row in rows], np.bool_)
    columns += _action_columns(Actions.of([row.action or Action() for row in rows]), known, np.float32)
    columns += [pa.array([getattr(row, name) for row in rows], kind) for name, kind in COLUMNS.items()]
    return pa.record_batch(columns, schema=STREAM_SCHEMA)


def _action_columns(actions: Actions, known: Bools, counts: DTypeLike) -> list[pa.Array]:
    values = [*actions.switches.T, *actions.mouse.T.astype(counts)]
    return [pa.array(np.ascontiguousarray(column), mask=~known) for column in values]


def complete(rows: pa.Table, steps: int) -> pa.Table:
    """Rows of the stream -> the T + 1 rows of a recording of ``steps`` steps, with kills and deaths.

    The state after the last step is that of the next row in the stream, or unknown if there is none.
    """
    following = rows.slice(steps, 1)
    last = Row(to_states(following).at(0) if following.num_rows else None)
    table = pa.concat_tables([rows.slice(0, steps), pa.Table.from_batches([to_batch([last])])])
    states = to_states(table)
    for name, column in zip(EVENTS, (states.kills, states.deaths), strict=True):
        rise = np.append(column[1:] > column[:-1], False)
        table = table.append_column(pa.field(name, pa.bool_()), pa.array(rise, mask=np.arange(steps + 1) == steps))
    return table.combine_chunks()


def to_states(table: pa.Table) -> States:
    """The state columns of a table of N rows -> N states; a column of NEWER that the table lacks is unknown."""
    columns: dict[str, NDArray[Any]] = {}
    for name in STATE_FIELDS:
        if f"state.{name}" in NEWER and f"state.{name}" not in table.column_names:
            columns[name] = np.full(table.num_rows, *((None, object) if name in TEXT_FIELDS else (np.nan, np.float64)))
            continue
        column = table.column(f"state.{name}")
        if name in TEXT_FIELDS:
            columns[name] = np.array([*column.to_pylist(), None], object)[:-1]  # the None keeps the dtype
        else:
            columns[name] = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
    return States(columns)


def known_actions(table: pa.Table, prefix: str) -> Bools:
    """Rows of N that have a value in every column ``prefix``.*, bool (N,)."""
    names = [f"{prefix}.{name}" for name in (*SWITCHES, *MOUSE)]
    if not set(names) <= set(table.column_names):
        return np.zeros(table.num_rows, np.bool_)
    known: Bools = np.all([table.column(name).is_valid().to_numpy() for name in names], 0)
    return known


def to_actions(table: pa.Table, prefix: str) -> Actions | None:
    """The columns ``prefix``.* of a table of N rows -> N actions; None if none is known.

    In a row whose action is not known (see known_actions) nothing is pressed.
    """
    known = known_actions(table, prefix)
    if not known.any():
        return None
    switches, mouse = (
        np.stack([table.column(f"{prefix}.{name}").fill_null(nothing).to_numpy() for name in names], 1)
        for names, nothing in ((SWITCHES, False), (MOUSE, 0.0))
    )
    switches[~known], mouse[~known] = False, 0.0
    return Actions(switches.astype(np.bool_), mouse.astype(np.float64))


def with_labels(table: pa.Table, labels: Actions, valid: Bools) -> pa.Table:
    """The same T + 1 rows with these T labels, which replace earlier ones."""
    padded = pa.array(np.append(valid, False), mask=np.arange(table.num_rows) == len(labels))
    return _with_actions(table, "label", labels).append_column(LABEL_SCHEMA.field("label.valid"), padded)


def with_true_switches(table: pa.Table, switches: Actions) -> pa.Table:
    """The same T + 1 rows with the T true switches of play whose other actions are unknown (columns true.*)."""
    return _with_actions(table, "true", switches)


def _with_actions(table: pa.Table, prefix: str, actions: Actions) -> pa.Table:
    kept = table.select([name for name in table.column_names if not name.startswith(f"{prefix}.")])
    padded = Actions(np.pad(actions.switches, ((0, 1), (0, 0))), np.pad(actions.mouse, ((0, 1), (0, 0))))
    columns = _action_columns(padded, np.arange(len(padded)) < len(actions), np.float64)
    for added, column in zip(_action_fields(prefix, pa.float64()), columns, strict=True):
        kept = kept.append_column(added, column)
    return kept


def check_columns(table: pa.Table) -> str | None:
    """What is wrong with the columns of a finished recording, or None. Those of NEWER may be missing."""
    for wanted in [*SCHEMA, *(LABEL_SCHEMA if "label.valid" in table.column_names else ())]:
        index = table.schema.get_field_index(wanted.name)
        if index < 0 and wanted.name in NEWER:
            continue
        if index < 0:
            return f"column {wanted.name} is missing"
        kind = table.schema.field(index).type
        if kind not in (wanted.type, OLDER_TYPES.get(wanted.name)):
            return f"column {wanted.name} is {kind}, not {wanted.type}"
    return None
