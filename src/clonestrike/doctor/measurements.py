"""Measurements: how the mouse turns the view, whether the state follows, and how fast the control loop can run."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass

from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.doctor.finding import Finding, judged
from clonestrike.doctor.game_under_test import GameUnderTest, likeness, shift
from clonestrike.doctor.turning import answer, full_turn, rough_full_turn, turned_by_metadata
from clonestrike.playing.clock import RealTimeClock
from clonestrike.playing.deadlines import LATE_SHARE, Deadlines
from clonestrike.playing.loop import control_loop

HOLD_SECONDS = 0.35
RATE_SECONDS = 4.0
MORE_HEADINGS = 3
SAME_PLACE = 0.75
"""Likeness of two views of the same place: weapons sway and torches burn, so it is below 1."""
TOLERANCE = 0.02
"""Largest relative error of the angle of a count."""


def mouse(game: GameUnderTest) -> Finding:
    """Whether the mouse turns the view to the correct side and back; tried at several headings, as walls look alike."""
    found = _mouse_here(game)
    for _ in range(MORE_HEADINGS):
        if found.result == "pass":
            break
        game.turn(game.counts(70))
        found = _mouse_here(game)
    return found


def _mouse_here(game: GameUnderTest) -> Finding:
    before = game.view()
    rough = rough_full_turn(game)
    if rough is None:
        advice = "click into the game, leave its menu, let it hold the pointer (raw or relative mouse)"
        return judged(False, "the picture does not follow the mouse", advice)
    if rough < 0:
        return judged(False, "the view turns left when the mouse goes right", "switch off the inverted mouse x axis")
    back = likeness(before, game.view())
    advice = "to the right and back is not where it began: switch off mouse acceleration and smoothing"
    return judged(back > SAME_PLACE, f"turns right, and comes back to {back:.0%} the same view", advice, likeness=back)


def angle(game: GameUnderTest) -> Finding:
    """The angle of a count, measured by a full turn of the picture."""
    rough = rough_full_turn(game)
    found = None if rough is None else full_turn(game, rough)
    if found is None:
        return Finding("skipped", "no full turn was recognised: the scene moves too much, or all looks alike")
    return _compared(game, 2 * math.pi / found.counts, f"a full turn is {found.counts:,.0f} counts: ")


def angle_by_metadata(game: GameUnderTest) -> Finding:
    """The angle of a count, measured by the yaw of the state."""
    counts = game.counts(60)
    turns = [turned_by_metadata(game, sign * counts) for sign in (1, -1, 1, -1)]
    if any(turn is None for turn in turns):
        return Finding("skipped", "the yaw is not known")
    measured = statistics.median(abs(turn) for turn in turns if turn is not None) / counts
    return _compared(game, measured, "")


def _compared(game: GameUnderTest, measured: float, how: str) -> Finding:
    expected = game.info.calibration.radians_per_count
    ratio = measured / expected
    found = f"{how}{math.degrees(measured):.4f} degrees a count, calibrated {math.degrees(expected):.4f}"
    advice = f"multiply the game's mouse sensitivity by {1 / ratio if ratio else math.inf:.3g}"
    if game.angle_option is not None:
        advice += f", or write {game.angle_option}={math.degrees(measured):.4g} behind the title"
    return judged(abs(ratio - 1) <= TOLERANCE, found, advice, measured=math.degrees(measured), ratio=ratio)


def acceleration(game: GameUnderTest) -> Finding:
    """Whether a fast motion turns the view as far as a slow one with the same counts."""
    piece, pieces = game.counts(0.1), 30
    game.settle()
    before, yaw = game.view(), game.yaw()
    for _ in range(pieces):
        game.injector.move(piece, 0)
        time.sleep(0.033)
    game.settle()
    slow, slow_yaw = game.view(), game.yaw()
    game.turn(-piece * pieces, piece=piece * pieces)
    after, after_yaw = game.view(), game.yaw()
    if yaw is not None and slow_yaw is not None and after_yaw is not None:
        there, back = (abs(math.remainder(slow_yaw - y, 2 * math.pi)) for y in (yaw, after_yaw))
    else:
        moved = [shift(slow, other) for other in (before, after)]
        if None in moved:
            return Finding("skipped", "how far the view turns cannot be seen here: look at something with more detail")
        there, back = (abs(pixels) for pixels in moved if pixels is not None)
    ratio = back / there if there else 0.0
    advice = "switch off mouse acceleration: in the game, and on the desktop (xset m 1/1 0)"
    return judged(
        0.85 < ratio < 1.18, f"a fast motion turns {ratio:.2f} times as far as a slow one", advice, ratio=ratio
    )


def metadata(game: GameUnderTest) -> Finding:
    """Whether the state is known and follows keys and mouse."""
    state = game.observe().state
    assert state is not None
    unknown = [name for name in ("x", "y", "yaw", "pitch", "health", "alive") if getattr(state, name) is None]
    turn = turned_by_metadata(game, game.counts(30))
    turned_by_metadata(game, -game.counts(30))
    places = [(state.x, state.y)]
    for key in "wsad":
        game.injector.hold(Action(frozenset(key)))
        time.sleep(HOLD_SECONDS)
        now = game.observe().state
        assert now is not None
        places.append((now.x, now.y))
    game.injector.release()
    wrong = [f"{', '.join(unknown)} not known"] if unknown else []
    wrong += ["the yaw does not follow the mouse"] if not turn or abs(turn) < math.radians(5) else []
    wrong += ["the position does not follow w a s d"] if len(set(places)) == 1 else []
    advice = "the addresses are of another build, or the player is dead or a spectator: install the build that is named"
    return judged(not wrong, "; ".join(wrong) or "position and yaw follow keys and mouse", advice)


def lag(game: GameUnderTest) -> Finding:
    """Delay from a mouse motion to the picture, and from the picture to the state."""
    counts = game.counts(20)
    answers = [answer(game, counts * (1 if n % 2 else -1)) for n in range(8)]
    pictures = [a.picture for a in answers if a.picture is not None]
    if not pictures:
        return judged(False, "the picture does not respond", "see the checks above")
    seconds = statistics.median(pictures)
    steps = seconds * game.info.steps_per_second
    both = [a.metadata - a.picture for a in answers if a.metadata is not None and a.picture is not None]
    found = f"the picture responds after {1000 * seconds:.0f} ms ({steps:.1f} steps)"
    figures = {"picture_ms": 1000 * seconds, "picture_steps": steps}
    behind = 0.0
    if any(a.metadata is not None for a in answers):
        behind = statistics.median(both) * game.info.steps_per_second if both else math.inf
        found += f", the metadata {behind:+.2f} steps after it"
        figures["metadata_steps"] = behind
    advice = "labels would belong to other pictures: raise the game's frame rate, switch off vertical sync"
    return judged(steps < 2.5 and abs(behind) < 0.5, found, advice, **figures)


@dataclass
class _Wiggle:
    """An actor that turns right and left by turns."""

    counts: int

    def reset(self) -> None:
        """Does nothing: the actor has no memory."""

    def act(self, observation: Observation) -> Decision:
        self.counts = -self.counts
        return Decision(Action(mouse_x=self.counts))


def rate(game: GameUnderTest) -> Finding:
    """Whether the control loop keeps its deadlines without a policy, and the game draws a new frame for every step."""
    per_second = game.info.steps_per_second
    deadlines = Deadlines(per_second)
    steps = round(RATE_SECONDS * per_second)
    control_loop(
        game.window,
        _Wiggle(game.counts(3)),
        RealTimeClock(game.window, per_second),
        [deadlines],
        stop=lambda: deadlines.steps >= steps,
    )
    summary = deadlines.summary()
    took, stale = summary["step_ms_p95"], summary["unchanged_frames"] / max(deadlines.steps, 1)
    found = (
        f"{per_second:g} steps/s asked, {1000 / max(took, 0.01):,.0f} possible: a step without a policy takes "
        f"{took:.1f} ms (p95), {deadlines.late_share:.0%} late, {stale:.0%} of the frames not new"
    )
    slow = took > 500 / per_second or deadlines.late_share > LATE_SHARE
    advice = "close other programs, make the window smaller, or take fewer steps a second (rate=)"
    if not slow:
        advice = "the game draws too few frames: lower its resolution and effects, raise its frame limit"
    return judged(not slow and stale < 0.1, found, advice, **summary, stale_share=stale)
