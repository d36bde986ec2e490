"""python -m study [ARM ...]: run the arms that have no result yet, two at a time, each on one core.

``python -m study tables`` writes the tables and the figure of docs/study.md from the results.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from study.figures import draw
from study.plan import ARMS
from study.run import RESULTS, finish, missing
from study.tables import write

SIDE_BY_SIDE = 2
DOCUMENT = Path(__file__).parents[1] / "docs" / "study.md"


def main() -> None:
    """Run missing arms, or write tables and figure."""
    names = sys.argv[1:]
    if names == ["tables"]:
        write(DOCUMENT)
        draw(DOCUMENT.with_name("study.png"))
        return
    unknown = set(names) - {arm.name for arm in ARMS}
    if unknown:
        sys.exit(f"no arm {', '.join(sorted(unknown))}: there are {', '.join(arm.name for arm in ARMS)}")
    jobs = missing(names)
    if not jobs:
        print(f"all arms have results: remove files of {RESULTS} to run them again")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        list(pool.map(lambda job: finish(*job), jobs))


if __name__ == "__main__":
    main()
