"""The measures of Hu and Loizou: frames, segmental SNR, LLR, WSS, and the composite ratings of speech."""

from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from ligeia.audio.reading import read_audio
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics import composite, pesq
from ligeia.metrics.composite import (
    CENTRES,
    SMALLEST_FILTER,
    WIDTHS,
    autocorrelation,
    cbak,
    cbak_unclipped,
    covl,
    covl_unclipped,
    csig,
    csig_unclipped,
    frame_length,
    frame_pairs,
    llr,
    mean_of_lowest,
    per_frame,
    predictors,
    segmental_snr,
    window,
    wss,
)
from ligeia.metrics.metric import Compare

BOTH = [llr, wss]
UNCLIPPED = [csig_unclipped, cbak_unclipped, covl_unclipped]
CLIPPED = [csig, cbak, covl]
NOISE = np.random.default_rng(0).standard_normal(4000)
SOUND = np.random.default_rng(0).standard_normal(16000)
PAIR: dict[str, Any] = {"reference": SOUND, "estimate": SOUND, "rate": 16000}


@pytest.mark.parametrize(("rate", "length"), [(8000, 240), (16000, 480), (22050, 662), (44100, 1323), (134, 4)])
def test_thirty_milliseconds(rate: int, length: int) -> None:
    assert frame_length(rate) == length  # 22050: 661.5 is rounded up


def test_rate_too_low() -> None:
    with pytest.raises(InputError, match="134 Hz or more, got 133"):
        frame_length(133)


def test_window_by_hand() -> None:
    assert window(3) == pytest.approx([0.5, 1, 0.5])  # 0.5 (1 - cos(pi n / 2)), n = 1, 2, 3


@pytest.mark.parametrize(("samples", "count"), [(300, 1), (359, 1), (360, 2), (8000, 129)])
def test_last_frame_is_dropped(samples: int, count: int) -> None:
    # floor((samples - 240) / 60) at 8 kHz, where one frame more would fit
    pairs = list(frame_pairs(np.ones(samples), np.ones(samples), 8000))
    assert sum(len(x) for x, _ in pairs) == count


def test_frames_hold_what_they_should() -> None:
    ramp = np.arange(400.0)
    ((x, y),) = frame_pairs(ramp, -ramp, 8000)
    assert x.shape == (2, 240)
    assert x[1] == pytest.approx(ramp[60:300] * window(240))
    assert (y == -x).all()


def test_too_short() -> None:
    with pytest.raises(UndefinedScore, match=r"too short: 0\.0374 s, 37\.5 ms are needed"):
        list(frame_pairs(np.ones(299), np.ones(299), 8000))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 8000))
    at_once = per_frame(lambda x, y: np.sum(x * y, axis=1), x, y, 8000)
    monkeypatch.setattr(composite, "BLOCK_FRAMES", 50)
    assert (per_frame(lambda x, y: np.sum(x * y, axis=1), x, y, 8000) == at_once).all()


@pytest.mark.parametrize(("count", "kept"), [(1, 1), (9, 9), (10, 10), (20, 19), (30, 29), (40, 38)])
def test_mean_of_lowest(count: int, kept: int) -> None:
    # 95 % of 10 is 9.5 and of 30 is 28.5: half up
    values = np.arange(count, 0, -1.0)
    assert mean_of_lowest(values) == pytest.approx((1 + kept) / 2)


def value(estimate: ArrayLike, reference: ArrayLike = NOISE, rate: int = 8000) -> float:
    return segmental_snr(reference=reference, estimate=estimate, rate=rate)


def test_segmental_identity() -> None:
    assert value(NOISE) == 35


@pytest.mark.parametrize(("gain", "decibels"), [(0.9, 20.0), (1.1, 20.0), (0.0, 0.0), (3.0, -20 * np.log10(2))])
def test_error_of_constant_gain(gain: float, decibels: float) -> None:
    # The error is (1 - gain) x, in every frame: -20 log10 |1 - gain|.
    assert value(gain * NOISE) == pytest.approx(decibels, abs=1e-9)


@pytest.mark.parametrize(("gain", "limit"), [(1.001, 35.0), (11.0, -10.0)])
def test_frames_are_clipped(gain: float, limit: float) -> None:
    assert value(gain * NOISE) == limit


def test_mean_is_over_frames() -> None:
    # At 8 kHz 600 samples make 6 frames from 0, 60, ..., 300. With the second half wrong by 10 %, frames 0 and 1 lie
    # before it (35 dB), frames 5 behind (20 dB); those between have more than 20 dB.
    estimate = np.where(np.arange(600) < 300, 1.0, 0.9) * NOISE[:600]
    mixed = value(estimate, NOISE[:600])
    weights = 0.5 * (1 - np.cos(2 * np.pi * np.arange(1, 241) / 241))
    squares = [np.square(NOISE[start : start + 240] * weights) for start in range(0, 360, 60)]
    noises = [
        np.sum(square[max(300 - start, 0) :]) / 100 for start, square in zip(range(0, 360, 60), squares, strict=True)
    ]
    ratios = [
        35.0 if not noise else min(10 * np.log10(square.sum() / noise), 35)
        for square, noise in zip(squares, noises, strict=True)
    ]
    assert ratios[0] == ratios[1] == 35
    assert ratios[5] == pytest.approx(20)
    assert mixed == pytest.approx(np.mean(ratios))


def test_silent_frames() -> None:
    pause = np.concatenate([NOISE[:2000], np.zeros(2000)])
    assert value(pause, pause) == 35
    noisy = pause + np.where(np.arange(4000) < 2000, 0, 0.1)
    assert value(noisy, pause) < 35
    assert value(noisy[1800:], pause[1800:]) > -10


