from __future__ import annotations

import pytest

from clonestrike.core.actions import SWITCHES
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.controls import CONTROLS, GROUPS, MOUSE, PAPER, parse
from clonestrike.training.loss import PAPER_LOSS, Loss


def test_every_switch_is_of_one_control() -> None:
    assert sorted(switch for switches in GROUPS.values() for switch in switches) == sorted(SWITCHES)


def test_controls_are_written_with_commas_in_any_order() -> None:
    assert parse("mouse, move,fire") == ("move", "fire", MOUSE)


@pytest.mark.parametrize("text", ["", "mouse,", "aim", "mouse move"])
def test_what_is_no_control_is_refused(text: str) -> None:
    with pytest.raises(ClonestrikeError, match=r"--controls: there is no control .*: there are move,jump,"):
        parse(text)


def test_a_loss_trains_what_has_a_weight() -> None:
    assert Loss().controls == CONTROLS
    assert PAPER_LOSS.controls == PAPER
    assert Loss(mouse_x=0.0).controls == tuple(GROUPS)
