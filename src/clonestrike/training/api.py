"""Python API of training: train, open checkpoints, plot learning curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from matplotlib.axes import Axes

from clonestrike.core.api import PathLike, options
from clonestrike.core.figures import axes_of
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import CARD, PolicyCard, kept_checkpoints
from clonestrike.policy.shipped import checkpoint
from clonestrike.training.config import TrainConfig
from clonestrike.training.curves import Output, describe, draw_losses
from clonestrike.training.metrics import read_metrics


@dataclass(frozen=True)
class Checkpoint:
    """A trained policy on disk: an ``os.PathLike``, which can be given wherever the path of a checkpoint can."""

    path: Path
    """Folder of the checkpoint."""
    card: PolicyCard = field(repr=False)
    """Network, view, action space, game and training, as the checkpoint keeps them."""

    @classmethod
    def open(cls, path: PathLike) -> Self:
        """Open a folder that ``train`` wrote, or ``pretrained:doom``; raises ClonestrikeError if it is neither."""
        folder = checkpoint(path if isinstance(path, str) else Path(path))
        card = folder / CARD
        try:
            text = card.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ClonestrikeError(f"{folder} is no checkpoint", f"it has no readable {card.name}") from None
        return cls(folder, PolicyCard.from_text(text, card))

    @property
    def updates(self) -> int:
        """Number of updates that were trained; 0 for an imported network."""
        return int(self.card.training.get("updates", 0))

    @property
    def seconds(self) -> float:
        """Duration of the training, in seconds; 0 for an imported network."""
        return float(self.card.training.get("seconds", 0.0))

    @property
    def held_out(self) -> dict[str, Any] | None:
        """Scores on held-out runs, or None if nothing was held out.

        ``rows`` is their number; ``policy``, ``most_frequent`` and ``repeat_last`` have the scores of every output.
        """
        scores: dict[str, Any] | None = self.card.training.get("held_out")
        return scores

    @property
    def selection(self) -> dict[str, Any] | None:
        """What the paper's sub-selection of windows has counted, and the sizes of its lists; None with other sampling.

        The counts are those of `Totals`.
        """
        found: dict[str, Any] | None = self.card.training.get("selection")
        return found

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of its metrics.jsonl in order: updates, frames, and losses or scores; empty without such a file."""
        return read_metrics(self.path / "metrics.jsonl")

    @property
    def kept(self) -> list[Checkpoint]:
        """The checkpoints that were kept on the way (``keep_every``), in order."""
        return [Checkpoint.open(place) for place in kept_checkpoints(self.path)]

    def __fspath__(self) -> str:
        return str(self.path)


@options(TrainConfig)
def train(config: TrainConfig) -> Checkpoint:
    """Train a policy on play with actions, and write a checkpoint. Needs torch.

    Raises ClonestrikeError when there is no play or no label, when ``out`` holds a checkpoint already (without
    ``resume``) or none that can be resumed (with it), or when ``init`` does not fit.
    """
    from clonestrike.training.train import train as run

    return Checkpoint.open(run(config))


def plot_learning(trained: Checkpoint | PathLike, ax: Axes | None = None, *, output: Output = "switches") -> Axes:
    """Plot the learning curves of a checkpoint: cross-entropy (nats) against frames, in training and on held-out runs.

    Args:
        trained: the checkpoint.
        ax: where to draw; a new figure by default.
        output: whose loss: switches (their sum), mouse_x or mouse_y.

    Returns the axes. Raises ClonestrikeError when there is no such checkpoint, or it keeps no metrics.
    """
    opened = trained if isinstance(trained, Checkpoint) else Checkpoint.open(trained)
    lines = opened.metrics()
    if not lines:
        raise ClonestrikeError(f"{opened.path} keeps no metrics", "choose a checkpoint that was trained here")
    ax = axes_of(ax, 5, 3.4)
    draw_losses(ax, lines, output)
    describe(ax, output)
    return ax