def test_nothing_to_measure() -> None:
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        value(NOISE, np.zeros(4000))
    with pytest.raises(UndefinedScore, match="too short"):
        value([1.0], [1.0])
    with pytest.raises(InputError, match="134 Hz"):
        value(NOISE, rate=100)


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_scale_does_not_count(scale: float) -> None:
    assert value(0.9 * scale * NOISE, scale * NOISE) == pytest.approx(20)


def test_any_rate() -> None:
    assert value(0.9 * NOISE, rate=44100) == pytest.approx(20)


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
    assert predictors(autocorrelation(resonance[None], 2))[0] == pytest.approx([1, -1.2, 0.8], abs=0.02)


def test_recursion_solves_the_normal_equations(resonance: np.ndarray) -> None:
    frames = resonance[:4800].reshape(10, 480) * window(480)
    r = autocorrelation(frames, 16)
    lags = np.abs(np.subtract.outer(range(16), range(16)))
    for row, taps in zip(r, predictors(r), strict=True):
        assert taps[1:] == pytest.approx(np.linalg.solve(row[lags], -row[1:]), abs=1e-9)


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
def test_identity_of_llr_and_wss(metric: Compare, rate: int, resonance: np.ndarray) -> None:
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
    value = llr(reference=pause, estimate=np.append(noisy(pause[:480]), noisy(np.ones(2000))), rate=16000)
    assert np.isfinite(value)
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


# --- composite ratings -------------------------------------------------------------------------------


def with_parts(monkeypatch: pytest.MonkeyPatch, *values: float) -> None:
    """Put made-up PESQ, LLR, WSS and segmental SNR in the place of measured ones."""
    names = ("pesq", "llr", "wss", "segmental_snr")
    parts = {name: lambda value=value, **_: value for name, value in zip(names, values, strict=True)}
    monkeypatch.setattr(composite, "PARTS", parts)


def test_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    with_parts(monkeypatch, 2.0, 0.5, 30.0, 4.0)
    assert csig_unclipped(**PAIR) == pytest.approx(3.093 - 0.5145 + 1.206 - 0.27)
    assert cbak_unclipped(**PAIR) == pytest.approx(1.634 + 0.956 - 0.21 + 0.252)
    assert covl_unclipped(**PAIR) == pytest.approx(1.594 + 1.61 - 0.256 - 0.21)
    for clipped, unclipped in zip(CLIPPED, UNCLIPPED, strict=True):
        assert clipped(**PAIR) == unclipped(**PAIR)


def test_opinions_are_from_one_to_five(monkeypatch: pytest.MonkeyPatch) -> None:
    with_parts(monkeypatch, 1.0, 4.0, 300.0, -10.0)
    assert [metric(**PAIR) for metric in CLIPPED] == [1, 1, 1]
    with_parts(monkeypatch, 4.6, 0.0, 0.0, 35.0)
    assert [metric(**PAIR) for metric in CLIPPED] == [5, 5, 5]


def test_identity_of_composites() -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    highest = 0.999 + 4 / (1 + np.exp(3.8224 - 1.3669 * 4.5))  # P.862.2, for a raw score of 4.5
    assert csig_unclipped(**PAIR) == pytest.approx(3.093 + 0.603 * highest, abs=1e-6)
    assert cbak_unclipped(**PAIR) == pytest.approx(1.634 + 0.478 * highest + 0.063 * 35, abs=1e-6)
    assert covl_unclipped(**PAIR) == pytest.approx(1.594 + 0.805 * highest, abs=1e-6)
    assert [metric(**PAIR) for metric in CLIPPED] == [5, 5, 5]


def test_one_pesq_for_six_values(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    calls = []

    def measure(*arguments: object) -> float:
        calls.append(arguments)
        return 3.0

    monkeypatch.setattr(pesq, "measure_apart", measure)
    pair = {**PAIR, "estimate": 0.123 * SOUND}  # a pair that no other test asks for
    for metric in UNCLIPPED + CLIPPED:
        assert metric(**pair) > 1
    assert len(calls) == 1


@pytest.mark.parametrize("metric", UNCLIPPED + CLIPPED, ids=lambda metric: metric.__name__)
def test_composites_without_a_value(metric: Compare) -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    with pytest.raises(UndefinedScore, match="the estimate is silent"):
        metric(reference=SOUND, estimate=np.zeros(16000), rate=16000)
    with pytest.raises(UndefinedScore, match="shorter than a quarter"):
        metric(reference=[1.0], estimate=[1.0], rate=16000)
    with pytest.raises(InputError, match="16000 Hz only, got 8000"):
        metric(reference=SOUND, estimate=SOUND, rate=8000)


@pytest.mark.slow
def test_denoising_helps(data_folder: Path) -> None:
    # Noisy speech of VoiceBank-DEMAND beside what CMGAN makes of it, which is better by all three in every clip.
    # Over all 824 clips noisy speech has CSIG 3.35, CBAK 2.44 and COVL 2.63; these 5 are a little less noisy.
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    scores: dict[str, list[list[float]]] = {"noisy": [], "cmgan": []}
    for path in sorted((data_folder / "noisy_speech").glob("*_clean.flac"))[::3]:
        clean = read_audio(path)
        for kind, rows in scores.items():
            other = read_audio(path.with_name(path.name.replace("clean", kind)))
            rows.append([m(reference=clean.samples[0], estimate=other.samples[0], rate=16000) for m in CLIPPED])
    noisy, denoised = (np.array(rows) for rows in scores.values())
    assert (denoised >= noisy).all()
    assert noisy.mean(axis=0) == pytest.approx([3.35, 2.44, 2.63], abs=0.5)
