"""Checkpoints that come with the package: ``pretrained:NAME``."""

from __future__ import annotations

from pathlib import Path

from clonestrike.errors import ClonestrikeError

PREFIX = "pretrained:"
FOLDER = Path(__file__).with_name("pretrained")


def checkpoint(name: str | Path) -> Path:
    """The path of a checkpoint: that of ``pretrained:NAME`` in the package, or any other name as a path.

    Raises ClonestrikeError when the package has no such checkpoint.
    """
    text = str(name)
    if not text.startswith(PREFIX):
        return Path(name)
    there = sorted(path.name for path in FOLDER.iterdir())
    if text.removeprefix(PREFIX) not in there:
        raise ClonestrikeError(
            f"{text} does not come with Clonestrike", f"there is {PREFIX}{f', {PREFIX}'.join(there)}"
        )
    return FOLDER / text.removeprefix(PREFIX)
