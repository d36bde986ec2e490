"""Evaluation: steps/s compared with the bare engine, that is, the cost of the loop and the policy."""

from pathlib import Path

from benchmarks.measure import GAME, seconds, show
from benchmarks.recording import bare
from clonestrike.evaluate.matches import Assignment, play_match
from clonestrike.playing.named_actor import find_actor

MINUTES = 1.0
STEPS = round(MINUTES * 60 * 17.5)
CHECKPOINT = Path("demo/runs/agent")


def played(actor: str) -> float:
    """Steps/s of one match in this process, start included."""
    return STEPS / seconds(lambda: play_match(Assignment(find_actor(actor), GAME, 5, MINUTES, None)))


def main() -> None:
    """Print the table; the agent's row needs the demo's checkpoint."""
    engine = bare(privileged=False)
    rows = [
        ["bare engine", f"{engine:,.0f}", "1.00"],
        ["random actor", f"{(speed := played('random')):,.0f}", f"{speed / engine:.2f}"],
    ]
    if (CHECKPOINT / "policy.onnx").exists():
        rows.append(["agent", f"{(speed := played(str(CHECKPOINT))):,.0f}", f"{speed / engine:.2f}"])
    else:
        rows.append(["agent", "run make demo first", ""])
    show("Evaluation, one match in one process", ["", "steps/s", "against the bare engine"], rows)


if __name__ == "__main__":
    main()
