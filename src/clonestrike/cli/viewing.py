"""Looking at play."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from clonestrike import console
from clonestrike.cli.command import Group, Result, command


@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """Of ``clonestrike view``."""

    path: Positional[Path]
    """One recording or original file."""
    step: int = 0
    """The step to begin with."""
    rerun: bool = False
    """Open the rerun viewer (pip install 'clonestrike[view]')."""
    rrd: Path | None = None
    """Write everything into this file instead, for the rerun viewer."""


def _report_view(result: Result) -> None:
    """What there was to see has been shown."""


@command("view", Group.DATA, "clonestrike view data/bots/000017 --step 200", report=_report_view)
def view(options: ViewOptions) -> Result:
    """Step through pictures, actions and states, forwards and backwards, in the terminal or the rerun viewer."""
    from clonestrike.datasets.opening import open_trajectory

    play = open_trajectory(options.path)
    if options.rerun or options.rrd:
        from clonestrike.view.rerun_log import rerun

        rerun(play, options.rrd)
        return {"path": play.path, "steps": play.steps, "rrd": options.rrd}
    from clonestrike.view.terminal import view

    return {"path": play.path, "steps": play.steps, "step": view(play, options.step, console.console).step}


@dataclass(frozen=True, kw_only=True)
class ExportPngOptions:
    """Of ``clonestrike export png``."""

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


@command(
    "export png", Group.EXCHANGE, "clonestrike export png data/bots/000017 --out pictures --rows 100-195 --overlay"
)
def export_png(options: ExportPngOptions) -> Result:
    """Write the pictures of a recording or an original file as PNG files."""
    from clonestrike.view.pictures import export_png

    return export_png(options.path, options.out, options.rows, options.overlay, options.bright)


@dataclass(frozen=True, kw_only=True)
class VideoOptions:
    """Of ``clonestrike video``."""

    recording: Positional[Path]
    """One recording or original file."""
    out: Positional[Path]
    """The video to write."""


@command("video", Group.DATA, "clonestrike video data/bots/000017 match.mp4")
def video(options: VideoOptions) -> Result:
    """Draw keys, mouse, shots and labels over a recording or an original file."""
    from clonestrike.view.video import overlay_video

    overlay_video(options.recording, options.out)
    return {"video": options.out}
