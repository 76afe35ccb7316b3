"""LLR and WSS: linear prediction of a known process, the formulas done slowly, identity, silence, extremes."""

from math import log

import numpy as np
import pytest

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.frames import window
from ligeia.metrics.metric import Compare
from ligeia.metrics.speech_distances import CENTRES, SMALLEST_FILTER, WIDTHS, autocorrelation, llr, predictors, wss

BOTH = [llr, wss]


def second_order(a1: float, a2: float, length: int, seed: int = 0) -> np.ndarray:
    """x[n] = -a1 x[n - 1] - a2 x[n - 2] + e[n] with white e, after a second of settling at 16 kHz."""
    noise = np.random.default_rng(seed).standard_normal(length + 16000)
    x = np.zeros(len(noise))
    for n in range(2, len(x)):
        x[n] = noise[n] - a1 * x[n - 1] - a2 * x[n - 2]
    return x[16000:]


@pytest.fixture(scope="module")
def resonance() -> np.ndarray:
    return second_order(-1.2, 0.8, 16000)


def noisy(sound: np.ndarray, level: float = 0.1, seed: int = 1) -> np.ndarray:
    return np.asarray(sound + level * sound.std() * np.random.default_rng(seed).standard_normal(len(sound)))


def test_predictor_of_exact_correlations() -> None:
    # Yule-Walker for x[n] = 1.2 x[n-1] - 0.8 x[n-2] + e: r1 = 1.2 / 1.8, then r[k] = 1.2 r[k-1] - 0.8 r[k-2].
    r = [1, 1.2 / 1.8]
    for _ in range(3):
        r.append(1.2 * r[-1] - 0.8 * r[-2])
    assert predictors(np.array([r]))[0] == pytest.approx([1, -1.2, 0.8, 0, 0], abs=1e-12)


def test_predictor_of_a_process(resonance: np.ndarray) -> None:
    # Standard error of the coefficients: sqrt((1 - 0.8^2) / 16000) = 0.005.
    found = predictors(autocorrelation(resonance[None], 2))[0]
    assert found == pytest.approx([1, -1.2, 0.8], abs=0.02)


def test_recursion_solves_the_normal_equations(resonance: np.ndarray) -> None:
    frames = resonance[:4800].reshape(10, 480) * window(480)
    r = autocorrelation(frames, 16)
    lags = np.abs(np.subtract.outer(range(16), range(16)))
    for row, found in zip(r, predictors(r), strict=True):
        assert found[1:] == pytest.approx(np.linalg.solve(row[lags], -row[1:]), abs=1e-9)


def test_predictors_that_have_no_solution() -> None:
    assert predictors(np.zeros((1, 3))).tolist() == [[1, 0, 0]]
    constant = predictors(np.ones((1, 4)))  # predicted without error by one step; nothing is left for the others
    assert constant.tolist() == [[1, -1, 0, 0]]


def test_llr_by_hand() -> None:
    # Per frame, order 10: ln of the ratio of the quadratic forms.
    x, y = second_order(-1.2, 0.8, 300), second_order(0.5, 0.2, 300, seed=2)  # one frame of 240 samples at 8 kHz
    rx, ry = (autocorrelation((signal[:240] * window(240))[None], 10)[0] for signal in (x, y))
    lags = np.abs(np.subtract.outer(range(11), range(11)))
    ax, ay = (np.append(1, np.linalg.solve(r[lags[:10, :10]], -r[1:])) for r in (rx, ry))
    expected = log(ay @ rx[lags] @ ay) - log(ax @ rx[lags] @ ax)
    assert llr(reference=x, estimate=y, rate=8000) == pytest.approx(expected, rel=1e-9)


def test_llr_of_long_processes() -> None:
    # By theory ln of the error of the wrong predictor over 1. For white y it is the variance of x:
    # r0 = (1 + a2) / ((1 - a2) ((1 + a2)^2 - a1^2)) = 1.8 / (0.2 (3.24 - 1.44)) = 5. Estimating 16 coefficients
    # from about 240 effective samples raises it, dropping the highest 5 % lowers it.
    x = second_order(-1.2, 0.8, 64000)
    white = np.random.default_rng(5).standard_normal(64000)
    assert llr(reference=x, estimate=white, rate=16000) == pytest.approx(log(5), rel=0.1)


