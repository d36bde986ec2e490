"""The command that lists the games."""

from __future__ import annotations

from dataclasses import dataclass

from clonestrike import console
from clonestrike.cli.command import Group, Result, command


@dataclass(frozen=True, kw_only=True)
class GamesOptions:
    """Options of ``clonestrike games``."""

    game: str | None = None
    """Show the properties of one game with options, such as doom:bots=3,loadout=rifle, instead of the list."""


def _report_games(result: Result) -> None:
    if "games" not in result:
        console.show(result, "game")
        return
    for name, game in result["games"].items():
        console.console.print(f"[bold]{name}[/bold]  {game['title']}", highlight=False)
        console.console.print(f"  {game['options']}", markup=False, highlight=False)


@command("games", Group.SET_UP, "clonestrike games", report=_report_games)
def list_games(options: GamesOptions) -> Result:
    """List the installed games and their options, written as NAME:OPTION=VALUE.

    Other packages add their games when they are installed.
    """
    from clonestrike.errors import ClonestrikeError
    from clonestrike.games import GAMES, game_info

    if options.game is not None:
        return game_info(options.game).to_json()
    games = {}
    for name in GAMES.names():
        try:
            game = GAMES.get(name)
        except ClonestrikeError as error:
            games[name] = {"title": "cannot be used", "options": str(error)}
        else:
            games[name] = {"title": game.title, "options": game.help}
    return {"games": games}
