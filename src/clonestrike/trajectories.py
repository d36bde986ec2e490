"""Opens play of every kind: recordings, and the original's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clonestrike.recording import Recording, find_recordings
from clonestrike.trajectory import Trajectory


def open_trajectories(paths: Sequence[Path]) -> list[Trajectory]:
    """All play under the paths, each once, sorted by path; raises ClonestrikeError when there is none."""
    return [Recording.open(path) for path in find_recordings(paths)]
