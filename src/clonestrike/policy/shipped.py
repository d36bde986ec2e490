"""Checkpoints that come with the package, named as in ``pretrained:doom``."""

from __future__ import annotations

from pathlib import Path

from clonestrike.errors import ClonestrikeError

PREFIX = "pretrained:"
FOLDER = Path(__file__).with_name("pretrained")


def checkpoint(name: str | Path) -> Path:
    """The folder of a checkpoint: where the package keeps it, or the path itself.

    Raises ClonestrikeError when there is none of that name.
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
