import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import Compare, Signal
from ligeia.metrics.spectral import dft_mse, dft_negative, dft_positive, dft_wasserstein, phase_error

Pair = tuple[Signal, Signal]
DISTANCES = [dft_mse, dft_wasserstein, phase_error, dft_positive, dft_negative]


def noise(length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).uniform(-1, 1, length)


def cosine(cycles: float, length: int, phase: float = 0.0) -> Signal:
    return np.asarray(np.cos(2 * np.pi * cycles * np.arange(length) / length + phase))


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    length = draw(st.integers(1, 4000))
    gains = st.sampled_from([0.0, 1.0, 1e-5, 1e-100, 1e100, 1e-300])
    x, y = (noise(length, draw(st.integers(0, 9))) * draw(gains) for _ in range(2))
    return x, y


@pytest.mark.parametrize("distance", DISTANCES)
@given(pair=pairs())
def test_any_sounds_have_a_value_or_a_reason(distance: Compare, pair: Pair) -> None:
    try:
        value = distance(reference=pair[0], estimate=pair[1], rate=16000)
    except UndefinedScore:
        return
    assert 0 <= value < np.inf


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("length", [1, 2, 3, 1000, 1009])
def test_identical_sounds_are_at_no_distance(distance: Compare, length: int) -> None:
    sound = noise(length)
    assert distance(reference=sound, estimate=sound, rate=16000) == pytest.approx(0, abs=1e-30)


