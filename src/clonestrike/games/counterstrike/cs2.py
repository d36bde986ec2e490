"""CS2 as a game of ours: see the package."""

from clonestrike.games.counterstrike import entry

GAME = entry("cs2")
