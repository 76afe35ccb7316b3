import math
from typing import Any

import pytest

from ligeia.errors import InputError
from ligeia.metrics.compression import pcm16_bytes, q_comp


def test_the_two_examples_of_the_report() -> None:
    # Mahdi 2025, section 4.4: a tenth of the size at 0.5 against a fifth at 0.3
    assert q_comp(compressed_bytes=1, original_bytes=10, cdpam=0.5) == pytest.approx(0.025)
    assert q_comp(compressed_bytes=1, original_bytes=5, cdpam=0.3) == pytest.approx(0.018)


def test_a_row_of_the_report() -> None:
    # Mahdi 2025, table 4.6, 128-64-64; 4 s of 32-bit floats at 44.1 kHz are the 689 KiB its ratios are against
    value = q_comp(compressed_bytes=round(85.95 * 1024), original_bytes=4 * 44100 * 4, cdpam=0.2178)
    assert value == pytest.approx(0.00592, abs=5e-6)  # its last digit


def test_against_16_bit_samples_it_is_twice_that() -> None:
    assert q_comp(compressed_bytes=9, original_bytes=pcm16_bytes(100, 2), cdpam=1.0) == 2 * q_comp(
        compressed_bytes=9, original_bytes=4 * 100 * 2, cdpam=1.0
    )


def test_no_distance_is_best() -> None:
    assert q_comp(compressed_bytes=7, original_bytes=5, cdpam=0.0) == 0.0


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "1"])
def test_sizes_are_positive_whole_numbers(size: Any) -> None:
    with pytest.raises(InputError, match="compressed_bytes"):
        q_comp(compressed_bytes=size, original_bytes=1, cdpam=0.1)
    with pytest.raises(InputError, match="original_bytes"):
        q_comp(compressed_bytes=1, original_bytes=size, cdpam=0.1)


@pytest.mark.parametrize("distance", [-0.1, math.nan, math.inf])
def test_a_distance_is_finite_and_not_negative(distance: float) -> None:
    with pytest.raises(InputError, match="cdpam"):
        q_comp(compressed_bytes=1, original_bytes=1, cdpam=distance)


def test_pcm16_takes_two_bytes_for_each_sample_of_each_channel() -> None:
    assert pcm16_bytes(44100, 2) == 176400


@pytest.mark.parametrize(("frames", "channels", "name"), [(0, 1, "frames"), (1, 0, "channels"), (1.0, 1, "frames")])
def test_pcm16_of_nothing_is_refused(frames: Any, channels: Any, name: str) -> None:
    with pytest.raises(InputError, match=name):
        pcm16_bytes(frames, channels)
