"""From states to actions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tyro.conf import Positional

from clonestrike.cli.verb import Verb, given


@dataclass(frozen=True, kw_only=True)
class Label(Verb):
    """Infer the actions in recordings from their states."""

    example = "clonestrike label data/bots --score --drop-suspect"

    paths: Positional[tuple[Path, ...]]
    """Recordings, or folders of them."""
    rules: Literal["default", "paper"] = "default"
    """The best rules that we have, or those of the original, quirks included."""
    score: bool = False
    """Compare the labels with the true inputs where a recording has them."""
    drop_suspect: bool = False
    """Mark every row of a suspect recording as not valid, so that training passes it over; nothing is deleted."""

    def run(self) -> dict[str, Any]:
        given(self.paths)
        from clonestrike.labelling.label import label

        return label(self.paths, rules=self.rules, score=self.score, drop_suspect=self.drop_suspect)

    def report(self, result: dict[str, Any]) -> None:
        suspect = [
            {"suspect recording": path, "why": quality["reasons"]}
            for path, quality in result["quality"].items()
            if quality["verdict"] != "good"
        ]
        super().report({**result, "quality": suspect} if suspect else {**result, "quality": "all good"})
