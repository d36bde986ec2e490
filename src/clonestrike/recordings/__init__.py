"""Recordings: what ``clonestrike record`` writes, and the data format that opens it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clonestrike.core.format import Content, Contents, Format, PlaySource

if TYPE_CHECKING:
    from clonestrike.core.trajectory import Trajectory


def _find(path: Path) -> list[PlaySource]:
    from clonestrike.recordings.files import HEADER, UNFINISHED

    return [
        PlaySource(folder, FORMAT.title, Content.UNFINISHED if folder.suffix == UNFINISHED else Content.PLAY)
        for folder in sorted(header.parent for header in path.rglob(HEADER))
    ]


def _open(sources: Sequence[PlaySource], strict: bool) -> list[Trajectory]:
    """Open recordings, sorted by path."""
    from clonestrike.core.usable import usable
    from clonestrike.recordings.recording import Recording

    paths = sorted(source.path for source in sources)
    return [*usable(paths, Recording.open, strict, FORMAT.title)]


def _check(source: PlaySource) -> Contents:
    """Read a recording and decode all of its frames, if it has any."""
    from clonestrike.errors import ClonestrikeError
    from clonestrike.recordings.recording import Recording

    recording = Recording.open(source.path)
    if recording.has_frames:
        frames = sum(map(len, recording.iter_frames()))
        if frames != recording.steps:
            raise ClonestrikeError(
                f"{source.path} has {frames} frames for {recording.steps} steps", "the recording is damaged, remove it"
            )
    _ = (recording.states, recording.actions, recording.labels, recording.kills)
    unfinished = "still being written, or cut off: `clonestrike record` finishes it"
    return Contents(recording.steps, (unfinished,) if source.content is Content.UNFINISHED else ())


FORMAT = Format("recordings", "recordings", _find, _open, _check, priority=1)
