"""What every command has."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from clonestrike import console
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, kw_only=True)
class Verb(ABC):
    """One command."""

    example: ClassVar[str]

    json: Path | None = None
    """Write the result to this file too, as JSON."""

    @classmethod
    def name(cls) -> str:
        """What a user calls it: ImportHdf5 is ``import hdf5``."""
        return re.sub(r"(?<=.)(?=[A-Z])", " ", cls.__name__).lower()

    @property
    def options(self) -> dict[str, Any]:
        """The fields of the verb; its stage's configuration has them under the same names."""
        return {name: value for name, value in vars(self).items() if name != "json"}

    @abstractmethod
    def run(self) -> dict[str, Any]:
        """Do it; returns what ``--json`` writes. Raises ClonestrikeError for bad input."""

    def exit_code(self, result: dict[str, Any]) -> int:
        """What the command says to a script: 0, unless the result itself is bad news."""
        return 0

    def report(self, result: dict[str, Any]) -> None:
        """Print the result for a person."""
        console.show(result, self.name())


def given(paths: Sequence[Path | str]) -> None:
    """Raises ClonestrikeError when no path is given."""
    if not paths:
        raise ClonestrikeError("no path given", "name a recording or a folder of recordings")
