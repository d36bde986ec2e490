"""What the study plays and learns: its data sets and its arms."""

from __future__ import annotations

from dataclasses import dataclass

UPDATES, STAGED = 2_500, 1_500
"""Of every arm but the short and the long ones, and of those about stages: 640,000 and 384,000 frames. Results say the
seconds: about 170 and 105 on one core that has bfloat16, while the other core is as busy."""
MATCHES, MINUTES, FIRST_SEED = 20, 3.0, 4000
"""Of every evaluation; nobody records or trains on these seeds."""

RECORDERS = 2
"""Matches recorded at the same time."""
DATA = {
    "bots-60k": "--watch bots --steps 60000 --seed 1000",
    "experts-60k": "--watch experts --steps 60000 --seed 1200",
    "expert-10k": "--play expert --steps 10000 --seed 600 --noise 0.2",
    "expert-30k": "--play expert --steps 30000 --seed 0 --noise 0.2",
    "expert-60k": "--play expert --steps 60000 --seed 620 --noise 0.2",
    "expert-240k": "--play expert --steps 240000 --seed 200 --noise 0.2",
    "expert-660k": "--play expert --steps 660000 --seed 3000 --noise 0.2",
    "steady-60k": "--play expert --steps 60000 --seed 700",
}
"""Data set -> what ``clonestrike record`` is told. No two share a match."""
SCRAPED = ("bots-60k", "experts-60k")
"""Stage 1: watched from outside, as on a public server."""
CLEAN = ("expert-60k",)
"""Stage 2: the scripted expert's own play."""
PLAYED = ("expert-10k", "expert-30k", "expert-60k", "expert-240k", "expert-660k")
"""A million steps of it; the arms about sizes have the first one, the first two, and so on."""


@dataclass(frozen=True)
class Stage:
    """A training on these data sets; it starts from the stage before."""

    data: tuple[str, ...]
    updates: int = UPDATES
    labels: str = "label"
    mirror: float = 0.0


@dataclass(frozen=True)
class Arm:
    """A policy, or somebody else, and how it is evaluated."""

    name: str
    stages: tuple[Stage, ...] = ()
    """None for whoever has nothing to learn."""
    seeds: tuple[int, ...] = (0,)
    """Of the weights and of the order of what is learned."""
    model: str = "pocket"
    decoding: str | None = None
    agent: str | None = None
    """Who is evaluated instead of a policy of its own: expert, random, or the policy of another arm."""


FIRST = round(0.7 * STAGED)
TWO, THREE = (0, 1), (0, 1, 2)
ARMS = (
    Arm("expert", agent="expert"),
    Arm("random", agent="random"),
    Arm("base", (Stage(PLAYED[:4]),), TWO),
    Arm("no-memory", (Stage(PLAYED[:4]),), TWO, model="pocket:nomemory"),
    Arm("no-crop", (Stage(PLAYED[:4]),), model="pocket:nocrop"),
    Arm("true", (Stage(PLAYED[:4], labels="true"),)),
    Arm("mirror", (Stage(PLAYED[:4], mirror=0.5),)),
    Arm("10k", (Stage(PLAYED[:1]),)),
    Arm("40k", (Stage(PLAYED[:2]),)),
    Arm("100k", (Stage(PLAYED[:3]),)),
    Arm("1m", (Stage(PLAYED),)),
    Arm("clean", (Stage(CLEAN, STAGED, "true"),), THREE),
    Arm("scraped", (Stage(SCRAPED, STAGED),), THREE),
    Arm("two-stage", (Stage(SCRAPED, FIRST), Stage(CLEAN, STAGED - FIRST, "true")), THREE),
    Arm("two-stage-true", (Stage(SCRAPED, FIRST, "true"), Stage(CLEAN, STAGED - FIRST, "true")), THREE),
    Arm("steady", (Stage(("steady-60k",), STAGED, "true"),)),
    Arm("clean-inferred", (Stage(CLEAN, STAGED),), TWO),
    Arm("two-stage-inferred", (Stage(SCRAPED, FIRST), Stage(CLEAN, STAGED - FIRST)), TWO),
    Arm("argmax", agent="base", decoding="argmax"),
    Arm("sampled", agent="base", decoding="sampled"),
    Arm("paper", agent="base", decoding="paper"),
    Arm("long", (Stage(PLAYED, 18_000, "true"),), model="pocket:big"),
    Arm("long-quarter", (Stage(PLAYED, 4_500, "true"),), model="pocket:big"),
    Arm("short-300", (Stage(PLAYED[:4], 300, "true"),)),
    Arm("short-900", (Stage(PLAYED[:4], 900, "true"),)),
)
"""In the order in which they are run."""
