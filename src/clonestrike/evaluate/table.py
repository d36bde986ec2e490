"""The summary of matches as a table for the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from clonestrike.core.scores import per_1000_words
from clonestrike.evaluate.statistics import Interval

COMPARISONS = {
    "difference": "agent - mean bot",
    "ratio": "agent / mean bot",
    "over_random": "agent - random",
    "share": "share",
}


def rates_table(title: str, caption: str) -> Table:
    """A table without rows, for names and their kills and deaths a minute and kills a death."""
    view = Table(
        title=title,
        caption=caption,
        box=box.SIMPLE,
        pad_edge=False,
        title_justify="left",
        caption_justify="left",
    )
    for heading in ("", "kills/min", "deaths/min", "kills/death"):
        view.add_column(heading, justify="right" if heading else "left")
    return view


def table(summary: dict[str, Any]) -> Table:
    """The summary as a table for the terminal, 80 characters wide."""
    n, first = summary["matches"], summary["agent"]["first"]
    title = (
        f"{n} {'match' if n == 1 else 'matches'}, {summary['minutes']:g} game minutes on {', '.join(summary['maps'])}"
    )
    note = "one match: no intervals" if n == 1 else f"95 % bootstrap intervals over {n} matches"
    words = [note]
    if "mean_bot" in summary:
        words.append(f"agent ahead of every bot in {first}")
    if "late_share" in summary:
        words.append(f"{summary['late_share']:.1%} of the steps late")
    if "kill_ratio" in summary["agent"]:
        words.append(f"agent: {per_1000_words(summary['agent'])}")
    view = rates_table(title, "; ".join(words))
    for role in ("agent", "expert", "random", "mean_bot"):
        if role in summary:
            row = summary[role]
            rates = [str(Interval(**row[key])) for key in ("kills_per_minute", "deaths_per_minute", "kills_per_death")]
            view.add_row(escape(row["name"]), *map(escape, rates))
    view.add_section()
    for key, name in COMPARISONS.items():
        if key in summary:
            view.add_row(name, escape(str(Interval(**summary[key]))))
    return view
