"""Looking at play."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from clonestrike import console
from clonestrike.cli.verb import Verb


@dataclass(frozen=True, kw_only=True)
class View(Verb):
    """Step through pictures, actions and states, forwards and backwards, in the terminal or the rerun viewer."""

    example = "clonestrike view data/bots/000017 --step 200"

    path: Positional[Path]
    """One recording or original file."""
    step: int = 0
    """The step to begin with."""
    rerun: bool = False
    """Open the rerun viewer (pip install 'clonestrike[view]')."""
    rrd: Path | None = None
    """Write everything into this file instead, for the rerun viewer."""

    def run(self) -> dict[str, Any]:
        from clonestrike.datasets.opening import open_trajectory

        play = open_trajectory(self.path)
        if self.rerun or self.rrd:
            from clonestrike.view.rerun_log import rerun

            rerun(play, self.rrd)
            return {"path": play.path, "steps": play.steps, "rrd": self.rrd}
        from clonestrike.view.terminal import view

        return {"path": play.path, "steps": play.steps, "step": view(play, self.step, console.console).step}

    def report(self, result: dict[str, Any]) -> None:
        """What there was to see has been shown."""


@dataclass(frozen=True, kw_only=True)
class ExportPng(Verb):
    """Write the pictures of a recording or an original file as PNG files."""

    example = "clonestrike export png data/bots/000017 --out pictures --rows 100-195 --overlay"

    path: Positional[Path]
    """One recording or original file."""
    out: Path
    """Folder of the pictures."""
    rows: str | None = None
    """Only these rows, such as 100-195 or 7."""
    overlay: bool = False
    """Draw keys, mouse and shots below every picture."""
    bright: bool = False
    """Brighten them as in the paper's figures: 1.2 times, plus 5."""

    def run(self) -> dict[str, Any]:
        from clonestrike.view.pictures import export_png

        return export_png(self.path, self.out, self.rows, self.overlay, self.bright)


@dataclass(frozen=True, kw_only=True)
class Video(Verb):
    """Draw keys, mouse, shots and labels over a recording or an original file."""

    example = "clonestrike video data/bots/000017 match.mp4"

    recording: Positional[Path]
    """One recording or original file."""
    out: Positional[Path]
    """The video to write."""

    def run(self) -> dict[str, Any]:
        from clonestrike.view.video import overlay_video

        overlay_video(self.recording, self.out)
        return {"video": self.out}
