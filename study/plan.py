"""The plan of the study: its data sets and its arms."""

from __future__ import annotations

from dataclasses import dataclass

UPDATES, STAGED = 2_500, 1_500
"""Updates of most arms, and of those about two stages: 640,000 and 384,000 frames. On one core with bfloat16, while the
other is equally busy, they take about 170 and 105 seconds; results have the exact times."""
MATCHES, MINUTES, FIRST_SEED = 20, 3.0, 4000
"""Number, length and first seed of the matches of every evaluation; no data set uses these seeds."""

RECORDERS = 2
"""Number of matches recorded at the same time."""
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
"""Data set -> options of ``clonestrike record``. No two data sets share a match."""
SCRAPED = ("bots-60k", "experts-60k")
"""Data of stage 1: watched players, as on a public server."""
CLEAN = ("expert-60k",)
"""Data of stage 2: the scripted expert's own play."""
PLAYED = ("expert-10k", "expert-30k", "expert-60k", "expert-240k", "expert-660k")
"""A million steps of the expert's play; the arms about sizes use the first set, the first two, and so on."""


@dataclass(frozen=True)
class Training:
    """One stage of training; it starts from the checkpoint of the previous stage, if any."""

    data: tuple[str, ...]
    updates: int = UPDATES
    labels: str = "label"
    mirror: float = 0.0


@dataclass(frozen=True)
class Arm:
    """An actor to evaluate: a policy and its training, or an existing actor."""

    name: str
    stages: tuple[Training, ...] = ()
    """Stages of its training; empty if ``agent`` is evaluated."""
    seeds: tuple[int, ...] = (0,)
    """Seeds of its trainings, one result each."""
    model: str = "pocket"
    decoding: str | None = None
    agent: str | None = None
    """The actor to evaluate instead of a trained policy: expert, random, or the policy of another arm."""


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
"""All arms, in the order in which they run."""
