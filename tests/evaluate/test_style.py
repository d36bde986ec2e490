"""Figures of play from traces of which they are known, and from the real game."""

from pathlib import Path

import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.style import Style, StyleConfig, style
from clonestrike.evaluate.traces import COLUMNS, Life, TracedMatch, trace
from clonestrike.games.graph import MapGraph


def life(steps: int, **columns: object) -> Life:
    """A whole life in which nothing happens but what is given."""
    rows = {name: np.zeros(steps) for name in COLUMNS} | {
        "x": 100.0 * np.arange(steps),
        "enemy": np.full(steps, np.inf),
    }
    for name, values in columns.items():
        rows[name] = np.broadcast_to(np.asarray(values, float), steps)
    return Life(np.stack([rows[name] for name in COLUMNS], 1).astype(np.float32), whole=True)


def test_a_life_in_which_nothing_happens() -> None:
    found = Style.of([life(64), life(32)], 16)
    assert found.lifetime == [4.0, 2.0]
    assert (found.turning, found.firing, found.sky_or_floor, found.stuck, found.spinning) == (0, 0, 0, 0, 0)
    assert found.enemy_in_sight == 0
    assert found.kill_distance == found.reaction == []
    assert sum(found.mouse_x) == pytest.approx(1)


def test_a_reaction_and_a_kill() -> None:
    steps = np.arange(60)
    seen = np.where((steps >= 20) & (steps < 40), 250.0, np.inf)
    found = Style.of([life(60, enemy=seen, left=(steps >= 26) & (steps < 45), kills=steps >= 33)], 16)
    assert found.reaction == [6 / 16]
    assert found.kill_distance == [250.0]
    assert found.firing_at_nobody == pytest.approx(5 / 60)
    assert found.enemy_in_sight == pytest.approx(20 / 60)


def test_a_shot_answers_the_last_sight() -> None:
    steps = np.arange(60)
    seen = np.where((steps < 4) | (steps >= 20), 100.0, np.inf)
    assert Style.of([life(60, enemy=seen, left=steps >= 22)], 16).reaction == [2 / 16]


def test_a_life_that_was_seen_in_part_has_no_length() -> None:
    assert Style.of([life(32), Life(life(48).trace, whole=False)], 16).lifetime == [2.0]


def test_lives_end_with_deaths() -> None:
    lives = trace(TracedMatch("random", "doom", seed=1000, minutes=1.5, decoding="default"))
    assert [one.whole for one in lives] == [True] * (len(lives) - 1) + [False]
    assert len(lives) > 1


def test_a_sight_that_blinks_is_no_new_one() -> None:
    steps = np.arange(60)
    seen = np.where((steps >= 10) & (steps < 50) & (steps % 5 != 0), 100.0, np.inf)
    assert Style.of([life(60, enemy=seen, left=steps >= 45)], 16).reaction == [pytest.approx(34 / 16)]


def test_walls_spins_and_sky() -> None:
    stuck = life(40, x=5.0, moving=1)
    spins = life(80, yaw=np.radians(31.0) * np.arange(80))
    sky = life(40, pitch=np.radians(-45))
    assert Style.of([stuck], 16).stuck == pytest.approx((40 - 16) / 40)
    assert Style.of([spins], 16).turning == pytest.approx(496, rel=1e-4)
    assert Style.of([spins], 16).spinning == pytest.approx((80 - 18) / 80)
    assert Style.of([life(80, yaw=np.radians(30.0) * (np.arange(80) % 2))], 16).spinning == 0
    assert Style.of([sky], 16).sky_or_floor == 1


def test_what_is_not_known_is_not_told() -> None:
    found = Style.of([life(40, enemy=np.nan)], 16)
    assert found.enemy_in_sight is found.firing_at_nobody is found.spinning is None
    with pytest.raises(ClonestrikeError, match="no play"):
        Style.of([], 16)


@pytest.mark.parametrize(
    ("actors", "why"), [(("expert", "expert"), "twice"), (("human",), "human"), (("x",), "x is no")]
)
def test_bad_input(actors: tuple[str, ...], why: str, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match=why):
        style(StyleConfig(actors, "doom", tmp_path))


def test_the_real_game(tmp_path: Path, shared_graph: MapGraph) -> None:
    config = StyleConfig(("expert", "random", "bots"), "doom", tmp_path, matches=1, minutes=0.4, workers=2)
    players = style(config)["players"]
    assert list(players) == ["expert", "random", "bots"]
    assert players["expert"]["enemy in sight"] > players["random"]["enemy in sight"]
    assert players["expert"]["firing at nobody"] < players["random"]["firing at nobody"]
    assert players["bots"]["enemy in sight"] is None
    assert players["bots"]["turning, degrees/s"] > 0
    assert (tmp_path / "style.png").stat().st_size > 10_000
    assert (tmp_path / "style.json").exists()
