import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.transform.rate_control import least_count, mixed, nearest_mix, spread


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


@given(st.lists(st.tuples(st.floats(10, 100), st.floats(0, 10)), min_size=1, max_size=30), st.floats(0, 1))
def test_a_mix_is_as_near_as_can_be(pairs, part):
    coarse = np.array([pair[0] for pair in pairs])
    fine = coarse + [pair[1] for pair in pairs]
    wanted = coarse.sum() + part * (fine - coarse).sum()
    mask = nearest_mix(fine, coarse, wanted)
    total = np.where(mask, coarse, fine).sum()
    assert total <= 1.01 * wanted
    assert abs(total - wanted) <= (fine - coarse).max() + 1e-9


def test_a_mix_out_of_reach_is_the_nearest_end():
    fine, coarse = np.full(5, 3.0), np.full(5, 2.0)
    assert nearest_mix(fine, coarse, 1.0).all()
    assert not nearest_mix(fine, coarse, 99.0).any()
    assert nearest_mix(fine[:0], coarse[:0], 1.0).shape == (0,)
