"""The entry of CS2, see the package."""

from clonestrike.games.counterstrike import entry

GAME = entry("cs2")
