from __future__ import annotations

from pathlib import Path

import pytest

from study.tables import TABLES, table

STUDY = Path(__file__).parents[2] / "docs" / "study.md"


@pytest.mark.parametrize("kind", TABLES)
def test_the_tables_in_the_docs_are_those_of_the_results(kind: str) -> None:
    shown = STUDY.read_text(encoding="utf-8").splitlines()
    for line in table(kind):
        assert line in shown
