import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.games.openarena.world import world_of

pytestmark = pytest.mark.usefixtures("arena")


def test_walls_stand_between_rooms_and_nothing_between_neighbours() -> None:
    world = world_of("dm4ish")
    weapons = [place for name, place in world.items if name.startswith("weapon_")]
    assert len(weapons) == 7
    raised = [(x, y, z + 20) for x, y, z in weapons]
    assert all(world.clear(place, (place[0] + 5, place[1] + 5, place[2])) for place in raised)
    sights = np.array([[world.clear(a, b) for b in raised] for a in raised])
    assert (sights == sights.T).all()
    assert not sights.all()
    x, y, z = raised[0]
    assert not world.clear((x, y, z), (x, y, z - 2000))  # through the floor


def test_an_unknown_map_is_refused() -> None:
    with pytest.raises(ClonestrikeError, match="no map 'nowhere'"):
        world_of("nowhere")
