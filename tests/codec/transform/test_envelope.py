"""Scale factors at a price: they follow the levels where it pays, and stay where it does not."""

import numpy as np
import pytest

from ligeia.codec.transform.envelope import BITS, priced_scale_factors

LEVELS = 20 + 3 * np.random.default_rng(0).standard_normal((2, 40, 1, 9))


def cost(chosen, levels, price):
    """Squared error and price, as the module's docstring states them, band by band."""
    total = float(np.square(chosen - levels).sum())
    for block in chosen[:, :, 0]:
        before = np.full(block.shape[1], 16)
        for frame in block:
            moved = frame - before
            for band, value in enumerate(frame):
                above = band + 1 if band + 1 < len(frame) else band - 1
                move = (moved[band - 1] + moved[above]) >> 1 if band % 2 else 0
                total += price * BITS[value, min(max(before[band] + move, 0), 47)]
            before = frame
    return total


def test_for_nothing_they_are_rounded():
    assert np.array_equal(priced_scale_factors(LEVELS, 0.0), np.clip(np.rint(LEVELS), 0, 47))


@pytest.mark.parametrize("price", [0.3, 1.0])
def test_no_change_of_an_even_band_alone_is_cheaper(price):
    levels = LEVELS[:1, :6, :, :1]  # one band has no neighbours that depend on it
    chosen = priced_scale_factors(levels, price)
    least = cost(chosen, levels, price)
    assert least < cost(np.rint(levels).astype(int), levels, price)
    for frame in range(6):
        for change in (-2, -1, 1, 2):
            other = chosen.copy()
            other[0, frame, 0, 0] += change
            assert cost(other, levels, price) >= least


def test_a_higher_price_makes_fewer_changes():
    changes = [
        np.count_nonzero(np.diff(priced_scale_factors(LEVELS, price), axis=1)) for price in (0.0, 0.5, 2.0, 50.0)
    ]
    assert changes == sorted(changes, reverse=True)
    assert changes[-1] < changes[0] / 10


def test_extreme_levels_stay_in_range():
    chosen = priced_scale_factors(np.array([-60.0, 99.0]).reshape(1, 2, 1, 1).repeat(3, axis=3), 0.01)
    assert chosen[0, :, 0].tolist() == [[0] * 3, [47] * 3]
