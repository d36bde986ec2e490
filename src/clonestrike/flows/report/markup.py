"""Pieces of HTML that every section of the page is made of."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def section(title: str, about: str, body: str) -> str:
    """A section; ``body`` is HTML, the rest is text."""
    lead = f"<p>{escape(about)}</p>" if about else ""
    return f"<section><h2>{escape(title)}</h2>{lead}{body}</section>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls where it is too wide; headings and cells are HTML."""
    top = "".join(f"<th>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide card"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def words(name: str) -> str:
    """A name as it is written in code, for people."""
    return escape(name.replace("_", " ").replace("f1", "F1"))


def number(value: Any, digits: int = 2) -> str:
    """A number for people: None as a dash, thousands apart, text as it is."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def duration(seconds: float) -> str:
    """Seconds as minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"


def data(content: bytes, kind: str) -> str:
    """A file's content as a URI, so that it lies inside the page."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
