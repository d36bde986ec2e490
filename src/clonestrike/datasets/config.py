"""The options of ``clonestrike stats``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional


@dataclass(frozen=True)
class StatsConfig:
    """Options of ``stats``: the data set, and the folder for the plots."""

    paths: Positional[tuple[Path, ...]]
    """Recordings, files of the original, or folders of them; metadata is counted also where its HDF5 files are
    missing."""
    out: Path
    """Folder of stats.json and the plots, with a folder in it for every set where there are several."""
    pdf: bool = False
    """Write every plot as a PDF file, too."""
    strict: bool = False
    """Refuse play that cannot be used, or only in part, instead of skipping it with a line."""
