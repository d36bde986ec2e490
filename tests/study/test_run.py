from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest

from clonestrike.playing.record import MATCH_MINUTES
from clonestrike.policy.card import CARD
from clonestrike.policy.checkpoint import WEIGHTS
from study import plan, run, tables
from study.plan import ARMS, DATA, Arm, Training

MATCH_STEPS = int(60 * MATCH_MINUTES * 17.5)
SHARE_ALIVE = 0.75
"""Less than any recorded set has had: what a player does not play, because it is dead, takes more matches."""


def test_no_two_data_sets_share_a_match_and_none_is_evaluated_on() -> None:
    told = [recorded.split() for recorded in DATA.values()]
    spans = []
    for words in told:
        first, steps = (int(words[words.index(name) + 1]) for name in ("--seed", "--steps"))
        spans.append((first, first + math.ceil(steps / MATCH_STEPS / SHARE_ALIVE) + plan.RECORDERS))
    spans.sort()
    assert all(last < first for (_, last), (first, _) in pairwise([*spans, (plan.FIRST_SEED, plan.FIRST_SEED)]))


def test_every_arm_has_an_equal_budget() -> None:
    for arm in ARMS:
        if arm.stages and not arm.name.startswith(("short", "long")):
            assert sum(stage.updates for stage in arm.stages) in (plan.UPDATES, plan.STAGED)
        assert arm.stages or arm.agent
    assert {name for names in tables.TABLES.values() for name in names} <= {arm.name for arm in ARMS}
    assert {name for arm in ARMS for stage in arm.stages for name in stage.data} <= set(DATA)


def test_an_arm_from_nothing_to_its_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = Arm("tiny", (Training(("few",), 3), Training(("few",), 2, "true")))
    again = Arm("tiny-argmax", agent="tiny", decoding="argmax")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(DATA, "few", "--play expert --steps 300 --seed 9")
    monkeypatch.setattr(run, "ARMS", (tiny, again))
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(run, "MATCHES", 2)
    monkeypatch.setattr(run, "MINUTES", 0.1)
    assert run.missing(["tiny"]) == [(tiny, 0)]
    run.finish(tiny, 0)
    result = json.loads(run.result_path(tiny, 0).read_text())
    assert [trained["updates"] for trained in result["training"]] == [3, 2]
    assert result["matches"] == len(result["results"]) == 2
    assert run.missing([]) == [(again, 0)]
    commands = (tmp_path / "runs/study/log.txt").stat().st_size
    run.finish(again, 0)  # the policy is there: it is not learned again, only written
    assert json.loads(run.result_path(again, 0).read_text())["training"] == result["training"]
    assert (tmp_path / "runs/study/log.txt").stat().st_size > commands
    assert run.missing([]) == []


def test_what_another_plan_has_learned_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(DATA, "few", "--play expert --steps 200 --seed 9")
    monkeypatch.setattr(run, "ARMS", ())
    short, long = (Arm("tiny", (Training(("few",), updates), Training(("few",), 1, "true"))) for updates in (2, 3))
    kept = json.loads((run.learned(short, 0) / CARD).read_text())
    assert json.loads((run.learned(short, 0) / CARD).read_text()) == kept
    weights = (run.learned(short, 0) / WEIGHTS).read_bytes()
    assert (run.learned(long, 0) / WEIGHTS).read_bytes() != weights  # its own stage is the same, the one before is not
