"""One bad among many: the rule for what cannot be used of a data set, the same for all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from clonestrike import console
from clonestrike.errors import ClonestrikeError

S = TypeVar("S")
T = TypeVar("T")


def usable(sources: Sequence[S], use: Callable[[S], T], strict: bool, what: str) -> Iterator[T]:
    """Yields ``use`` of each source; reports and skips those for which it raises ClonestrikeError, and counts them.

    Args:
        sources: files, or whatever stands beside others of its kind.
        use: opens or reads one of them.
        strict: the first that cannot be used is an error.
        what: plural noun for the sources in messages.

    Raises ClonestrikeError with ``strict``, and when none of the sources can be used: the source's own, if it is the
    only one.
    """
    failed = 0
    for source in sources:
        try:
            used = use(source)
        except ClonestrikeError as error:
            if strict or len(sources) == 1:
                raise
            failed += 1
            report(error)
            continue
        yield used
    if failed and failed == len(sources):
        raise ClonestrikeError(f"none of the {failed} {what} can be used", "see the lines above")
    if failed:
        console.messages.print(f"{failed} of {len(sources)} {what} cannot be used", markup=False)


def report(error: ClonestrikeError) -> None:
    """Print the line of what is skipped."""
    console.messages.print(f"skipped: {error}", markup=False, soft_wrap=True)
