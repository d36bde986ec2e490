"""The command that sets up Counter-Strike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from clonestrike import console
from clonestrike.cli.command import Group, Result, command
from clonestrike.core.ranges import Range
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, kw_only=True)
class SetupOptions:
    """Options of ``clonestrike setup``."""

    game: Positional[Literal["csgo", "cs2"]]
    """Which game to set up."""
    folder: Path | None = None
    """Folder of the installed game; by default where Steam has installed it."""
    port: Annotated[int, Range(1, 65_535)] = 3000
    """Port on this computer to which the game posts its state."""
    write: bool = False
    """Write the files, and keep copies of existing ones."""
    undo: bool = False
    """Restore the files as they were before."""


def _report_setup(result: Result) -> None:
    contents = result.get("contents", {})
    if not result.get("written"):
        for name, text in contents.items():
            console.console.rule(name, align="left")
            console.console.print(text, markup=False, soft_wrap=True)
    files = [{"file": name, "is": kind} for name, kind in result["files"].items()]
    console.show({name: value for name, value in result.items() if name != "contents"} | {"files": files}, "setup")
    if contents and not result["written"]:
        console.console.print("nothing was written: --write does it, --undo puts back what was there")


@command("setup", Group.SET_UP, "clonestrike setup csgo --write", report=_report_setup)
def setup(options: SetupOptions) -> Result:
    """Set up Counter-Strike: game state integration, settings, bots.

    Shows the files; --write writes them, --undo restores those before.
    """
    from clonestrike.games.counterstrike import setting_up
    from clonestrike.games.counterstrike.edition import edition

    if options.write and options.undo:
        raise ClonestrikeError("--write and --undo are opposites", "choose one")
    of = edition(options.game)
    installation = setting_up.find_installation(of, options.folder)
    if options.undo:
        return {"folder": installation.cfg, "files": setting_up.undo(installation)}
    changes = setting_up.plan(installation, options.port)
    if options.write:
        setting_up.write(installation, changes)
    return {
        "folder": installation.cfg,
        "written": options.write,
        "files": {change.path.relative_to(installation.cfg).as_posix(): change.kind for change in changes},
        "contents": {
            change.path.relative_to(installation.cfg).as_posix(): change.content.decode(errors="replace")
            for change in changes
        },
        "launch_options": of.launch,
        "offsets": of.offset_source(installation.clonestrike_cfg),
    }
