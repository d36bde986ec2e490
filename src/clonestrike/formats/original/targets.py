"""What the original trains on, made from play and its labels: y, xaux, helperarr, and the metadata with infer_a.

Labels that are those of the original give its own arrays, unchanged. In rows with other labels only what depends on
labels is made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, Actions, Bools
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.arrays import OriginalArrays, decoded
from clonestrike.formats.original.layout import (
    AMMO_SCALE,
    AUX,
    HEALTH_SCALE,
    MOUSE_X_SCALE,
    MOUSE_Y_SCALE,
    PREVIOUS,
)

WhichLabels = Literal["original", "label", "true"]
_ACTION = 15
"""The first columns of a step in xaux: 13 switches, mouse x and y; health, ammo and team follow."""


@dataclass(frozen=True)
class Targets:
    """All that an export writes of play besides its frames.

    ``frames`` (T,): their numbers; ``y`` (T, 51), ``xaux`` (T, 54), ``helperarr`` (T, 2); ``rows``: of every frame
    [curr_vars, infer_a, helper_arr].
    """

    frames: NDArray[Any]
    y: NDArray[Any]
    xaux: NDArray[Any]
    helperarr: NDArray[Any]
    rows: list[metadata.Row]
    labels: WhichLabels
    """Whose labels they are. Those of the original are called so, whoever was asked for them."""

    @classmethod
    def of(cls, play: Trajectory, kept: OriginalArrays | None, which: WhichLabels) -> Targets:
        """The targets of play; ``kept`` are the arrays of the file that it comes from, or None.

        Row i gets the metadata of state i + 1, as in the original. Raises ClonestrikeError when the play has no such
        labels.
        """
        kept = kept or _made(play)
        own = _Own.of(play.path, kept)
        taken, actions = _chosen(play, own, which)
        same = own.same(actions) if own else np.zeros(play.steps, np.bool_)
        helperarr = np.stack([play.kills, play.deaths], 1).astype(np.float64)
        helperarr = helperarr if kept.helperarr is None else kept.helperarr
        rows = kept.rows or _made(play).rows
        assert rows is not None
        y = _encoded(actions)
        if own:
            y = np.where(same[:, None], own.y, y).astype(own.y.dtype)
        if own and kept.xaux is not None:
            aux = _relabelled(kept.xaux, kept.frames, y, ~same & (y != own.y).any(1))
        else:
            aux = xaux(y, np.array([_tail(row[0]) for row in rows], np.float64))
        return cls(
            kept.frames,
            y,
            aux,
            helperarr,
            _with_actions(rows, actions, same, helperarr),
            "original" if same.all() else taken,
        )


@dataclass(frozen=True)
class _Own:
    """The labels that came with a file: ``y`` (T, 51), and the same ones unbinned where they are known."""

    y: NDArray[Any]
    exact: Actions | None

    @classmethod
    def of(cls, path: Path, kept: OriginalArrays) -> _Own | None:
        """Those of the file at a path, None if it has none; raises ClonestrikeError for an unreadable action."""
        infer_a = kept.infer_a
        if infer_a is None:
            return None if kept.y is None else cls(kept.y, None)
        try:
            exact = metadata.to_actions(infer_a)
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"the metadata of {path} has an unreadable action ({error})", "download it again"
            ) from None
        return cls(_encoded(exact) if kept.y is None else kept.y, exact)

    def same(self, actions: Actions) -> Bools:
        """Bool (T,): rows whose action is the original's; binned actions are compared only if all of them are so."""
        binned = _equal(actions, decoded(self.y))
        return binned if self.exact is None or binned.all() else _equal(actions, self.exact)


def _encoded(actions: Actions) -> NDArray[np.float64]:
    return ACTION_SPACE.encode(actions).astype(np.float64)


def _equal(a: Actions, b: Actions) -> Bools:
    # Older imports have labels as float32.
    mouse = np.isclose(a.mouse.astype(np.float32), b.mouse.astype(np.float32), rtol=0, atol=0, equal_nan=True)
    equal: Bools = (a.switches == b.switches).all(1) & mouse.all(1)
    return equal


