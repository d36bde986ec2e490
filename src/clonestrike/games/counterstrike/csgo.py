"""CS:GO as a game of ours: see the package."""

from clonestrike.games.counterstrike import entry

GAME = entry("csgo")
