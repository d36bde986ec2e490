"""Every form of post that the games were seen to send, and what must not be taken for one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clonestrike.core.states import PlayerState
from clonestrike.games.counterstrike.gsi import Post, parse, with_post

PROVIDER = {
    "name": "Counter-Strike: Global Offensive",
    "appid": 730,
    "version": 13881,
    "steamid": "76561",
    "timestamp": 1,
}
MAP = {"mode": "deathmatch", "name": "de_dust2", "phase": "live", "round": 0, "team_ct": {"score": 0}}
STATE = {"health": 87, "armor": 100, "helmet": True, "flashed": 0, "burning": 0, "money": 800, "round_kills": 0}
WEAPONS: dict[str, dict[str, Any]] = {
    "weapon_0": {"name": "weapon_knife", "paintkit": "default", "type": "Knife", "state": "holstered"},
    "weapon_1": {
        "name": "weapon_taser",
        "paintkit": "default",
        "ammo_clip": 1,
        "ammo_reserve": 0,
        "state": "holstered",
    },
    "weapon_2": {"name": "weapon_hegrenade", "type": "Grenade", "ammo_reserve": 1, "state": "holstered"},
    "weapon_3": {"name": "weapon_c4", "type": "C4", "state": "holstered"},
    "weapon_4": {"name": "weapon_healthshot", "type": "StackableItem", "ammo_reserve": 1, "state": "holstered"},
    "weapon_5": {"name": "weapon_ak47", "type": "Rifle", "ammo_clip": 30, "ammo_reserve": 90, "state": "reloading"},
}
PLAYER: dict[str, Any] = {
    "steamid": "76561", "name": "me", "observer_slot": 3, "team": "T", "activity": "playing", "state": STATE,
    "weapons": WEAPONS, "match_stats": {"kills": 4, "assists": 0, "deaths": 2, "mvps": 0, "score": 9},
}  # fmt: skip
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SHAPES: dict[str, dict[str, Any]] = {
    "menu": {"provider": PROVIDER, "player": {"steamid": "76561", "name": "me", "activity": "menu"}},
    "loading": {"provider": PROVIDER, "map": MAP},
    "warm-up": {"provider": PROVIDER, "map": {**MAP, "phase": "warmup"}, "player": PLAYER},
    "live": {"provider": PROVIDER, "map": MAP, "player": PLAYER, "round": {"phase": "live"}},
    "intermission": {"provider": PROVIDER, "map": {**MAP, "phase": "intermission"}, "player": PLAYER},
    "typing": {"provider": PROVIDER, "map": MAP, "player": {**PLAYER, "activity": "textinput"}},
    "dead": {"provider": PROVIDER, "map": MAP, "player": {**PLAYER, "state": {**STATE, "health": 0}, "weapons": {}}},
    "spectating": {
        "provider": PROVIDER,
        "map": MAP,
        "player": {**PLAYER, "steamid": "1", "position": "1.00, -2.50, 3.00", "forward": "0.7, 0.7, 0"},
        "allplayers": {"1": {"name": "Bot", "team": "CT", "match_stats": {"kills": 7}}, "2": {"name": "B"}},
        "phase_countdowns": {"phase": "live", "phase_ends_in": "12.3"},
    },
}  # fmt: skip
LIVE = {"live", "dead", "spectating", "typing"}


def sent(post: dict[str, Any]) -> Post:
    return parse(json.dumps(post).encode())


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_accepted_and_only_live_play_counts(name: str) -> None:
    assert sent(SHAPES[name]).playing == (name in LIVE)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    "leaf", [True, {"player": True, "map": True, "round": True}, {"player": {"weapons": {"a": True}}}]
)
def test_what_was_before_has_no_form_of_its_own(name: str, leaf: object) -> None:
    assert sent({**SHAPES[name], "previously": leaf, "added": leaf}) == sent(SHAPES[name])


def test_who_is_seen() -> None:
    assert sent(SHAPES["live"]).own
    assert not sent(SHAPES["spectating"]).own
    assert not sent(SHAPES["loading"]).own


def test_the_weapon_in_hand_is_the_last_that_is_not_put_away() -> None:
    player = sent(SHAPES["live"]).player
    assert player is not None
    assert player.active_weapon is not None
    assert player.active_weapon.name == "weapon_ak47"
    assert player.weapons is not None
    assert [weapon.rounds for weapon in player.weapons.values()] == [-1, 1, -1, -1, -1, 30]
    dead = sent(SHAPES["dead"]).player
    assert dead is not None
    assert dead.active_weapon is None
    assert (dead.health, dead.kills, dead.deaths) == (0, 4, 2)


def test_what_is_posted_stands_beside_what_is_in_memory() -> None:
    memory = PlayerState(health=90, ammo=29, weapon="weapon_ak47", item=7)
    state = with_post(memory, sent(SHAPES["live"]), new=True)
    assert (state.health, state.memory_health, state.posted_ammo, state.ammo) == (87, 90, 30, 29)
    assert (state.kills, state.deaths, state.item) == (4, 2, 7)
    older = with_post(memory, sent(SHAPES["live"]), new=False)
    assert (older.health, older.memory_health, older.posted_ammo) == (87, None, None)
    unknown = with_post(PlayerState(), sent({"map": {"name": "x"}}), new=True)
    assert unknown == PlayerState()
    knife = {**PLAYER, "weapons": {"weapon_0": {**WEAPONS["weapon_0"], "state": "active"}}}
    assert with_post(PlayerState(), sent({"player": knife}), new=True).posted_ammo == -1


@QUICK
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_a_post_from_which_parts_are_missing_is_still_one(name: str, data: st.DataObject) -> None:
    def thinned(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        gone = data.draw(
            st.sets(st.sampled_from(sorted(set(value) - {"name"}))) if set(value) - {"name"} else st.just(set())
        )
        return {key: thinned(part) for key, part in value.items() if key not in gone}

    post = sent(thinned(SHAPES[name]))
    assert not post.playing or post.player is not None


@QUICK
@given(st.binary(max_size=200))
def test_bytes_are_a_post_or_a_value_error(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse(body), Post)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@QUICK
@given(st.dictionaries(st.sampled_from(["provider", "map", "player", "allplayers", "auth", "other"]), JSON))
def test_json_is_a_post_or_a_value_error(value: dict[str, object]) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(sent(value), Post)


NAME_BYTES = [
    pytest.param(b"\xff", "\ufffd", id="byte of another encoding"),
    pytest.param(b"\xe2\x82", "\ufffd", id="character cut short"),
    pytest.param(b"\xed\xa0\x80", "\ufffd" * 3, id="half of a pair"),
    pytest.param(b"\x01", " ", id="colour of the chat"),
    pytest.param(b"\n", " ", id="line break"),
    pytest.param(b"\0", " ", id="zero"),
]


@pytest.mark.parametrize(("inside", "read"), NAME_BYTES)
@pytest.mark.parametrize("indent", [None, "\t"])
def test_what_is_no_text_in_a_name_is_replaced_and_the_rest_is_read(
    inside: bytes, read: str, indent: str | None
) -> None:
    whole = SHAPES["spectating"]
    body = json.dumps(whole, indent=indent).encode().replace(b'"Bot"', b'"B' + inside + b'ot"')
    post, expected = parse(body), sent(whole)
    assert post.allplayers is not None
    assert expected.allplayers is not None
    assert post.allplayers["1"].name == f"B{read}ot"
    assert post.allplayers["1"].kills == expected.allplayers["1"].kills == 7
    assert (post.player, post.map, post.auth) == (expected.player, expected.map, expected.auth)


def test_deep_nesting_is_no_post() -> None:
    with pytest.raises(ValueError, match=r"JSON|recursion|truncated|Expected"):
        parse(b'{"map":' + b"[" * 100_000)
