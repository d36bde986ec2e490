import math

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.games.openarena.spec import OpenArenaSpec


def test_options_are_read() -> None:
    spec = OpenArenaSpec.parse("map=dm4ish,bots=2,skill=5")
    assert (spec.map, spec.bots, spec.skill, spec.info.steps_per_second) == ("dm4ish", 2, 5, 16.0)
    assert OpenArenaSpec.parse("lockstep=1").info.steps_per_second == pytest.approx(1000 / 62)
    assert spec.info.calibration.radians_per_count == pytest.approx(math.radians(2.5 * 0.022))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("map=../x", "no map"),
        ("bots=99", "0 to 11"),
        ("skill=0", "give 1 to 5"),
        ("lockstep=2", "lockstep=2 is out of range: give 0 to 1"),
        ("width=100", "give 320 to 16,384"),
        ("speed=2", "no option 'speed'"),
        ("bots=many", "not a whole number"),
        ("fps=0", "give 20 to 1,000"),
        ("height=99999", "give 180 to 16,384"),
    ],
)
def test_wrong_options_are_refused(options: str, says: str) -> None:
    with pytest.raises(ClonestrikeError, match=says):
        OpenArenaSpec.parse(options)
