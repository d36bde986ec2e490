"""Play out of demos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from clonestrike.cli.verb import Verb
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, kw_only=True)
class ImportDemo(Verb):
    """Turn demos of CS2 into recordings without pictures: states and true actions of every player."""

    example = "clonestrike import demo match.dem --out data/demos"

    paths: Positional[tuple[Path, ...]]
    """Demos (.dem), or folders of them; those that cannot be read are reported and skipped."""
    out: Path
    """Folder that the recordings are added to."""

    def run(self) -> dict[str, Any]:
        if not self.paths:
            raise ClonestrikeError("no path given: name a .dem file or a folder of them")
        from clonestrike.formats.cs2_demos import import_demos

        return import_demos(self.paths, self.out)

    def report(self, result: dict[str, Any]) -> None:
        skipped = [{"skipped": file, "why": why} for file, why in result["skipped"].items()]
        super().report({**result, "skipped": skipped or "none"})