def slow_band_levels(frame: np.ndarray, rate: int, size: int) -> list[float]:
    power = np.abs(np.fft.fft(frame, size)) ** 2
    levels = []
    for centre, width in zip(CENTRES, WIDTHS, strict=True):
        f, b = centre / (rate / 2) * (size // 2), width / (rate / 2) * (size // 2)
        total = 0.0
        for j in range(size // 2):
            weight = np.exp(-11 * ((j - np.floor(f)) / b) ** 2 + np.log(WIDTHS[0]) - np.log(width))
            total += power[j] * weight if weight > np.exp(-30 / (2 * 2.303)) else 0
        levels.append(10 * np.log10(max(total, 1e-10)))
    return levels


def slow_peak(levels: list[float], band: int) -> float:
    slopes = np.diff(levels)
    if slopes[band] > 0:
        while band < len(slopes) and slopes[band] > 0:
            band += 1
        return levels[band - 1]
    while band >= 0 and slopes[band] <= 0:
        band -= 1
    return levels[band + 1]


def slow_wss(x: np.ndarray, y: np.ndarray, rate: int, size: int) -> float:
    levels = [slow_band_levels(frame, rate, size) for frame in (x, y)]
    total = weights = 0.0
    for band in range(24):
        weight = 0.0
        for level in levels:
            highest, peak = max(level) - level[band], slow_peak(level, band) - level[band]
            weight += 0.5 * 20 / (20 + highest) * 1 / (1 + peak)
        slopes = [level[band + 1] - level[band] for level in levels]
        total += weight * (slopes[0] - slopes[1]) ** 2
        weights += weight
    return total / weights


@pytest.mark.parametrize(("rate", "length", "size"), [(8000, 240, 512), (16000, 480, 1024)])
def test_wss_done_slowly(resonance: np.ndarray, rate: int, length: int, size: int) -> None:
    x = resonance[: length + length // 4]
    y = noisy(x, 0.5)
    expected = slow_wss(x[:length] * window(length), y[:length] * window(length), rate, size)
    assert wss(reference=x, estimate=y, rate=rate) == pytest.approx(expected, rel=1e-9)


def test_wss_does_not_see_level(resonance: np.ndarray) -> None:
    assert wss(reference=resonance, estimate=resonance / 2, rate=16000) == pytest.approx(0, abs=1e-18)


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
@pytest.mark.parametrize("rate", [8000, 16000])
def test_identity(metric: Compare, rate: int, resonance: np.ndarray) -> None:
    assert metric(reference=resonance, estimate=resonance, rate=rate) == 0


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_more_noise_is_worse(metric: Compare, resonance: np.ndarray) -> None:
    values = [metric(reference=resonance, estimate=noisy(resonance, 10**-n), rate=16000) for n in (2, 1.5, 1, 0.5, 0)]
    assert values == sorted(values)
    assert values[0] > 0


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_silence(metric: Compare, resonance: np.ndarray) -> None:
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        metric(reference=np.zeros(16000), estimate=resonance, rate=16000)
    assert metric(reference=resonance, estimate=np.zeros(16000), rate=16000) > 0


def test_silent_frames_do_not_count_in_llr(resonance: np.ndarray) -> None:
    pause = np.concatenate([resonance[:480], np.zeros(2000)])
    whole = llr(reference=pause, estimate=np.append(noisy(pause[:480]), noisy(np.ones(2000))), rate=16000)
    assert np.isfinite(whole)
    with pytest.raises(UndefinedScore, match="the reference is silent"):  # but for the end, which no frame holds
        llr(reference=np.append(np.zeros(639), 1.0), estimate=resonance[:640], rate=16000)


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_unusable(metric: Compare, resonance: np.ndarray) -> None:
    with pytest.raises(UndefinedScore, match="too short"):
        metric(reference=[1.0], estimate=[1.0], rate=16000)
    with pytest.raises(InputError, match="8000 or 16000 Hz only, got 44100"):
        metric(reference=resonance, estimate=resonance, rate=44100)


@pytest.mark.parametrize("kind", ["constant", "click", "tone", "ramp", "tiny"])
def test_odd_sounds_have_values(kind: str, resonance: np.ndarray) -> None:
    n = np.arange(16000)
    sounds = {"constant": n * 0 + 1.0, "click": (n == 5000) * 1.0, "tone": np.sin(0.3 * n), "ramp": n / 16000 - 0.5}
    sound = sounds.get(kind, 1e-200 * resonance)
    for metric in BOTH:
        for x, y in ((sound, resonance), (resonance, sound)):
            assert 0 <= metric(reference=x, estimate=y, rate=16000) < 1e6


def test_huge_values(resonance: np.ndarray) -> None:
    huge = 1e300 * resonance
    assert llr(reference=huge, estimate=resonance, rate=16000) == pytest.approx(0, abs=1e-12)
    with pytest.raises(UndefinedScore, match="WSS is not a finite number"):
        wss(reference=huge, estimate=resonance, rate=16000)


def test_tables_are_those_of_the_paper() -> None:
    assert len(CENTRES) == len(WIDTHS) == 25
    assert pytest.approx(0.0015, abs=2e-5) == SMALLEST_FILTER  # exp(-6.513)
