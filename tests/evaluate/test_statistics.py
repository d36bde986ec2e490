import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.statistics import Bootstrap, Interval, MatchResult, summarise
from clonestrike.evaluate.table import table


def match(
    seed: int, kills: int, deaths: int, bots: list[int], actor: str = "agent", minutes: float = 3.0
) -> MatchResult:
    return MatchResult(
        actor, "cig/MAP01", seed, minutes, kills, deaths, {f"bot {i}": (k, 5) for i, k in enumerate(bots)}
    )


def matches(rate: float, n: int, seed: int, actor: str = "agent") -> list[MatchResult]:
    draw = np.random.default_rng(seed)
    return [match(i, int(draw.poisson(3 * rate)), 5, draw.poisson(4, 7).tolist(), actor) for i in range(n)]


results = st.builds(
    MatchResult,
    actor=st.text(),
    map=st.text(),
    seed=st.integers(0, 2**32),
    minutes=st.floats(0.1, 100),
    kills=st.integers(0, 500),
    deaths=st.integers(0, 500),
    bots=st.dictionaries(st.text(), st.tuples(st.integers(-5, 500), st.integers(0, 500)), max_size=8),
)


@given(results)
def test_json_round_trip(result: MatchResult) -> None:
    assert MatchResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize("change", [{"kills": None}, {"bots": 3}, {"bots": {"a": 1}}, {"minutes": 0}, {"minutes": "x"}])
def test_unreadable_results_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ClonestrikeError):
        MatchResult.from_json({**match(0, 1, 1, [1]).to_json(), **change})
    with pytest.raises(ClonestrikeError):
        MatchResult.from_json({})


def test_known_sums() -> None:
    summary = summarise([match(0, 12, 4, [3, 6]), match(1, 18, 6, [3, 0])])
    assert summary["agent"]["kills_per_minute"]["mean"] == pytest.approx(5)
    assert summary["agent"]["deaths_per_minute"]["mean"] == pytest.approx(10 / 6)
    assert summary["agent"]["kills_per_death"]["mean"] == pytest.approx(3)
    assert summary["mean_bot"]["kills_per_minute"]["mean"] == pytest.approx(1)
    assert summary["difference"]["mean"] == pytest.approx(4)
    assert summary["ratio"]["mean"] == pytest.approx(5)
    assert summary["agent"]["first"] == 2
    assert (summary["matches"], summary["minutes"]) == (2, 6)


def test_share_is_between_bot_and_expert() -> None:
    bots = [4, 4]
    agent = [match(seed, 14, 3, bots) for seed in range(4)]
    expert = [match(seed, 24, 3, bots, "expert") for seed in reversed(range(4))]
    assert summarise(agent, expert)["share"] == {"mean": 0.5, "low": 0.5, "high": 0.5}
    assert summarise(expert, expert)["share"]["mean"] == 1
    still = [match(seed, 4, 3, bots) for seed in range(4)]
    assert summarise(still, expert)["share"]["mean"] == 0


def test_repeatable_and_seeded() -> None:
    played = matches(5, 12, 0)
    assert summarise(played) == summarise(list(reversed(played)))
    assert summarise(played, seed=1)["agent"] != summarise(played, seed=2)["agent"]


@pytest.mark.parametrize(("n", "least"), [(6, 0.89), (20, 0.925)])
def test_the_interval_covers_the_truth(n: int, least: float) -> None:
    """Kills a minute of gamma-Poisson matches: 95 % is promised, few matches give a little less."""
    draw, trials, held = np.random.default_rng(0), 250, 0
    for trial in range(trials):
        kills = draw.poisson(15 * draw.gamma(16, 1 / 16, n)).astype(np.float64)
        interval = Bootstrap(n, trial).interval({"kills": kills}, lambda sums: sums["kills"] / n)
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= 15 <= interval.high
    assert least < held / trials < 0.985


def test_pairing_narrows_the_difference() -> None:
    """Matches differ in how lively they are; agent and bots rise and fall together."""
    together = [match(i, 6 + 3 * i, 5, [3 * i] * 3) for i in range(8)]
    difference = summarise(together)["difference"]
    assert difference == {"mean": 2, "low": 2, "high": 2}


