"""What suits the policies that play: the game that they have learned, its crop, and their controls."""

from __future__ import annotations

from collections.abc import Iterable

from clonestrike import console, games
from clonestrike.core.game_info import GameInfo
from clonestrike.errors import ClonestrikeError
from clonestrike.playing.named_actor import NamedActor

GAME = "doom"
"""Played where neither the user nor a checkpoint names another."""


def suited(asked: str | None, players: Iterable[NamedActor], controls: str | None = None) -> str:
    """The game to play: the one that is ``asked`` for, else the one that the policies have learned, else Doom.

    Its frames are cut as the policies have learned them. Prints a line on what was chosen, and on who plays another
    game than it has learned.

    Raises ClonestrikeError for a game or an option that does not exist, for policies of different games where none is
    asked for, for frames that they cannot take, and for ``controls`` that a policy has never learned or that no policy
    has.
    """
    cards = {player.name: card for player in players if (card := player.entry.card()) is not None}
    infos = {name: info for name, card in cards.items() if (info := card.info) is not None}
    chosen = _learned(infos) if asked is None else asked
    entry, _ = games.find(chosen)
    games.game_info(chosen)
    for name, info in infos.items():
        if info.game != entry.name:
            console.warning(f"{name} has learned {info.game}, not {entry.name}")
        try:
            chosen = games.with_crop(chosen, info)
        except ClonestrikeError as error:
            raise ClonestrikeError(f"{name} has learned other pictures: {error.problem}", error.remedy) from None
    info = games.game_info(chosen)
    for name, card in cards.items():
        card.view.check((info.frame_height, info.frame_width), name)
    if chosen != (asked or GAME):
        console.note(f"{', '.join(infos)} plays {chosen}, as learned")
    if controls is not None and not cards:
        raise ClonestrikeError("--controls is for policies", "leave it out, or name a checkpoint")
    for name, card in cards.items():
        card.allowed(controls, name)
    return chosen


def _learned(infos: dict[str, GameInfo]) -> str:
    names = {games.game_like(info) for info in infos.values()}
    if len(names) > 1:
        raise ClonestrikeError(f"the actors have learned {' and '.join(sorted(names))}", "say which with --game")
    return names.pop() if names else GAME


def workers(game: str, wanted: int) -> int:
    """The number of matches of this game to run at once: ``wanted``, or fewer, which a line says."""
    possible = games.matches_at_once(game, wanted)
    if possible < wanted:
        console.note(f"{game} runs one match at a time: one worker")
    return possible
