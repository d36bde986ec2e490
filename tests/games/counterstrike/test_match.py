"""The whole way on real Windows calls, against the stand-in game: refusals, record, label, play."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.games.counterstrike.standin import BUILT, StandIn, stand_in
from tests.windows import eventually, needs_windows

from clonestrike.core.actions import KEYS, SWITCHES, Action, Actions
from clonestrike.doctor.examination import examine
from clonestrike.errors import ClonestrikeError
from clonestrike.games import GAMES
from clonestrike.games.counterstrike import Name
from clonestrike.games.desktop.backend import Bindings
from clonestrike.games.desktop.windows.input import send_key, send_mouse
from clonestrike.games.desktop.windows.keys import BUTTONS, is_down, virtual_keys
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import infer_chain, label, score_plays, true_actions
from clonestrike.labelling.quality import Quality
from clonestrike.labelling.score import score
from clonestrike.playing.config import PlayConfig, RecordConfig
from clonestrike.playing.play import play
from clonestrike.playing.record import record
from clonestrike.recordings.recording import Recording, find_recordings

pytestmark = needs_windows
SAFE = ("-insecure", "-condebug")
NAMES: list[Name] = ["csgo", "cs2"]
BITS = {"w": 1, "a": 2, "s": 4, "d": 8, "space": 16, "ctrl": 32, "shift": 64, "left": 128, "r": 256}
"""Of what the stand-in writes down for every player."""


@pytest.fixture(params=NAMES)
def game(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path / "Steam", request.param, *SAFE) as game:
        eventually(lambda: game.inputs() if (game.folder / "inputs.csv").exists() else None)
        yield game


def refused(name: Name, tmp_path: Path, why: str) -> None:
    """Neither recorded nor played."""
    with pytest.raises(ClonestrikeError, match=why):
        record(RecordConfig(tmp_path / "watched", name, watch="bots", steps=5))
    with pytest.raises(ClonestrikeError, match=why):
        play(PlayConfig("random", name, minutes=0.05))
    assert not list(tmp_path.glob("watched/*"))


def test_no_game_runs(tmp_path: Path) -> None:
    refused("csgo", tmp_path, r"csgo\.exe does not run")


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("cs2", ("-condebug",), "was not started with -insecure"),
        ("csgo", ("-condebug", "-INSECUREX", "+name", "x-insecure"), "was not started with -insecure"),
        ("cs2", (*SAFE, "-remote"), "does not say that this match is played on your own computer"),
        ("csgo", (*SAFE, "-remote"), "does not say that this match is played on your own computer"),
        ("csgo", ("-insecure",), "console does not answer"),
        ("cs2", (*SAFE, "-secret"), r"has posted no state \(\d+ posts were refused\)"),
    ],
)
def test_what_is_not_known_to_be_fair_is_refused(
    name: Name, options: tuple[str, ...], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clonestrike.games.counterstrike.match.POST_SECONDS", 3.0)
    with stand_in(tmp_path / "Steam", name, *options):
        time.sleep(1)
        refused(name, tmp_path, why)


def test_offsets_of_another_build_are_refused(game: StandIn, tmp_path: Path) -> None:
    file = "info.json" if game.edition.name == "cs2" else "csgo.json"
    path = game.installation.clonestrike_cfg / file
    before = path.read_text()
    changed = json.loads(before)
    changed.update({"build_number": 1} if game.edition.name == "cs2" else {"timestamp": 1})
    path.write_text(json.dumps(changed))
    try:
        refused(game.edition.name, tmp_path, "the offsets are not those of this build")
    finally:
        path.write_text(before)


def test_the_offsets_of_the_last_csgo_are_at_hand(tmp_path: Path) -> None:
    with stand_in(tmp_path / "Steam", "csgo", *SAFE, linked=datetime(2023, 10, 12, tzinfo=UTC)):
        time.sleep(1)
        assert record(RecordConfig(tmp_path / "data", "csgo", watch="bots", steps=5))["steps"] == 5


def test_an_older_csgo_needs_offsets_of_its_own(tmp_path: Path) -> None:
    with stand_in(tmp_path / "Steam", "csgo", *SAFE, linked=datetime(2023, 6, 1, tzinfo=UTC)):
        time.sleep(1)
        refused("csgo", tmp_path, "another client.dll than the game's, which was linked on 2023-06-01")


def test_a_demo_may_be_watched(tmp_path: Path) -> None:
    with stand_in(tmp_path / "Steam", "cs2", *SAFE, "-demo"):
        time.sleep(1)
        assert record(RecordConfig(tmp_path / "data", "cs2", watch="bots", steps=5))["steps"] == 5


def test_memory_that_disagrees_with_the_posts_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clonestrike.games.counterstrike.match.COMPARED_STEPS", 20)
    with stand_in(tmp_path / "Steam", "csgo", *SAFE, "-drift"):
        time.sleep(1)
        with pytest.raises(ClonestrikeError, match="the health in memory is not what the game posts"):
            record(RecordConfig(tmp_path / "data", "csgo", watch="bots", steps=1000))


def held_true(game: StandIn, recording: Recording, player: int) -> Actions:
    """What the stand-in knows that a player held in every step: for most of it (or at all, for shots and jumps)."""
    rows = np.array([row[:3] for row in game.inputs() if row[1] == player], np.int64)
    times = recording.table.column("state_time_ns").to_numpy()[: recording.steps].astype(np.int64)
    edges = np.searchsorted(rows[:, 0], np.append(times, times[-1] + 62_500_000))
    switches = np.zeros((recording.steps, len(SWITCHES)), np.bool_)
    for step, (first, last) in enumerate(pairwise(edges)):
        for name, bit in BITS.items():
            share = (rows[first:last, 2] & bit > 0).mean() if last > first else 0.0
            switches[step, SWITCHES.index(name)] = share > (0 if name in ("space", "left") else 0.5)
    return Actions(switches, np.full((recording.steps, 2), np.nan, np.float32))


def watched(game: StandIn, recording: Recording) -> int:
    """Which player of the stand-in it was, by where he looked."""
    yaw = np.degrees(recording.states.yaw[: recording.steps])
    times = recording.table.column("state_time_ns").to_numpy()[: recording.steps].astype(np.int64)
    errors = {}
    for player in range(6):
        rows = [row for row in game.inputs() if row[1] == player]
        at = np.searchsorted([row[0] for row in rows], times) - 1
        seen = np.array([rows[max(i, 0)][3] for i in at])
        errors[player] = float(np.median(np.abs((yaw - seen + 180) % 360 - 180)))
    return min(errors, key=lambda player: errors[player])


def test_watching_and_labels_against_the_true_inputs(game: StandIn, tmp_path: Path, record_property: Any) -> None:
    summary = record(RecordConfig(tmp_path / "data", game.edition.name, watch="bots", steps=320))
    assert summary["steps"] == 320
    recordings = [Recording.open(path) for path in find_recordings([tmp_path / "data"])]
    for recording in recordings:
        assert recording.info.map == "de_dust2"
        assert recording.player.startswith("player ")
        assert recording.actions is None
        states = recording.states[: recording.steps]
        assert not np.isnan(states.kills).any()
        assert (states.first_person == 1).all()
        assert (states.alive == 1).all()
        assert set(states.weapon) == {"weapon_ak47"}
        assert set(states.item) == {7}
        quality = Quality.of(recording.states, recording.info)
        assert quality.health_mismatch is not None
        assert quality.ammo_mismatch is not None
        assert quality.health_mismatch + quality.ammo_mismatch < 0.05 * recording.steps + 2
        assert np.all((states.view_height >= 46) & (states.view_height <= 64.1))
        assert recording.frames(0, 1).std() > 10
    label(LabelConfig((tmp_path / "data",)))
    scored = [r for r in recordings if r.steps > 20]
    found = score(
        [infer_chain([r], "default")[0] for r in scored], [held_true(game, r, watched(game, r)) for r in scored]
    )
    figures = {key: found["switches"][key]["f1"] for key in ("w", "a", "s", "d", "space", "ctrl", "left")}
    print(game.edition.name, "watched", summary["real_time"], found["movement_f1"], figures)  # noqa: T201
    record_property("movement_f1", found["movement_f1"])
    assert found["steps"] > 100
    assert found["movement_f1"] > 0.7
    assert figures["space"] is None or figures["space"] > 0.3  # there are a handful of jumps


def test_the_doctor(game: StandIn) -> None:
    """Wine loses or doubles a raw motion now and then, and walls stop the player: how far things move is not judged."""
    rows = {row["check"]: row for row in examine(game.edition.name)["checks"]}
    measured = {"rate", "mouse turns the view", "mouse acceleration", "delay", "moving keys"}
    measured |= {f"angle of a count, by the {what}" for what in ("picture", "metadata")}
    desktop = rows.pop("keys and mouse on the desktop")
    assert desktop["result"] == "pass" or desktop["found"].startswith("lost: mouse ")
    assert {name: row for name, row in rows.items() if row["result"] != "pass" and name not in measured} == {}
    assert {"started with -insecure", "set-up", "offsets", "window", "metadata"} < set(rows)


def test_the_doctor_names_what_is_missing(tmp_path: Path) -> None:
    with stand_in(tmp_path / "Steam", "cs2", "-condebug") as game:
        (game.installation.cfg / "autoexec.cfg").write_text("// somebody else's\n")
        (game.installation.clonestrike_cfg / "offsets.json").unlink()
        rows = {row["check"]: row for row in examine("cs2")["checks"]}
    failed = {name for name, row in rows.items() if row["result"] == "fail"}
    assert failed == {"started with -insecure", "set-up", "offsets"}
    assert "setup cs2 --write" in rows["set-up"]["what to do"]


class Someone(threading.Thread):
    """A human, as far as Windows can tell: presses keys and moves the mouse in another thread, for a while."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()

    def run(self) -> None:
        chance = np.random.default_rng(0)
        codes = virtual_keys(Bindings())
        while not self.done.wait(0.05):
            key = codes[str(chance.choice(["w", "a", "s", "d"]))]
            send_key(key, down=True)
            for _ in range(8):
                send_mouse(int(chance.integers(-30, 30)), int(chance.integers(-5, 5)), 0x0001)
                self.done.wait(0.06)
            send_key(key, down=False)