def test_one_match_has_no_interval() -> None:
    summary = summarise([match(0, 9, 3, [3])])
    assert summary["agent"]["kills_per_minute"] == {"mean": 3, "low": None, "high": None}
    assert str(Interval(**summary["difference"])) == "2.00"


def test_no_deaths_leave_the_ratio_undefined() -> None:
    summary = summarise([match(i, 9, 0, [3]) for i in range(5)])
    assert summary["agent"]["kills_per_death"] == {"mean": None, "low": None, "high": None}
    assert str(Interval(None)) == "undefined"


def test_few_deaths_leave_the_ratio_unbounded_above() -> None:
    ratio = summarise([match(i, 9, int(i == 0), [3]) for i in range(5)])["agent"]["kills_per_death"]
    assert ratio["mean"] == 45
    assert ratio["low"] is not None
    assert ratio["high"] is None
    assert str(Interval(**ratio)).endswith("∞]")


def test_no_share_where_the_expert_does_not_lead() -> None:
    agent = [match(i, 9, 1, [3]) for i in range(5)]
    weak = [match(i, 3, 1, [3], "expert") for i in range(5)]
    assert summarise(agent, weak)["share"]["mean"] is None
    unsure = [match(i, 30 if i else -120, 1, [3], "expert") for i in range(5)]
    assert summarise(agent, unsure)["share"]["mean"] is None
    mostly = [match(i, 30 if i > 1 else -20, 1, [3], "expert") for i in range(5)]
    share = summarise(agent, mostly)["share"]
    assert share["mean"] is not None
    assert share["high"] is None


def test_without_bots_nothing_is_compared_with_them() -> None:
    """Counter-Strike posts the own player's score only."""
    agent = [match(seed, 6, 2, []) for seed in range(3)]
    summary = summarise(agent, [match(seed, 9, 2, [], "expert") for seed in range(3)], agent)
    assert summary["agent"]["kills_per_minute"]["mean"] == 2
    assert not {"mean_bot", "difference", "ratio", "share"} & set(summary)
    assert summary["over_random"]["mean"] == 0
    shown = Console(width=80, record=True)
    shown.print(table(summary))
    assert "bot" not in shown.export_text()


def test_the_originals_figures_are_over_all_steps_of_all_matches() -> None:
    """Its results: kills and deaths * 1000 / loops, and kills / max(deaths, 1)."""
    agent = [replace(match(seed, 6, 2, [1]), steps=3006) for seed in range(10)]
    figures = summarise(agent)["agent"]
    assert figures["kills_per_1000_steps"] == pytest.approx(1000 * 60 / 30_060)
    assert figures["deaths_per_1000_steps"] == pytest.approx(1000 * 20 / 30_060)
    assert figures["kill_ratio"] == 3
    immortal = [replace(match(seed, 6, 0, [1]), steps=3000) for seed in range(2)]
    assert summarise(immortal)["agent"]["kill_ratio"] == 12
    assert "kill_ratio" not in summarise([*agent[:1], match(1, 6, 2, [1])])["agent"]  # of before


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ClonestrikeError, match="no match"):
        summarise([])
    with pytest.raises(ClonestrikeError, match="other maps or seeds"):
        summarise([match(0, 1, 1, [1])], [match(1, 1, 1, [1])])


def test_summary_is_json_and_becomes_a_table() -> None:
    summary = summarise(matches(5, 6, 0), matches(9, 6, 1, "expert"), matches(0.1, 6, 2, "random"))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    actors = [MatchResult.from_json(result).actor for result in summary["results"]]
    assert actors == ["agent"] * 6 + ["expert"] * 6 + ["random"] * 6
    console = Console(width=80, record=True)
    console.print(table(summary))
    text = console.export_text()
    for row in ("agent", "expert", "random", "mean bot", "agent - mean bot", "agent / mean bot", "share"):
        assert sum(line.startswith(f" {row}  ") for line in text.splitlines()) == 1
    assert str(Interval(**summary["share"])) in text
    assert "6 matches, 18 game minutes on cig/MAP01" in text
    console.print(table(summarise([match(0, 3, 1, [1])])))
    assert "one match" in console.export_text()
