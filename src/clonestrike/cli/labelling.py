"""From states to actions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """Of ``clonestrike label``."""

    paths: Positional[tuple[Path, ...]]
    """Recordings, or folders of them."""
    rules: Literal["default", "paper"] = "default"
    """The best rules that we have, or those of the original, quirks included."""
    score: bool = False
    """Compare the labels with the true inputs where a recording has them."""
    drop_suspect: bool = False
    """Mark every row of a suspect recording as not valid, so that training passes it over; nothing is deleted."""


def _report_label(result: Result) -> None:
    suspect = [
        {"suspect recording": path, "why": quality["reasons"]}
        for path, quality in result["quality"].items()
        if quality["verdict"] != "good"
    ]
    console.show({**result, "quality": suspect or "all good"}, "label")


@command("label", Group.STAGES, "clonestrike label data/bots --score --drop-suspect", report=_report_label)
def label(options: LabelOptions) -> Result:
    """Infer the actions in recordings from their states."""
    given(options.paths)
    from clonestrike.labelling.label import label

    return label(options.paths, rules=options.rules, score=options.score, drop_suspect=options.drop_suspect)