def test_own_play_has_its_true_inputs(game: StandIn, tmp_path: Path) -> None:
    someone = Someone()
    someone.start()
    try:
        summary = record(RecordConfig(tmp_path / "data", game.edition.name, play="human", steps=160))
    finally:
        someone.done.set()
        someone.join()
    assert summary["steps"] == 160
    label(LabelConfig((tmp_path / "data",)))
    recordings = [Recording.open(path) for path in find_recordings([tmp_path / "data"])]
    found = score_plays([(infer_chain([r], "default")[0], *true_actions(r)) for r in recordings])
    print(game.edition.name, "played", found["movement_f1"], found["mouse"])  # noqa: T201
    assert found["mouse"]["x"]["correlation"] > 0.7
    assert found["movement_f1"] > 0.6
    assert all(set(r.states.weapon[: r.steps]) <= {"weapon_knife", "weapon_ak47"} for r in recordings)


def test_an_agent_plays_and_keeps_score(game: StandIn) -> None:
    result = play(PlayConfig(str(BUILT / "policy"), game.edition.name, minutes=10 / 60))
    print(game.edition.name, "agent", result)  # noqa: T201
    assert result["steps"] > 5
    assert result["minutes"] == pytest.approx(10 / 60, rel=0.2)
    assert {"kills", "deaths"} <= set(result)  # they come out of the posts of the game
    assert not any(map(is_down, [*virtual_keys(Bindings()).values(), *BUTTONS.values()]))
    log = game.installation.log.read_text()
    assert "Unknown command" not in log


