"""Maps with deathmatch starts, their files, and the sets of maps for training and for evaluation."""

from __future__ import annotations

from pathlib import Path

import vizdoom as vzd

from clonestrike.errors import ClonestrikeError

WADS = {
    "cig": ("MAP01", "MAP02"),
    "cig_with_unknown": ("MAP01", "MAP02", "MAP03", "MAP04", "MAP05"),
    "freedoom2": tuple(f"MAP{n:02d}" for n in range(1, 33)),
    "freedm": tuple(f"MAP{n:02d}" for n in range(1, 33)),
}
"""Maps by WAD file. All files but freedm come with vizdoom."""
GAMES = {"freedoom2", "freedm"}
"""WAD files that are complete games; the others are maps for freedoom2."""
GAME_FOLDERS = (
    Path(vzd.__file__).parent,
    Path("/usr/share/games/doom"),
    Path("/usr/local/share/games/doom"),
)
"""Folders of complete games: those of vizdoom, and of packages of Debian and others."""

UNSEEN = ("cig_with_unknown/MAP04", "freedm/MAP03", "freedm/MAP07", "freedm/MAP13")
"""Maps for evaluation only, chosen before the first training on many maps."""
TRAINING = (
    "cig/MAP01",
    "cig/MAP02",
    "cig_with_unknown/MAP03",
    "cig_with_unknown/MAP05",
    *(f"freedm/MAP{n:02d}" for n in (1, 2, 4, 5, 6, 8, 10, 11, 12, 14, 16, 18, 20, 21, 22, 24, 26, 27, 28, 29, 30)),
    *(f"freedm/MAP{n:02d}" for n in (9, 15, 17, 19, 23, 25, 32)),
    *(f"freedoom2/MAP{n:02d}" for n in (2, 3, 4, 6, 15, 18, 23, 25, 28, 32)),
)
"""Maps on which the scripted expert plays well; on most others it gets lost. The last two lines were added
later."""
SETS = {"training": TRAINING, "unseen": UNSEEN}


def maps_of(text: str) -> tuple[str, ...]:
    """Maps of ``cig/MAP01+freedm/MAP02``, ``training`` or ``unseen``; raises ClonestrikeError for an unknown one."""
    maps = SETS.get(text) or tuple(text.split("+"))
    for name in maps:
        wad, _, number = name.partition("/")
        if number not in WADS.get(wad, ()):
            known = ", ".join(f"{w}/{numbers[0]}..{numbers[-1]}" for w, numbers in WADS.items())
            raise ClonestrikeError(f"doom has no map {name!r}", f"use {known}, several with +, or {' or '.join(SETS)}")
    return maps


def game_file(name: str) -> Path:
    """The file of a complete game; raises ClonestrikeError when it is not installed."""
    for folder in GAME_FOLDERS:
        if (path := folder / f"{name}.wad").is_file():
            return path
    raise ClonestrikeError(f"{name}.wad is not installed", f"apt-get install {name}, or put it into {GAME_FOLDERS[-1]}")
