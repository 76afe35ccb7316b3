from itertools import pairwise

import reference_coded
from hypothesis import example, given
from hypothesis import strategies as st

from ligeia.codec.transform.scale_factors import LEAST_HZ, MIN_UNITS, band_edges, band_of, band_tilt, log2_16

frames = st.integers(1, 2048).map(lambda k: 32 * k)
rates = st.integers(1, 200_000) | st.just(2**31 - 1)


@given(frames, rates)
@example(32, 1)
@example(65536, 2**31 - 1)
def test_bands_cover_the_frame(frame, rate):
    edges = band_edges(frame, rate)
    assert edges[0] == 0
    assert edges[-1] == frame
    widths = [high - low for low, high in pairwise(edges)]
    assert min(widths) >= min(MIN_UNITS, frame)
    if len(widths) > 1:
        assert min(widths) * rate >= 2 * frame * LEAST_HZ
    assert list(edges) == reference_coded.edges_of(frame, rate)
    which = band_of(frame, rate)
    assert which.shape == (frame,)
    assert all(which[low] == which[high - 1] == b for b, (low, high) in enumerate(pairwise(edges)))


@given(frames, rates)
def test_tilts_rise_from_0(frame, rate):
    tilt = band_tilt(frame, rate)
    assert tilt.min() >= 0
    assert (tilt[1:] >= tilt[:-1]).all()


def test_tilt_is_16_for_an_octave_above_700_hz():
    edges, tilt = band_edges(1024, 32000), band_tilt(1024, 32000)
    centres = [(low + high) / 2 * 32000 / 2048 for low, high in pairwise(edges)]
    assert all(value == 0 for value, centre in zip(tilt, centres, strict=True) if centre < 700)
    octave = [value for value, centre in zip(tilt, centres, strict=True) if 1300 < centre < 1500]
    assert octave
    assert all(13 <= value <= 18 for value in octave)


@given(st.integers(1, 2**60))
def test_the_logarithm_is_that_of_whole_numbers(number):
    k = log2_16(number)
    assert 2**k <= number**16 < 2 ** (k + 1)
