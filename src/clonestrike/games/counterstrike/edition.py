"""All differences between CS:GO and CS2, as data (``data/csgo.toml``, ``data/cs2.toml``) and memory readers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike import TITLES, Name
from clonestrike.games.counterstrike.memory import Cs2Memory, CsgoMemory, PlayerMemory
from clonestrike.games.counterstrike.offsets import Offsets, load_cs2, load_csgo
from clonestrike.games.counterstrike.process import Memory

DATA = Path(__file__).with_name("data")
STAMP = re.compile(r"(?:\d\d/\d\d \d\d:\d\d:\d\d )?(?:\[[^\]]*\] )?")
"""Prefix of a line in CS2's log: time and channel."""

Server = Literal["local", "demo"]


@dataclass(frozen=True)
class MemoryReader:
    """How a game's memory is read: where the offsets come from, their loader, and the memory reader."""

    source: str
    """What a user has to do for the offsets; {folder} is where files of theirs are looked for."""
    offsets: Callable[[Path], Offsets]
    memory: Callable[[Memory, Offsets], PlayerMemory]


READERS: Mapping[Name, MemoryReader] = {
    "csgo": MemoryReader(
        "those of the last build come with Clonestrike; for another, put csgo.json of hazedumper into {folder}",
        load_csgo,
        CsgoMemory,
    ),
    "cs2": MemoryReader(
        "put offsets.json, client_dll.json and info.json of cs2-dumper into {folder}", load_cs2, Cs2Memory
    ),
}


@dataclass(frozen=True)
class Edition:
    """One of the two games."""

    name: Name
    executable: str
    steam_folders: Sequence[str]
    """Where Steam puts it, in order of preference."""
    folders_above: int
    inside: str
    cfg: str
    log: str
    launch: str
    first_person_key: str
    commands: Mapping[str, tuple[str, ...]]
    """Console commands by purpose."""
    server: Mapping[str, tuple[re.Pattern[str], ...]]
    """Patterns of complete console lines that tell where a match is played."""

    @property
    def files(self) -> dict[str, str]:
        """Names and contents of the cfg files that set up the game."""
        return {path.name: path.read_text(encoding="utf-8") for path in sorted((DATA / self.name).glob("*.cfg"))}

    @property
    def title(self) -> str:
        """Full name for messages."""
        return TITLES[self.name]

    def offset_source(self, folder: Path) -> str:
        """What a user has to do for the offsets, whose files are looked for in ``folder``."""
        return READERS[self.name].source.format(folder=folder)

    def offsets(self, folder: Path) -> Offsets:
        """Load the offsets from the user's files in ``folder``; raises ClonestrikeError."""
        return READERS[self.name].offsets(folder)

    def memory(self, process: Memory, offsets: Offsets) -> PlayerMemory:
        """The reader of a running game's memory."""
        return READERS[self.name].memory(process, offsets)

    def played_on(self, answer: Sequence[str]) -> Server | None:
        """Where a match is played, on this computer or in a CS2 demo, by the output of the console commands ``where``.

        None if it is elsewhere or not known.
        """
        lines = [STAMP.sub("", line, count=1).strip() for line in answer]

        def occurs(pattern: re.Pattern[str]) -> bool:
            return any(pattern.fullmatch(line) for line in lines)

        if any(map(occurs, self.server["elsewhere"])):
            return None
        if all(map(occurs, self.server["demo"])):
            return "demo"
        return "local" if all(map(occurs, self.server["local"])) else None


@cache
def edition(name: Name) -> Edition:
    """The edition of this name."""
    data = tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
    data["commands"] = {purpose: tuple(lines) for purpose, lines in data["commands"].items()}
    data["server"] = {place: tuple(map(re.compile, patterns)) for place, patterns in data["server"].items()}
    return Edition(name=name, **data)


@dataclass(frozen=True)
class Installation:
    """The folders of an installed game."""

    edition: Edition
    root: Path
    """The folder that contains the game's ``csgo`` folder."""

    @classmethod
    def of(cls, edition: Edition, executable: Path) -> Installation:
        """The installation to which the executable of a running game belongs."""
        return cls(edition, executable.parents[edition.folders_above - 1])

    @property
    def cfg(self) -> Path:
        """Folder of the game's configuration."""
        return self.root / self.edition.cfg

    @property
    def clonestrike_cfg(self) -> Path:
        """Folder of Clonestrike's files, including the offsets."""
        return self.cfg / "clonestrike"

    @property
    def gsi(self) -> Path:
        """The configuration file of Game State Integration."""
        return self.cfg / "gamestate_integration_clonestrike.cfg"

    @property
    def log(self) -> Path:
        """The console's log, written with -condebug."""
        return self.root / self.edition.log

    def integration(self) -> tuple[int, str]:
        """Port and token of Game State Integration; raises ClonestrikeError when it is not set up."""
        try:
            text = self.gsi.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            text = ""
        port = re.search(r'"uri"\s+"http://127\.0\.0\.1:(\d{1,5})/?"', text)
        token = re.search(r'"token"\s+"([^"]+)"', text)
        if port is None or token is None:
            raise ClonestrikeError(
                f"{self.gsi} is missing or damaged",
                f"run clonestrike setup {self.edition.name} --write, and start the game again",
            )
        return int(port[1]), token[1]
