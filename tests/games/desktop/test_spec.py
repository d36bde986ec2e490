import math

import pytest

from clonestrike import games
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.spec import WindowSpec


def test_a_title_alone_is_enough() -> None:
    info = games.game_info("window:Chocolate Doom")
    assert (info.game, info.map, info.steps_per_second) == ("window", "Chocolate Doom", 16.0)
    assert info.calibration.radians_per_count == pytest.approx(0.00096)


def test_options_stand_behind_the_title_which_may_have_commas() -> None:
    spec = WindowSpec.parse(
        "Red, white=blue, and so on,rate=20,degrees=0.044,fov=75,crop=original,keys=w:Up+a:comma,stop=F9"
    )
    assert spec.title == "Red, white=blue, and so on"
    assert (spec.bindings.keys, spec.bindings.kill_switch) == ({"w": "Up", "a": "comma"}, "F9")
    info = spec.info
    assert (info.steps_per_second, info.field_of_view, info.frame_height, info.frame_width) == (20, 75, 150, 280)
    assert info.calibration.radians_per_count == pytest.approx(math.radians(0.044))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "needs the title"),
        ("rate=9", None),
        ("A,rate=fast", "rate=fast is not a number above 0"),
        ("A,rate=501", "no more than 500 steps a second"),
        ("A,degrees=-1", "degrees=-1 is not a number above 0"),
        ("A,fov=inf", "fov=inf is not"),
        ("A,crop=round", "crop=round: a window is cut as 16:9 or original"),
        ("A,keys=w", "keys=w: write pairs such as w:Up"),
        ("A,keys=q:Up", "no key 'q' to bind"),
    ],
)
def test_wrong_options_are_told(options: str, words: str | None) -> None:
    if words is None:
        assert WindowSpec.parse(options).title == options
        return
    with pytest.raises(ClonestrikeError, match=words):
        games.game_info(f"window:{options}")


def test_what_a_window_cannot_do_is_told() -> None:
    with pytest.raises(ClonestrikeError, match="window has no bots to watch: use --play human"):
        games.open_spectator("window:A", seed=0, minutes=1)
    with pytest.raises(ClonestrikeError, match="has no scripted expert"):
        games.prepare_expert("window:A")
