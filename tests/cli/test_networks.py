from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.policy.tiny import TINY

from clonestrike.cli.main import main
from clonestrike.policy.networks import NETWORKS


def networks(tmp_path: Path, *options: str) -> dict[str, Any]:
    """The result as --json writes it."""
    with pytest.raises(SystemExit) as stop:
        main(["networks", *options, "--json", str(tmp_path / "result.json")])
    assert not stop.value.code
    content: dict[str, Any] = json.loads((tmp_path / "result.json").read_text())
    return content


@pytest.mark.usefixtures("tiny_package")
def test_ours_and_others_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = networks(tmp_path)["networks"]
    assert list(found) == ["lite", "paper", "pocket", "tiny"]
    assert found["tiny"] == {"title": TINY.help, "variants": {"wide": "twice as wide"}}
    printed = capsys.readouterr().out
    for network in NETWORKS:
        assert f"{network.name}  " in printed
        assert all(f"  {variant}: " in printed for variant in network.variants)


@pytest.mark.usefixtures("tiny_package")
def test_one_that_cannot_be_loaded_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tests.policy.tiny", None)  # as if it were gone
    found = networks(tmp_path)["networks"]
    assert "'tiny' cannot be loaded from tests.policy.tiny:TINY" in found["tiny"]["title"]
    assert "big" in found["pocket"]["variants"]


@pytest.mark.usefixtures("tiny_package")
def test_the_size_of_one(tmp_path: Path) -> None:
    found = networks(tmp_path, "--model", "tiny:wide")
    assert found["sees"] == {"whole": [32, 56, 3]}
    assert found["memory"] == found["sizes"]["memory"] == 12
    assert found["parameters"] > 4 * 3 * 8 * 8
