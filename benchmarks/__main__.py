"""Run all benchmarks, or those named: ``python -m benchmarks [recording frames original_loader ...]``."""

import importlib
import sys

NAMES = (
    "recording",
    "frames",
    "capture",
    "game_state",
    "original_loader",
    "labelling",
    "training",
    "learning",
    "evaluating",
    "paper_step",
    "paper_training",
)


def main() -> None:
    """Run the benchmarks; each prints its own tables."""
    names = sys.argv[1:] or NAMES
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}")
    for name in names:
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
