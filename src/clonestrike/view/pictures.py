"""Exports frames as PNG files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from clonestrike.console import progress
from clonestrike.core.observation import Frame
from clonestrike.core.opening import open_trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.view.overlay import overlay
from clonestrike.view.steps import shown_actions

CONTRAST, BRIGHTNESS = 1.2, 5
"""The factor, and then the offset, by which the paper's figures were brightened."""


def export_png(
    path: Path, out: Path, rows: str | None = None, panel: bool = False, bright: bool = False
) -> dict[str, Any]:
    """Write the frames of a recording or a file of the original as ``NNNNNN.png``, numbered by row.

    ``rows`` such as 100-195 or 7 selects some; ``panel`` draws keys, mouse and shots below each frame; ``bright``
    brightens them as in the paper. Raises ClonestrikeError for rows that do not exist, and for a file that does.
    """
    play = open_trajectory(path)
    first, last = _span(rows, play.steps)
    states = play.row_states
    kind, actions = shown_actions(play) if panel else ("none", [])
    out.mkdir(parents=True, exist_ok=True)
    with progress() as bars:
        bar, row = bars.add_task("writing pictures", total=last - first), first
        for frames in play.iter_frames(first, last):
            for frame in frames:
                file = out / f"{row:06d}.png"
                if file.exists():
                    raise ClonestrikeError(f"{file} exists already", "export to another folder")
                shown = brighter(frame) if bright else frame
                if panel:
                    shown = overlay(shown, actions[row], None, states.at(row), row, play.info.steps_per_second)
                cv2.imwrite(str(file), cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))
                row += 1
            bars.advance(bar, len(frames))
    return {"folder": out, "pictures": last - first, "first": first, "last": last - 1, "actions": kind}


def brighter(frame: Frame) -> Frame:
    """The frame brightened as in the paper's figures, uint8 of the same shape."""
    return np.asarray(cv2.convertScaleAbs(frame, alpha=CONTRAST, beta=BRIGHTNESS), np.uint8)


def _span(rows: str | None, steps: int) -> tuple[int, int]:
    """Parse ``rows`` to start (inclusive) and stop (exclusive); all rows for None."""
    if rows is None:
        return 0, steps
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", rows)
    if match is None or not int(match[1]) <= int(match[2] or match[1]) < steps:
        raise ClonestrikeError(f"--rows {rows}", f"there are rows 0-{steps - 1}, give some of them, such as 0-95")
    return int(match[1]), int(match[2] or match[1]) + 1
