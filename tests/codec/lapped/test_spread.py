import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.lapped.spread import least_count, mixed, spread


@given(st.integers(1, 500), st.data())
def test_so_many_and_evenly(blocks, data):
    count = data.draw(st.integers(0, blocks))
    chosen = spread(count, blocks)
    assert chosen.shape == (blocks,)
    assert chosen.sum() == count
    for size in (2, 5, 17):
        windows = [chosen[k : k + size].sum() for k in range(blocks - size + 1)]
        assert not windows or max(windows) - min(windows) <= 1 + (count > 0)


def test_mixed_sums():
    fine, coarse = np.arange(6.0) + 10, np.arange(6.0)
    assert [mixed(fine, coarse, count) for count in (0, 6)] == [75, 15]
    assert mixed(fine, coarse, 2) == 55


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_least_count(blocks, limit):
    assert least_count(lambda count: count >= limit, blocks) == min(limit, blocks)
