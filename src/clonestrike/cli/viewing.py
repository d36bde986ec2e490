"""Commands that show play: view, video, export png."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given
from clonestrike.core.ranges import COUNT, Range


@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """Options of ``clonestrike view``."""

    paths: Positional[tuple[Path, ...]]
    """Recordings, files of the original (metadata, too), or folders of them; ] goes on to the next file."""
    step: Annotated[int, Range(0, COUNT.high)] = 0
    """Number of the step to begin with."""
    file: Annotated[int | None, Range(0, COUNT.high)] = None
    """Number of the file to begin with, such as 5 for file_num5 of a metadata file."""
    rerun: bool = False
    """Open the rerun viewer instead of the terminal (needs the extra clonestrike[view])."""
    rrd: Path | None = None
    """Write a file for the rerun viewer instead of opening it."""


def _report_view(result: Result) -> None:
    """Print nothing: the viewer has shown everything."""


@command("view", Group.DATA, "clonestrike view data/bots/000017 --step 200", report=_report_view)
def view(options: ViewOptions) -> Result:
    """Step through frames, actions and states, in the terminal or the rerun viewer.

    Without an interactive terminal one step is printed, with all that a file of the original holds of it.
    """
    given(options.paths)
    from clonestrike.view.shelf import Shelf

    shelf = Shelf.of(options.paths)
    if options.rerun or options.rrd:
        from clonestrike.view.rerun_log import rerun

        _, play = shelf.first(options.file)
        rerun(play, options.rrd)
        return {"path": play.path, "steps": play.steps, "rrd": options.rrd}
    from clonestrike.view.terminal import view

    viewer = view(shelf, options.step, options.file, console.console)
    return {"path": viewer.play.path, "steps": viewer.play.steps, "step": viewer.step}


@dataclass(frozen=True, kw_only=True)
class ExportPngOptions:
    """Options of ``clonestrike export png``."""

    path: Positional[Path]
    """A recording, or a file of the original."""
    out: Path
    """Folder of the PNG files."""
    rows: str | None = None
    """Write only the frames of these rows, such as 100-195 or 7."""
    overlay: bool = False
    """Draw keys, mouse and shots below each frame."""
    bright: bool = False
    """Brighten the frames as in the paper's figures: values times 1.2, plus 5."""


@command(
    "export png", Group.EXCHANGE, "clonestrike export png data/bots/000017 --out pictures --rows 100-195 --overlay"
)
def export_png(options: ExportPngOptions) -> Result:
    """Write the frames of a recording, or a file of the original, as PNG files."""
    from clonestrike.view.pictures import export_png

    return export_png(options.path, options.out, options.rows, options.overlay, options.bright)


@dataclass(frozen=True, kw_only=True)
class VideoOptions:
    """Options of ``clonestrike video``."""

    recording: Positional[Path]
    """A recording, or a file of the original."""
    out: Positional[Path]
    """Video to write, such as match.mp4."""


@command("video", Group.DATA, "clonestrike video data/bots/000017 match.mp4")
def video(options: VideoOptions) -> Result:
    """Make a video of a recording, or a file of the original, with keys, mouse, shots and labels drawn over it."""
    from clonestrike.view.video import overlay_video

    overlay_video(options.recording, options.out)
    return {"video": options.out}
