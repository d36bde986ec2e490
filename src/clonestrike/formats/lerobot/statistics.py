"""Statistics that a LeRobotDataset keeps of every episode, and of all episodes together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.01, 0.10, 0.50, 0.90, 0.99)
Statistics = dict[str, NDArray[np.float64]]
"""By name: min, max, mean, std, count, q01, q10, q50, q90, q99."""


def statistics(rows: NDArray[Any]) -> Statistics:
    """Statistics of every column of rows (N, n), (n,) each; NaN is ignored, and a column of NaN counts as zeros."""
    values = rows.astype(np.float64)
    empty = ~np.isfinite(values).any(0)
    values[:, empty] = 0
    return {
        "min": np.nanmin(values, 0),
        "max": np.nanmax(values, 0),
        "mean": np.nanmean(values, 0),
        "std": np.nanstd(values, 0),
        "count": np.array([len(values)]),
        **{f"q{round(100 * q):02d}": np.nanquantile(values, q, 0) for q in QUANTILES},
    }


def picture_statistics(pictures: NDArray[np.uint8]) -> Statistics:
    """Statistics of every channel of uint8 (N, H, W, 3) images, scaled to 0..1; each value (3, 1, 1)."""
    found = statistics(pictures.reshape(-1, 3) / 255)
    return {
        name: np.array([len(pictures)]) if name == "count" else value.reshape(3, 1, 1) for name, value in found.items()
    }


def combined(parts: Sequence[Statistics]) -> Statistics:
    """Statistics of all episodes from those of each; quantiles are averaged, as lerobot does."""
    counts = np.concatenate([part["count"] for part in parts]).astype(np.float64)
    weights = (counts / counts.sum()).reshape(-1, *[1] * parts[0]["mean"].ndim)
    mean = sum(weights * np.stack([part["mean"] for part in parts]))
    square = sum(weights * np.stack([part["std"] ** 2 + (part["mean"] - mean) ** 2 for part in parts]))
    names = [name for name in parts[0] if name.startswith("q")]
    return {
        "min": np.min([part["min"] for part in parts], 0),
        "max": np.max([part["max"] for part in parts], 0),
        "mean": np.asarray(mean),
        "std": np.sqrt(np.asarray(square)),
        "count": np.array([int(counts.sum())]),
        **{name: np.asarray(sum(weights * np.stack([part[name] for part in parts]))) for name in names},
    }
