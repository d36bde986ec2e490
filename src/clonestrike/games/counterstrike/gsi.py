"""Game State Integration (GSI): the JSON that a game posts about its state, the same for CS:GO and CS2.

Only fields that are used are declared; all others (``previously``, ``added``, ``bomb``, ``grenades``...) are ignored.
Missing fields are None.
"""

from __future__ import annotations

import dataclasses

import msgspec

from clonestrike.core.states import PlayerState


class Provider(msgspec.Struct, frozen=True):
    """The game that posts, and the Steam account of its client."""

    steamid: str | None = None
    appid: int | None = None
    timestamp: int | None = None


class Map(msgspec.Struct, frozen=True):
    """The match. ``phase`` is warmup, live, intermission or gameover."""

    name: str
    mode: str | None = None
    phase: str | None = None


class Weapon(msgspec.Struct, frozen=True):
    """A carried weapon. A taser has no type, knife and C4 have no ammo, a grenade has only a reserve."""

    name: str
    type: str | None = None
    state: str | None = None
    ammo_clip: int | None = None
    ammo_reserve: int | None = None

    @property
    def rounds(self) -> int:
        """Rounds in the clip; -1 for a weapon without one."""
        return -1 if self.ammo_clip is None else self.ammo_clip


class PlayerCondition(msgspec.Struct, frozen=True):
    """Health and armour, 0..100."""

    health: int | None = None
    armor: int | None = None


class MatchStats(msgspec.Struct, frozen=True):
    """The score since the match began."""

    kills: int | None = None
    deaths: int | None = None


class Player(msgspec.Struct, frozen=True):
    """The player in view; in menus only steamid, name and activity are given.

    ``position`` and ``forward`` ("x, y, z") are given only for a spectator.
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
        """The weapon in hand: the last one that is not holstered, as in the original."""
        return next((w for w in reversed((self.weapons or {}).values()) if w.state not in (None, "holstered")), None)

    @property
    def kills(self) -> int | None:
        """Kills since the match began."""
        return self.match_stats.kills if self.match_stats else None

    @property
    def deaths(self) -> int | None:
        """Deaths since the match began."""
        return self.match_stats.deaths if self.match_stats else None

    @property
    def health(self) -> int | None:
        """Health, 0..100."""
        return self.state.health if self.state else None


class Auth(msgspec.Struct, frozen=True):
    """The token that authenticates a post."""

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
        """Whether the screen shows a live match with a player in view."""
        return self.live and self.player is not None and self.player.activity in ("playing", "textinput")

    @property
    def live(self) -> bool:
        """Whether the match is live: not loading, in warm-up or over."""
        return self.map is not None and self.map.phase == "live"

    @property
    def own(self) -> bool:
        """Whether the player in view is the own player."""
        return self.player is not None and self.provider is not None and self.player.steamid == self.provider.steamid


def with_post(state: PlayerState, post: Post, *, new: bool) -> PlayerState:
    """The state in memory with what was posted of the same player.

    Health is as posted. Health in memory and posted rounds, by which the two sources are compared, are given only when
    the post is ``new``, of after the step before: an older one says nothing about this step.
    """
    player = post.player or Player()
    weapon, health = player.active_weapon, player.health
    return dataclasses.replace(
        state,
        kills=player.kills,
        deaths=player.deaths,
        weapon=state.weapon or (weapon.name if weapon else None),
        health=state.health if health is None else float(health),
        memory_health=state.health if new and health is not None else None,
        posted_ammo=weapon.rounds if new and weapon is not None else None,
    )


_DECODER = msgspec.json.Decoder(Post)
_BLANKS = bytes.maketrans(bytes(range(32)), b" " * 32)
"""Control characters, which JSON does not allow in a text, become blanks, which it allows everywhere."""


def parse(body: bytes) -> Post:
    """Parse a post; raises ValueError if it is damaged.

    Players choose their names: what is no text in one (bytes that are not UTF-8, control characters) is replaced, for
    it says nothing of the rest of the post.
    """
    try:
        return _DECODER.decode(body.translate(_BLANKS).decode(errors="replace"))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
