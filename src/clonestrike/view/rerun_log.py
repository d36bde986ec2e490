"""Shows play in the rerun viewer: frames, actions and states on one time line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import SWITCHES, Actions
from clonestrike.core.trajectory import Trajectory
from clonestrike.extras import require
from clonestrike.view.steps import shown_actions

JPEG_QUALITY = 90
SHOWN = ("health", "ammo", "kills", "deaths", "x", "y", "z", "yaw", "pitch", "field_of_view")
"""Fields of states that are shown as time series, where they are known."""


def rerun(play: Trajectory, out: Path | None = None) -> None:
    """Log a trajectory to the viewer, which opens, or to an .rrd file, which ``rerun FILE`` opens.

    Raises ClonestrikeError if the extra is not installed.
    """
    require("rerun")
    import rerun as rr

    with rr.RecordingStream("clonestrike", recording_id=f"{play.run}/{play.part}") as stream:
        if out is None:
            stream.spawn()
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            stream.save(out)
        _log(play)
        stream.flush()


def _log(play: Trajectory) -> None:
    """Log a trajectory to the current stream, with the time lines ``step`` and ``time`` (seconds)."""
    import rerun as rr

    def times(rows: NDArray[np.int64]) -> list[rr.TimeColumn]:
        seconds = rows / play.info.steps_per_second
        return [rr.TimeColumn("step", sequence=rows), rr.TimeColumn("time", duration=seconds)]

    every = times(np.arange(play.steps))
    first = 0
    for frames in play.iter_frames():
        for step, frame in enumerate(frames, first):
            rr.set_time("step", sequence=step)
            rr.set_time("time", duration=step / play.info.steps_per_second)
            rr.log("screen", rr.Image(frame).compress(jpeg_quality=JPEG_QUALITY))
        first += len(frames)
    kind, known = shown_actions(play)
    if kind != "none":
        at = times(np.array([step for step, action in enumerate(known) if action is not None]))
        actions = Actions.of([action for action in known if action is not None])
        for i, name in enumerate(SWITCHES):
            rr.send_columns(f"action/keys/{name}", at, rr.Scalars.columns(scalars=actions.switches[:, i].astype(float)))
        for i, name in enumerate(("x", "y")):
            rr.send_columns(f"action/mouse/{name}", at, rr.Scalars.columns(scalars=actions.mouse[:, i].astype(float)))
    for name in SHOWN:
        values = play.row_states.columns[name]
        if np.isfinite(values).any():
            rr.send_columns(f"state/{name}", every, rr.Scalars.columns(scalars=values))
    for name, events in (("kill", play.kills), ("death", play.deaths)):
        rr.send_columns(f"events/{name}", every, rr.Scalars.columns(scalars=events.astype(float)))
