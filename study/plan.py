"""What the study plays and learns: its data sets and its arms."""

from __future__ import annotations

from dataclasses import dataclass

UPDATES, STAGED = 2_500, 1_500
"""Of every arm, and of those about stages: 640,000 and 384,000 frames, four and two and a half minutes on one idle core
that has bfloat16."""
MATCHES, MINUTES, FIRST_SEED = 20, 3.0, 4000
"""Of every evaluation; nobody records or trains on these seeds."""

DATA = {
    "bots-60k": "--watch bots --steps 60000 --seed 1000",
    "experts-60k": "--watch experts --steps 60000 --seed 1200",
    "expert-10k": "--play expert --steps 10000 --seed 600 --noise 0.2",
    "expert-30k": "--play expert --steps 30000 --seed 0 --noise 0.2",
    "expert-60k": "--play expert --steps 60000 --seed 620 --noise 0.2",
    "expert-240k": "--play expert --steps 240000 --seed 200 --noise 0.2",
    "expert-260k": "--play expert --steps 260000 --seed 300 --noise 0.2",
    "steady-60k": "--play expert --steps 60000 --seed 700",
}
"""Data set -> what ``clonestrike record`` is told. No two share a match."""
SCRAPED = ("bots-60k", "experts-60k")
"""Stage 1: watched from outside, as on a public server."""
CLEAN = ("expert-60k",)
"""Stage 2: the scripted expert's own play."""
LARGE = ("expert-240k",)


@dataclass(frozen=True)
class Stage:
    """A training on these data sets; it starts from the stage before."""

    data: tuple[str, ...]
    updates: int = UPDATES
    labels: str = "label"


@dataclass(frozen=True)
class Arm:
    """A policy, or somebody else, and how it is evaluated."""

    name: str
    stages: tuple[Stage, ...] = ()
    """None for whoever has nothing to learn."""
    seeds: tuple[int, ...] = (0,)
    """Of the weights and of the order of what is learned."""
    model: str = "pocket"
    decoding: str = "default"
    agent: str | None = None
    """Who is evaluated instead of a policy of its own: expert, random, or the policy of another arm."""


FIRST = round(0.7 * STAGED)
THREE = (0, 1, 2)
ARMS = (
    Arm("expert", agent="expert"),
    Arm("random", agent="random"),
    Arm("large", (Stage(LARGE),)),
    Arm("no-memory", (Stage(LARGE),), model="pocket:nomemory"),
    Arm("no-crop", (Stage(LARGE),), model="pocket:nocrop"),
    Arm("10k", (Stage(("expert-10k",)),)),
    Arm("30k", (Stage(("expert-30k",)),)),
    Arm("530k", (Stage(("expert-30k", "expert-240k", "expert-260k")),)),
    Arm("60k", (Stage(CLEAN),)),
    Arm("clean", (Stage(CLEAN, STAGED),), THREE),
    Arm("steady", (Stage(("steady-60k",), STAGED),)),
    Arm("scraped", (Stage(SCRAPED, STAGED),), THREE),
    Arm("two-stage", (Stage(SCRAPED, FIRST), Stage(CLEAN, STAGED - FIRST)), THREE),
    Arm("argmax", agent="large", decoding="argmax"),
    Arm("sampled", agent="large", decoding="sampled"),
    Arm("paper", agent="large", decoding="paper"),
    Arm("short-300", (Stage(LARGE, 300),)),
    Arm("short-900", (Stage(LARGE, 900),)),
)
"""In the order in which they are run."""
