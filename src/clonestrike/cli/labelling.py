"""The command that infers actions."""

from __future__ import annotations

from collections import Counter

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given
from clonestrike.labelling.config import LabelConfig


def _report_label(result: Result) -> None:
    totals: Counter[str] = Counter()
    for quality in result["quality"].values():
        totals.update({name: count for name, count in quality.items() if isinstance(count, int)})
    suspect = [
        {"suspect": path, "why": quality["reasons"]}
        for path, quality in result["quality"].items()
        if quality["verdict"] != "good"
    ]
    rows = totals.pop("rows", 0)
    counts = {name: {"rows": count, "share": count / rows} for name, count in totals.items()}
    console.show({**result, "quality": suspect or "all good", "counts": counts}, "label")


@command("label", Group.STAGES, "clonestrike label data/bots --score --drop-suspect", report=_report_label)
def label(config: LabelConfig) -> Result:
    """Infer the actions in recordings and the original's files from the states, and store them as labels."""
    given(config.paths)
    from clonestrike.labelling.label import label

    return label(config)