def test_the_agent_has_its_weapon_after_the_restart(game: StandIn) -> None:
    entry = GAMES.get(game.edition.name)
    with entry.open_match("", seed=0, minutes=1, privileged=False, human=False) as match:
        weapons = []
        for _ in range(80):
            state = match.observe().state
            weapons.append(state.weapon if state else None)
            match.apply(Action())
            time.sleep(0.06)
    assert "weapon_knife" in weapons
    assert weapons[-1] == "weapon_ak47"


def test_nothing_is_held_after_an_agent_was_killed(game: StandIn) -> None:
    codes = [*virtual_keys(Bindings()).values(), *BUTTONS.values()]
    command = [sys.executable, "-m", "clonestrike", "play", "random", "--game", game.edition.name, "--minutes", "1"]
    agent = subprocess.Popen(command)
    eventually(lambda: sum(map(is_down, codes)) > 1, 40)
    agent.kill()
    agent.wait()
    eventually(lambda: not any(map(is_down, codes)))


def test_loading_and_warm_up_are_waited_for(tmp_path: Path) -> None:
    with stand_in(tmp_path / "Steam", "cs2", *SAFE, "-loading", "3", "-warmup", "5"):
        time.sleep(0.5)
        began = time.perf_counter()
        assert record(RecordConfig(tmp_path / "data", "cs2", watch="bots", steps=10))["steps"] == 10
        assert time.perf_counter() - began > 4


def test_the_keys_are_those_of_the_stand_in() -> None:
    assert set(BITS) <= set(SWITCHES)
    assert set(KEYS) > set(BITS) - {"left"}
