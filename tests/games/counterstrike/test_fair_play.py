"""What the console must say before anything is recorded or pressed. The answers have the form of the games' own."""

from __future__ import annotations

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike import Name
from clonestrike.games.counterstrike.edition import edition
from clonestrike.games.counterstrike.fair_play import check_arguments

LISTEN = """hostname: Mine
version : 1.38.8.1/13881 1575/8853 secure  [A:1:1:1]
udp/ip  : 192.168.1.7:27015
os      :  Windows
type    :  listen
map     : de_dust2
connected to loopback
players : 1 humans, 23 bots (20/0 max) (not hibernating)"""
OLDER_LISTEN = """hostname: Mine
type    :  listen
players : 1 humans, 9 bots (20/0 max) (not hibernating)
#  2 1 "me" STEAM_1:1:1 00:05 16 3 active 128000 loopback"""
ELSEWHERE = """Connected to 155.133.1.2:27015
hostname: connected to loopback
version : 1.38.8.1/13881 1575/8853 secure  [A:1:1:1]
type    :  listen
connected to loopback"""
OFFICIAL = "Connected to =[A:1:2:3]:0\nhostname: Valve\ntype    :  official dedicated"
CS2_LOCAL = """Server:  Running [192.168.1.7:27015]
Client:  Connected [loopback:0]
----- Status -----
@ Current  :  game"""
STAMPED = "\n".join(f"11/25 12:00:00 [Console] {line}" for line in CS2_LOCAL.splitlines())
CS2_ELSEWHERE = "Server:  Disconnected\nClient:  Connected [155.133.1.2:27021]\n----- Status -----"
CS2_DEMO = "Server:  Disconnected\nClient:  Connected [DEMO]\nDemo contents for match.dem:"
CHAT = "someone: Server:  Running [x]\nsomeone: Client:  Connected [loopback:0]"


@pytest.mark.parametrize(
    ("name", "answer", "where"),
    [
        ("csgo", LISTEN, "local"),
        ("csgo", OLDER_LISTEN, "local"),
        ("csgo", "Demo contents for csgo/match.dem:", "demo"),
        ("csgo", ELSEWHERE, None),
        ("csgo", OFFICIAL, None),
        ("csgo", "Not connected to server", None),
        ("csgo", "", None),
        ("csgo", 'Unknown command "status"', None),
        ("csgo", "hostname: type    :  listen\nname: connected to loopback", None),
        ("cs2", CS2_LOCAL, "local"),
        ("cs2", STAMPED, "local"),
        ("cs2", CS2_DEMO, "demo"),
        ("cs2", CS2_ELSEWHERE, None),
        ("cs2", f"{CS2_LOCAL}\n{CS2_ELSEWHERE}", None),
        ("cs2", "Server:  Running [0.0.0.0:27015]\nClient:  Disconnected", None),
        ("cs2", "Client:  Connected [loopback:0]", None),
        ("cs2", CHAT, None),
        ("cs2", "", None),
    ],
)
def test_where_a_match_is_played(name: Name, answer: str, where: str | None) -> None:
    assert edition(name).played_on(answer.splitlines()) == where


@pytest.mark.parametrize("arguments", [["csgo.exe", "-insecure"], ["x", "-steam", "-INSECURE", "-w", "1024"]])
def test_started_insecure(arguments: list[str]) -> None:
    check_arguments(edition("csgo"), arguments)


@pytest.mark.parametrize(
    "arguments", [[], ["csgo.exe"], ["-insecure"], ["x", "insecure"], ["x", "-insecured"], ["x", "+say -insecure"]]
)
def test_not_started_insecure(arguments: list[str]) -> None:
    with pytest.raises(ClonestrikeError, match="was not started with -insecure"):
        check_arguments(edition("csgo"), arguments)
