"""The entry of CS:GO, see the package."""

from clonestrike.games.counterstrike import entry

GAME = entry("csgo")
