from pathlib import Path

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.flows.config import DemoConfig
from clonestrike.flows.demo import demo


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ClonestrikeError, match="is not empty"):
        demo(DemoConfig(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
