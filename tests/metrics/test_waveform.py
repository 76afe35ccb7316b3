"""Waveform metrics: hand-computed cases, invariants, and what has no value."""

from math import inf, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics import waveform

ALL = [
    waveform.mse,
    waveform.mae,
    waveform.derivative_mse,
    waveform.snr,
    waveform.si_sdr,
    waveform.si_snr,
    waveform.psnr,
    waveform.psnr01,
]
ERRORS = {"mse", "mae", "derivative_mse"}


def both(seed: int = 0, length: int = 1000, noise: float = 0.1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    reference = random.standard_normal(length)
    return {"reference": reference, "estimate": reference + noise * random.standard_normal(length)}


def test_hand_computed() -> None:
    pair = {"reference": [1.0, -1.0, 0.5, 0.0], "estimate": [0.5, -1.0, 0.5, 0.5], "rate": 8000}
    assert waveform.mse(**pair) == 0.5 / 4
    assert waveform.mae(**pair) == 1 / 4
    assert waveform.derivative_mse(**pair) == pytest.approx((0.5**2 + 0 + 0.5**2) / 3)
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
@pytest.mark.parametrize(
    ("reference", "estimate", "match"),
    [
        ([1.0, 2.0], [1.0], "equally long"),
        ([], [], "not empty"),
        ([np.nan], [1.0], "NaN"),
        ([1.0], [np.inf], "NaN"),
        ([[1.0]], [[1.0]], "one channel"),
    ],
)
def test_unusable_arrays(metric, reference, estimate, match: str) -> None:
    with pytest.raises(InputError, match=match):
        metric(reference=reference, estimate=estimate, rate=8000)


@given(st.integers(0, 2**32), st.integers(2, 300), st.floats(1e-6, 10))
def test_scale_invariant_equals_best_scale(seed: int, length: int, noise: float) -> None:
    """SI-SDR is the SNR of the reference, scaled to be nearest to the estimate."""
    pair = both(seed, length, noise)
    x, y = pair["reference"], pair["estimate"]
    scaled = x * (x @ y) / (x @ x)
    expected = waveform.snr(reference=scaled, estimate=y, rate=1)
    assert waveform.si_sdr(**pair, rate=1) == pytest.approx(expected, rel=1e-6, abs=1e-6)
