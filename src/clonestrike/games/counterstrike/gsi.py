"""Game State Integration: what the games post about themselves. CS:GO and CS2 use the same form.

Only what we read is declared; everything else in a post (``previously``, ``added``, ``bomb``, ``grenades``...) is
passed over, whatever its form. A part that is missing is None.
"""

from __future__ import annotations

import msgspec


class Provider(msgspec.Struct, frozen=True):
    """The game that posts, and whose client it is."""

    steamid: str | None = None
    appid: int | None = None
    timestamp: int | None = None


class Map(msgspec.Struct, frozen=True):
    """The match. ``phase`` is warmup, live, intermission or gameover."""

    name: str
    mode: str | None = None
    phase: str | None = None


class Weapon(msgspec.Struct, frozen=True):
    """A weapon that is carried; a taser has no type, knife and C4 no ammo at all, a grenade only a reserve."""

    name: str
    type: str | None = None
    state: str | None = None
    ammo_clip: int | None = None
    ammo_reserve: int | None = None


class PlayerCondition(msgspec.Struct, frozen=True):
    """Health and armour, 0..100."""

    health: int | None = None
    armor: int | None = None


class MatchStats(msgspec.Struct, frozen=True):
    """The score since the match began."""

    kills: int | None = None
    deaths: int | None = None


class Player(msgspec.Struct, frozen=True):
    """The player who is seen; in menus only steamid, name and activity are there.

    ``position`` and ``forward`` ("x, y, z") are there only while somebody is watched.
    """

    steamid: str | None = None
    name: str | None = None
    activity: str | None = None
    team: str | None = None
    observer_slot: int | None = None
    state: PlayerCondition | None = None
    weapons: dict[str, Weapon] | None = None
    match_stats: MatchStats | None = None
    position: str | None = None
    forward: str | None = None

    @property
    def active_weapon(self) -> Weapon | None:
        """What is in hand: the last weapon that is not put away, as in the original."""
        return next((w for w in reversed((self.weapons or {}).values()) if w.state not in (None, "holstered")), None)

    @property
    def kills(self) -> int | None:
        """Since the match began."""
        return self.match_stats.kills if self.match_stats else None

    @property
    def deaths(self) -> int | None:
        """Since the match began."""
        return self.match_stats.deaths if self.match_stats else None

    @property
    def health(self) -> int | None:
        """0..100."""
        return self.state.health if self.state else None


class Auth(msgspec.Struct, frozen=True):
    """What proves that the post comes from the game that we set up."""

    token: str | None = None


class Post(msgspec.Struct, frozen=True):
    """One post."""

    provider: Provider | None = None
    map: Map | None = None
    player: Player | None = None
    allplayers: dict[str, Player] | None = None
    auth: Auth | None = None

    @property
    def playing(self) -> bool:
        """Whether a match is on the screen that may be recorded: live, and a player is seen."""
        return self.live and self.player is not None and self.player.activity in ("playing", "textinput")

    @property
    def live(self) -> bool:
        """Whether the match is neither loading nor in warm-up nor over."""
        return self.map is not None and self.map.phase == "live"

    @property
    def own(self) -> bool:
        """Whether the player who is seen is the one at this computer."""
        return self.player is not None and self.provider is not None and self.player.steamid == self.provider.steamid


_DECODER = msgspec.json.Decoder(Post)


def parse(body: bytes) -> Post:
    """Raises ValueError for what is no post."""
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
