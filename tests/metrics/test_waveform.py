"""Waveform metrics: hand-computed cases, invariants, and what has no value."""

import math
from math import inf, log10
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics import waveform
from ligeia.metrics.waveform import pcm16_bytes, q_comp

ALL = [
    waveform.mse,
    waveform.mae,
    waveform.derivative_mse,
    waveform.mse_and_derivative,
    waveform.snr,
    waveform.si_sdr,
    waveform.si_snr,
    waveform.psnr,
    waveform.psnr01,
]
ERRORS = {"mse", "mae", "derivative_mse", "mse_and_derivative"}


def both(seed: int = 0, length: int = 1000, noise: float = 0.1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    reference = random.standard_normal(length)
    return {"reference": reference, "estimate": reference + noise * random.standard_normal(length)}


def test_hand_computed() -> None:
    pair = {"reference": [1.0, -1.0, 0.5, 0.0], "estimate": [0.5, -1.0, 0.5, 0.5], "rate": 8000}
    assert waveform.mse(**pair) == 0.5 / 4
    assert waveform.mae(**pair) == 1 / 4
    assert waveform.derivative_mse(**pair) == pytest.approx((0.5**2 + 0 + 0.5**2) / 3)
    assert waveform.mse_and_derivative(**pair) == pytest.approx(0.5 / 4 + 0.5 / 3)
    assert waveform.snr(**pair) == pytest.approx(10 * log10(2.25 / 0.5))
    assert waveform.psnr(**pair) == pytest.approx(10 * log10(1 / 0.125))


def test_scale_invariant_by_hand() -> None:
    # The projection of [1, 1] on [1, 0] is [1, 0]; what remains is as large.
    assert waveform.si_sdr(reference=[1.0, 0.0], estimate=[1.0, 1.0], rate=8000) == pytest.approx(0, abs=1e-12)


def test_coin_psnr_is_six_decibels_above() -> None:
    pair = both()
    difference = waveform.psnr01(**pair, rate=1) - waveform.psnr(**pair, rate=1)
    assert difference == pytest.approx(20 * log10(2))


def test_coin_psnr_of_mapped_samples() -> None:
    pair = both()
    x, y = (pair["reference"] + 1) / 2, (pair["estimate"] + 1) / 2
    assert waveform.psnr01(**pair, rate=1) == pytest.approx(-10 * log10(np.mean((x - y) ** 2)))


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.__name__)
def test_identity(metric) -> None:
    sound = both()["reference"]
    assert metric(reference=sound, estimate=sound, rate=8000) == (0 if metric.__name__ in ERRORS else inf)


@pytest.mark.parametrize("metric", [waveform.snr, waveform.si_sdr, waveform.si_snr], ids=lambda m: m.__name__)
def test_gain_of_both_changes_no_ratio(metric) -> None:
    pair = both()
    louder = {name: 7 * signal for name, signal in pair.items()}
    assert metric(**louder, rate=8000) == pytest.approx(metric(**pair, rate=8000))


@pytest.mark.parametrize("metric", [waveform.si_sdr, waveform.si_snr], ids=lambda m: m.__name__)
def test_gain_of_the_estimate_alone_does_not_count(metric) -> None:
    pair = both()
    quieter = {**pair, "estimate": 0.01 * pair["estimate"]}
    assert metric(**quieter, rate=8000) == pytest.approx(metric(**pair, rate=8000))


def test_an_offset_counts_for_si_sdr_only() -> None:
    pair = both()
    shifted = {**pair, "estimate": pair["estimate"] + 1}
    assert waveform.si_snr(**shifted, rate=1) == pytest.approx(waveform.si_snr(**pair, rate=1))
    assert waveform.si_sdr(**shifted, rate=1) < waveform.si_sdr(**pair, rate=1) - 10


@pytest.mark.parametrize("metric", [waveform.snr, waveform.si_sdr, waveform.si_snr], ids=lambda m: m.__name__)
def test_silent_reference_has_no_value(metric) -> None:
    with pytest.raises(UndefinedScore, match="reference is silent"):
        metric(reference=np.zeros(9), estimate=np.ones(9), rate=8000)


def test_silent_estimate() -> None:
    sound = both()["reference"]
    assert waveform.snr(reference=sound, estimate=0 * sound, rate=1) == 0
    with pytest.raises(UndefinedScore, match="estimate is silent"):
        waveform.si_sdr(reference=sound, estimate=0 * sound, rate=1)


def test_nothing_in_common() -> None:
    assert waveform.si_sdr(reference=[1.0, 0.0], estimate=[0.0, 1.0], rate=1) == -inf


def test_one_sample() -> None:
    assert waveform.snr(reference=[1.0], estimate=[0.9], rate=1) == pytest.approx(20)
    with pytest.raises(UndefinedScore, match="two samples"):
        waveform.derivative_mse(reference=[1.0], estimate=[0.9], rate=1)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.__name__)
def test_unusable_arrays(metric) -> None:
    with pytest.raises(InputError, match="equally long"):
        metric(reference=[1.0, 2.0], estimate=[1.0], rate=8000)


@given(st.integers(0, 2**32), st.integers(2, 300), st.floats(1e-6, 10))
def test_scale_invariant_equals_best_scale(seed: int, length: int, noise: float) -> None:
    """SI-SDR is the SNR of the reference, scaled to be nearest to the estimate."""
    pair = both(seed, length, noise)
    x, y = pair["reference"], pair["estimate"]
    scaled = x * (x @ y) / (x @ x)
    expected = waveform.snr(reference=scaled, estimate=y, rate=1)
    assert waveform.si_sdr(**pair, rate=1) == pytest.approx(expected, rel=1e-6, abs=1e-6)


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


@pytest.mark.parametrize(
    ("frames", "channels", "name"), [(0, 1, "sample_count"), (1, 0, "channels"), (1.0, 1, "sample_count")]
)
def test_pcm16_of_nothing_is_refused(frames: Any, channels: Any, name: str) -> None:
    with pytest.raises(InputError, match=name):
        pcm16_bytes(frames, channels)