@pytest.mark.parametrize("distance", [dft_mse, dft_wasserstein, dft_positive, dft_negative])
@pytest.mark.parametrize("length", [1, 2, 1000, 1009])
def test_circular_shifts_do_not_change_magnitudes(distance: Compare, length: int) -> None:
    x, y = noise(length), noise(length, seed=1)
    expected = distance(reference=x, estimate=y, rate=16000)
    shifted = distance(reference=x, estimate=np.roll(y, length // 3), rate=16000)
    assert shifted == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("length", [1, 2, 3, 100, 101])
def test_mse_is_the_mean_over_the_full_transform(length: int) -> None:
    x, y = noise(length), noise(length, seed=1)
    full = np.abs(np.fft.fft(x)) - np.abs(np.fft.fft(y))
    expected = np.mean(full**2) / length
    assert dft_mse(reference=x, estimate=y, rate=16000) == pytest.approx(expected, rel=1e-9)


@given(pair=pairs())
def test_mse_is_at_most_that_of_the_waveforms(pair: Pair) -> None:
    x, y = pair
    assert dft_mse(reference=x, estimate=y, rate=16000) <= np.mean((x - y) ** 2) * (1 + 1e-9)


def test_mse_against_silence_is_the_mean_square() -> None:
    x = noise(1001)
    for pair in ((x, 0 * x), (0 * x, x)):
        assert dft_mse(reference=pair[0], estimate=pair[1], rate=16000) == pytest.approx(np.mean(x**2), rel=1e-9)
    assert dft_mse(reference=0 * x, estimate=0 * x, rate=16000) == 0


def test_mse_does_not_grow_with_length() -> None:
    short, long = (
        dft_mse(reference=cosine(n / 10, n), estimate=cosine(n / 10, n) / 2, rate=16000) for n in (100, 1000)
    )
    # A cosine has the power 1 / 2, of which a quarter is left over.
    assert short == pytest.approx(0.125, rel=1e-9)
    assert long == pytest.approx(0.125, rel=1e-9)


@pytest.mark.parametrize("length", [1, 2, 3, 500, 501])
def test_wasserstein_equals_scipy(length: int) -> None:
    from scipy import stats as scipy_stats

    x, y = noise(length), np.cumsum(noise(length, seed=1))
    hz = np.fft.rfftfreq(length, 1 / 16000)
    expected = scipy_stats.wasserstein_distance(hz, hz, np.abs(np.fft.rfft(x)), np.abs(np.fft.rfft(y)))
    assert dft_wasserstein(reference=x, estimate=y, rate=16000) == pytest.approx(expected, rel=1e-9)


def test_wasserstein_of_two_tones_is_their_interval() -> None:
    # A second of sound: cycles are Hz.
    x, y = cosine(440, 8000), 0.1 * cosine(660, 8000)
    assert dft_wasserstein(reference=x, estimate=y, rate=8000) == pytest.approx(220, rel=1e-6)


def test_phase_of_shifted_tones_by_hand() -> None:
    x = cosine(5, 100)
    for turned, expected in ((0.5, 0.25), (3.0, 9.0), (-3.0, 9.0), (4.0, (2 * np.pi - 4) ** 2), (np.pi, np.pi**2)):
        value = phase_error(reference=x, estimate=0.3 * cosine(5, 100, turned), rate=8000)
        assert value == pytest.approx(expected, rel=1e-9)


def test_phase_of_a_delay_follows_its_formula() -> None:
    # A delay by one sample turns bin k by 2 pi k / N; at odd N no bin is its own mirror image but 0.
    x = noise(101)
    expected = np.mean((2 * np.pi * np.arange(51) / 101) ** 2)
    assert phase_error(reference=x, estimate=np.roll(x, 1), rate=8000) == pytest.approx(expected, rel=1e-9)


def test_phases_with_nothing_in_common() -> None:
    value = phase_error(reference=noise(100_000), estimate=noise(100_000, seed=1), rate=8000)
    # Uniform on a circle: pi^2 / 3; over 50 000 bins its standard error is 0.4 %.
    assert value == pytest.approx(np.pi**2 / 3, rel=0.02)


def test_phase_is_compared_where_both_sound() -> None:
    # They share the tone of 5 cycles, a quarter turn apart; the others stand alone.
    x, y = cosine(5, 100) + cosine(9, 100), cosine(5, 100, np.pi / 2) + cosine(20, 100)
    assert phase_error(reference=x, estimate=y, rate=8000) == pytest.approx((np.pi / 2) ** 2, rel=1e-9)
    with pytest.raises(UndefinedScore, match="no frequency is present in both sounds"):
        phase_error(reference=cosine(9, 100), estimate=cosine(20, 100), rate=8000)


@pytest.mark.parametrize(("gain", "expected"), [(2e-8, 0.5), (5e-9, 0.0)])
def test_phase_below_the_threshold_does_not_count(gain: float, expected: float) -> None:
    # Two tones, one a radian apart; it counts where it is above 1e-8 of the other, in either sound.
    for one, other in ((gain, 1), (1, gain)):
        x, y = cosine(5, 100) + one * cosine(9, 100), cosine(5, 100) + other * cosine(9, 100, 1)
        assert phase_error(reference=x, estimate=y, rate=8000) == pytest.approx(expected, abs=1e-6)


def test_gain_does_not_change_phase_or_distribution() -> None:
    x, y = noise(1000), noise(1000, seed=1)
    for distance in (phase_error, dft_wasserstein):
        expected = distance(reference=x, estimate=y, rate=8000)
        assert distance(reference=x, estimate=0.01 * y, rate=8000) == pytest.approx(expected, rel=1e-9)


def test_silence_has_neither_phase_nor_distribution() -> None:
    x, silence = noise(100), np.zeros(100)
    for pair in ((silence, x), (silence, silence)):
        for distance in (phase_error, dft_wasserstein):
            with pytest.raises(UndefinedScore, match="the reference is silent"):
                distance(reference=pair[0], estimate=pair[1], rate=8000)
    with pytest.raises(UndefinedScore, match="the estimate is silent"):
        dft_wasserstein(reference=x, estimate=silence, rate=8000)
    with pytest.raises(UndefinedScore, match="no frequency is present in both sounds"):
        phase_error(reference=x, estimate=silence, rate=8000)


def test_one_sample() -> None:
    assert dft_mse(reference=[0.5], estimate=[-0.25], rate=8000) == 0.0625
    assert dft_wasserstein(reference=[0.5], estimate=[-0.25], rate=8000) == 0
    assert phase_error(reference=[0.5], estimate=[-0.25], rate=8000) == pytest.approx(np.pi**2, rel=1e-15)


@pytest.mark.parametrize("distance", DISTANCES)
def test_unequal_lengths_are_refused(distance: Compare) -> None:
    with pytest.raises(InputError, match="equally long"):
        distance(reference=noise(400), estimate=noise(399), rate=8000)


@pytest.mark.parametrize("length", [1, 2, 3, 100, 101])
def test_what_is_too_much_and_what_is_missing_over_the_full_transform(length: int) -> None:
    x, y = noise(length), noise(length, seed=1)
    full = (np.abs(np.fft.fft(y)) - np.abs(np.fft.fft(x))) / np.sqrt(length)
    much, missing = (distance(reference=x, estimate=y, rate=8000) for distance in (dft_positive, dft_negative))
    assert much == pytest.approx(np.mean(np.maximum(full, 0)), rel=1e-9)
    assert missing == pytest.approx(np.mean(np.maximum(-full, 0)), rel=1e-9)


def test_an_added_tone_is_too_much_and_a_removed_one_is_missing() -> None:
    # A cosine of amplitude a has the magnitude a sqrt(N) / 2 in two of N bins.
    one, both = cosine(5, 100), cosine(5, 100) + 0.3 * cosine(9, 100)
    for distance, pair in ((dft_positive, (one, both)), (dft_negative, (both, one))):
        assert distance(reference=pair[0], estimate=pair[1], rate=8000) == pytest.approx(0.3 / np.sqrt(100), rel=1e-9)
        assert distance(reference=pair[1], estimate=pair[0], rate=8000) == pytest.approx(0, abs=1e-12)
