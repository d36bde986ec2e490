"""Output to the user: results as tables, progress bars, error lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import rich.progress
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

_CONTROL = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - set(b"\t\n"), "?")
"""What a terminal would obey instead of showing it, for str.translate."""


class _Console(Console):
    """A console on which text is only ever shown: names in files may hold sequences that move, colour or paste."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments of what is printed, without control characters in their text."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(segment.text.translate(_CONTROL), segment.style)


console = _Console(highlight=False)
"""Results, on stdout."""
messages = _Console(stderr=True, highlight=False)
"""Progress and errors, on stderr."""

MOST_ROWS = 40
"""Longer tables are cut to this number of rows."""


class Progress(rich.progress.Progress):
    """Progress bars, and below them a line of text."""

    line = ""

    def get_renderables(self) -> Iterator[RenderableType]:
        """The bars, then the line."""
        yield from super().get_renderables()
        if self.line:
            yield Text(self.line, no_wrap=True, overflow="ellipsis")


def progress() -> Progress:
    """A progress bar on stderr that disappears when it is done; draws nothing where stderr is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    )


def error(message: str) -> None:
    """Print one error line on stderr."""
    messages.print(f"[bold red]error:[/] {escape(' '.join(message.split()))}", soft_wrap=True)


def warning(message: str) -> None:
    """Print one warning line on stderr."""
    messages.print(f"[bold yellow]warning:[/] {escape(' '.join(message.split()))}", soft_wrap=True)


def note(message: str) -> None:
    """Print one line on stderr about what was chosen without being asked for."""
    messages.print(f"[bold]note:[/] {escape(' '.join(message.split()))}", soft_wrap=True)


def show(result: Mapping[str, Any], title: str) -> None:
    """Print a stage's result: figures as a table of names and values, each group of rows as a table of its own."""
    groups = {name: value for name, value in result.items() if _is_rows(value)}
    figures = Table(title=title, title_justify="left", show_header=False)
    for name, value in result.items():
        if name not in groups:
            figures.add_row(_words(name), escape(_text(value)))
    if figures.row_count:
        console.print(figures)
    for name, group in groups.items():
        console.print(_table(name, group))
        if len(group) > MOST_ROWS:
            console.print(f"and {len(group) - MOST_ROWS:,} more: --json has all")


def _is_rows(value: Any) -> bool:
    """Whether this is a list of mappings or a mapping of mappings, and not empty."""
    rows = list(value.values()) if isinstance(value, Mapping) else value
    return isinstance(rows, (list, tuple)) and bool(rows) and all(isinstance(row, Mapping) for row in rows)


def _table(name: str, group: Mapping[str, Mapping[str, Any]] | Sequence[Mapping[str, Any]]) -> Table:
    labels = list(group) if isinstance(group, Mapping) else None
    rows = list(group.values()) if isinstance(group, Mapping) else list(group)
    table = Table(title=_words(name), title_justify="left")
    if labels:
        table.add_column("", overflow="fold")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for column in columns:
        words = any(isinstance(row.get(column), str) for row in rows)
        table.add_column(_words(column), justify="left" if words else "right", overflow="fold")
    for i, row in enumerate(rows[:MOST_ROWS]):
        values = [escape(_text(row.get(column))) for column in columns]
        table.add_row(*([escape(labels[i])] if labels else []), *values)
    return table


def _words(name: str) -> str:
    return escape(str(name).replace("_", " "))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{part} {_text(of)}" for part, of in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_text(part) for part in value)
    return str(value)
