from math import inf, log2

from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.lapped.payload import MAX_STEP
from ligeia.codec.lapped.targets import searched


@given(st.floats(10, 60), st.floats(-200, 1200), st.integers(0, 900), st.integers(0, 300))
def test_the_search_ends_at_the_border(fall, zero, start, least):
    calls = []

    def excess(step: int) -> float:
        calls.append(step)
        return (zero - step) / fall

    found = searched(excess, start, least)
    reachable = [step for step in range(least, MAX_STEP + 1) if excess(step) >= 0]
    assert found == (reachable[-1] if reachable else least)
    assert len(calls) - (MAX_STEP + 1 - least) < 40


def test_the_search_ends_where_nothing_is_reached():
    for value in (inf, -inf, 1e-9, -1e-9, log2(3)):
        calls = []
        found = searched(lambda step, value=value, calls=calls: calls.append(step) or value, 120)
        assert found == (MAX_STEP if value >= 0 else 0)
        assert len(calls) < 20
