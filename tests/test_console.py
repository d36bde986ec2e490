"""What is printed cannot steer the terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.text import Text

from clonestrike import console

EVIL = "\x1b[2Jknife\x1b]0;title\x07\x1b]52;c;cm0=\x07\x9b31m\x7f\r"


@pytest.mark.parametrize(
    "say",
    [
        lambda: console.show({"weapon": EVIL, "weapons": [{EVIL: EVIL}], "maps": {EVIL: {"steps": 3}}}, EVIL),
        lambda: console.error(EVIL),
        lambda: console.warning(EVIL),
        lambda: console.note(EVIL),
        lambda: console.messages.print(f"skipped: {EVIL}", markup=False, soft_wrap=True),
        lambda: console.console.print(Text(EVIL), EVIL),
    ],
)
def test_names_in_files_are_shown_and_not_obeyed(say: Callable[[], None], capfd: pytest.CaptureFixture[str]) -> None:
    say()
    said = "".join(capfd.readouterr())
    assert "knife" in said
    assert not [letter for letter in said if letter != "\n" and (letter < " " or "\x7f" <= letter < "\xa0")]
