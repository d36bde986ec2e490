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
"""Training 1: watched from outside, as on a public server."""
CLEAN = ("expert-60k",)
"""Training 2: the scripted expert's own play."""
PLAYED = ("expert-10k", "expert-30k", "expert-60k", "expert-240k", "expert-660k")
"""A million steps of it; the arms about sizes have the first one, the first two, and so on."""


@dataclass(frozen=True)
class Training:
    """A training on these data sets; it starts from the stage before."""

    data: tuple[str, ...]
    updates: int = UPDATES
    labels: str = "label"
    mirror: float = 0.0


@dataclass(frozen=True)
class Arm:
    """A policy, or somebody else, and how it is evaluated."""

    name: str
    stages: tuple[Training, ...] = ()
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
    Arm("base", (Training(PLAYED[:4]),), TWO),
    Arm("no-memory", (Training(PLAYED[:4]),), TWO, model="pocket:nomemory"),
    Arm("no-crop", (Training(PLAYED[:4]),), model="pocket:nocrop"),
    Arm("true", (Training(PLAYED[:4], labels="true"),)),
    Arm("mirror", (Training(PLAYED[:4], mirror=0.5),)),
    Arm("10k", (Training(PLAYED[:1]),)),
    Arm("40k", (Training(PLAYED[:2]),)),
    Arm("100k", (Training(PLAYED[:3]),)),
    Arm("1m", (Training(PLAYED),)),
    Arm("clean", (Training(CLEAN, STAGED, "true"),), THREE),
    Arm("scraped", (Training(SCRAPED, STAGED),), THREE),
    Arm("two-stage", (Training(SCRAPED, FIRST), Training(CLEAN, STAGED - FIRST, "true")), THREE),
    Arm("two-stage-true", (Training(SCRAPED, FIRST, "true"), Training(CLEAN, STAGED - FIRST, "true")), THREE),
    Arm("steady", (Training(("steady-60k",), STAGED, "true"),)),
    Arm("clean-inferred", (Training(CLEAN, STAGED),), TWO),
    Arm("two-stage-inferred", (Training(SCRAPED, FIRST), Training(CLEAN, STAGED - FIRST)), TWO),
    Arm("argmax", agent="base", decoding="argmax"),
    Arm("sampled", agent="base", decoding="sampled"),
    Arm("paper", agent="base", decoding="paper"),
    Arm("long", (Training(PLAYED, 18_000, "true"),), model="pocket:big"),
    Arm("long-quarter", (Training(PLAYED, 4_500, "true"),), model="pocket:big"),
    Arm("short-300", (Training(PLAYED[:4], 300, "true"),)),
    Arm("short-900", (Training(PLAYED[:4], 900, "true"),)),
)
"""In the order in which they are run."""