def check_labels(play: Trajectory, kept: OriginalArrays | None, which: WhichLabels) -> None:
    """Raise ClonestrikeError when the play has no such labels; ``kept`` is that of Targets.of."""
    _chosen(play, _Own.of(play.path, kept) if kept and which == "original" else None, which)


def _chosen(play: Trajectory, own: _Own | None, which: WhichLabels) -> tuple[WhichLabels, Actions]:
    """The labels to write, and whose they are: true actions stand in for labels, as in training."""
    found: dict[WhichLabels, Actions | None] = {
        "original": (own.exact or decoded(own.y)) if own else None,
        "label": play.labels,
        "true": play.actions if play.action_known.all() else None,
    }
    for taken in (which, "true") if which == "label" else (which,):
        actions = found[taken]
        if actions is not None:
            return taken, actions
    if which == "label":
        raise ClonestrikeError(f"{play.path} has no labels yet", f"run `clonestrike label {play.path}` first")
    missing = "has no labels of the original" if which == "original" else "does not tell every true action"
    raise ClonestrikeError(f"{play.path} {missing}", f"leave out --labels {which}")


def _made(play: Trajectory) -> OriginalArrays:
    """Arrays for play that has none: its states as metadata."""
    states = [[metadata.to_curr_vars(play.states.at(t + 1))] for t in range(play.steps)]
    return OriginalArrays(play.part, np.arange(play.steps), None, None, None, states)


def xaux(y: NDArray[Any], tails: NDArray[np.float64]) -> NDArray[np.float64]:
    """The auxiliary input, float64 (T, 54): the 3 previous steps, newest first, zeros where there are none.

    ``tails`` (T, 3) are scaled health, ammo and team of every row.
    """
    steps = np.concatenate([_steps(y), tails], 1)
    padded = np.concatenate([np.zeros((PREVIOUS, AUX)), steps])
    return np.concatenate([padded[PREVIOUS - back : len(padded) - back] for back in range(1, PREVIOUS + 1)], 1)


def _steps(y: NDArray[Any]) -> NDArray[np.float64]:
    """The columns of xaux that follow from y, (T, 15); no mouse motion is -0.0 there."""
    mouse = ACTION_SPACE.decode(y).mouse / np.array([MOUSE_X_SCALE, MOUSE_Y_SCALE], np.float64)
    steps: NDArray[np.float64] = np.concatenate(
        [y[:, ACTION_SPACE.sections["switches"]], np.where(mouse == 0, -0.0, mouse)], 1
    )
    return steps


def _tail(row: dict[str, Any]) -> list[float]:
    return [row["gsi_health"] / HEALTH_SCALE, row["ammo_active"] / AMMO_SCALE, row["gsi_team"] == "CT"]


def _relabelled(old: NDArray[Any], frames: NDArray[Any], y: NDArray[Any], changed: Bools) -> NDArray[Any]:
    """The same xaux, with the new actions of earlier frames whose y has changed."""
    aux, steps = old.copy(), _steps(y)
    place = {number: row for row, number in enumerate(frames.tolist())}
    for row, number in enumerate(frames.tolist()):
        for back in range(1, PREVIOUS + 1):
            earlier = place.get(number - back)
            if earlier is not None and changed[earlier]:
                aux[row, (back - 1) * AUX : (back - 1) * AUX + _ACTION] = steps[earlier]
    return aux


def _with_actions(
    rows: Sequence[metadata.Row], actions: Actions, same: Bools, helperarr: NDArray[Any]
) -> list[metadata.Row]:
    """The metadata with these actions: rows keep infer_a and helper_arr where they have them and the action is it."""
    infer_a = metadata.to_infer_a(actions)
    found = []
    for i, row in enumerate(rows):
        curr_vars = row[0] if len(row) > 1 else metadata.inferred(row[0], rows[i - 1][0] if i else None)
        act = row[1] if same[i] and len(row) > 1 else infer_a[i]
        found.append([curr_vars, act, row[2] if len(row) > 2 else helperarr[i]])
    return found
