import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonestrike.core.scores import f1, ratio


def test_nothing_has_no_score() -> None:
    assert f1(0, 0, 0) is None
    assert ratio(0, 0) is None
    assert f1(0, 3, 0) == 0


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50))
def test_it_is_the_harmonic_mean_of_precision_and_recall(hits: int, wrong: int, missed: int) -> None:
    precision, recall = ratio(hits, hits + wrong), ratio(hits, hits + missed)
    assert precision is not None
    assert recall is not None
    assert f1(hits, hits + wrong, hits + missed) == pytest.approx(2 * precision * recall / (precision + recall))
