"""Distances of short-time and mel spectra: their formulas, their ends, and properties that all of them have."""

import auraloss
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ligeia.dsp.mel import mel_filters
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import Compare, Signal
from ligeia.metrics.spectral import (
    HAMMING_WINDOWS,
    lsd_hypersound,
    lsd_sr,
    lsd_thesis,
    mel_distance,
    mr_stft,
    multi_stft_mse,
    multi_stft_negative,
    multi_stft_positive,
    multi_stft_wasserstein,
)

Pair = tuple[Signal, Signal]
LOG_SPECTRAL = [lsd_hypersound, lsd_thesis, lsd_sr]
MULTI_STFT = [multi_stft_mse, multi_stft_positive, multi_stft_negative, multi_stft_wasserstein]
DISTANCES = [*LOG_SPECTRAL, mr_stft, *MULTI_STFT, mel_distance]


def noise(length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).uniform(-1, 1, length)


@st.composite
def sounds(draw: st.DrawFn, length: int) -> Signal:
    kind = draw(st.sampled_from(["noise", "silence", "impulse", "constant"]))
    sound = np.zeros(length) if kind != "constant" else np.ones(length)
    if kind == "noise":
        sound = noise(length, draw(st.integers(0, 9)))
    if kind == "impulse":
        sound[draw(st.integers(0, length - 1))] = 1
    return sound * 10.0 ** draw(st.sampled_from([0, -5, 3, -100, 100, -300]))


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    length = draw(st.integers(1, 4000))
    return draw(sounds(length)), draw(sounds(length))


# --- all of them -------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", DISTANCES)
@given(pair=pairs(), rate=st.sampled_from([100, 8000, 22050, 48000]))
@settings(max_examples=50)
def test_any_sounds_have_a_value_or_a_reason(distance: Compare, pair: Pair, rate: int) -> None:
    try:
        value = distance(reference=pair[0], estimate=pair[1], rate=rate)
    except UndefinedScore:
        return
    assert 0 <= value < np.inf


@pytest.mark.parametrize("distance", DISTANCES)
def test_identical_sounds_are_at_no_distance(distance: Compare) -> None:
    sound = noise(4000)
    # HyperSound's floors of 1e-12 add that much to a ratio of one.
    least = 1e-11 if distance is lsd_hypersound else 0
    assert distance(reference=sound, estimate=sound, rate=22050) == pytest.approx(0, abs=least)


@pytest.mark.parametrize("distance", DISTANCES)
def test_unequal_lengths_are_refused(distance: Compare) -> None:
    with pytest.raises(InputError, match="equally long"):
        distance(reference=noise(4000), estimate=noise(3999), rate=8000)


# --- log-spectral distances --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distance", "expected"), [(lsd_hypersound, 2.0), (lsd_thesis, np.log(100) ** 2), (lsd_sr, 2.0)]
)
def test_a_tenth_of_the_amplitude_is_the_same_everywhere(distance: Compare, expected: float) -> None:
    # Power ratio 100 in every bin of every frame.
    sound = noise(8000)
    assert distance(reference=sound, estimate=sound / 10, rate=22050) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("distance", LOG_SPECTRAL)
def test_gain_of_both_does_not_count(distance: Compare) -> None:
    x, y = noise(4000), noise(4000, seed=1)
    expected = distance(reference=x, estimate=y, rate=16000)
    assert distance(reference=3 * x, estimate=3 * y, rate=16000) == pytest.approx(expected, rel=1e-9)


def torch_magnitudes(signal: Signal, size: int, hop: int, pad_mode: str) -> torch.Tensor:
    window = torch.hann_window(size, dtype=torch.float64)
    tensor = torch.from_numpy(signal)
    return torch.stft(tensor, size, hop, window=window, pad_mode=pad_mode, return_complex=True).abs().T


@pytest.mark.parametrize(("rate", "size", "hop"), [(22050, 1024, 220), (16000, 743, 160), (44100, 2048, 441)])
def test_hypersound_follows_its_formula(rate: int, size: int, hop: int) -> None:
    x, y = noise(5000), noise(5000, seed=1) * np.linspace(0, 1, 5000)
    t, p = (torch_magnitudes(signal, size, hop, "constant") for signal in (x, y))
    logs = torch.log10(t.pow(2) / (p + 1e-12).pow(2) + 1e-12).pow(2)
    expected = logs.mean(dim=1).sqrt().mean().item()
    assert lsd_hypersound(reference=x, estimate=y, rate=rate) == pytest.approx(expected, rel=1e-9)


def test_hypersound_counts_twelve_for_each_silent_frame_of_the_reference() -> None:
    # One hop a frame, so that 22050 samples at 22050 Hz have 101 frames; the last hundredth is sound.
    sound = np.zeros(22050)
    sound[-1] = 1
    # Frames of 1024 every 220 reach the last sample from frame 98 on (97 * 220 + 512 < 22049 < 98 * 220 + 512).
    expected = 12 * 98 / 101
    assert lsd_hypersound(reference=sound, estimate=sound, rate=22050) == pytest.approx(expected, rel=1e-9)


def test_hypersound_is_not_symmetric() -> None:
    x, silence = noise(4000), np.zeros(4000)
    # log10 of T^2 / 1e-24, with T near 20
    assert 24 < lsd_hypersound(reference=x, estimate=silence, rate=22050) < 28
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        lsd_hypersound(reference=silence, estimate=x, rate=22050)


def test_hypersound_needs_a_hundred_samples_a_second() -> None:
    with pytest.raises(InputError, match="99 Hz"):
        lsd_hypersound(reference=noise(50), estimate=noise(50), rate=99)
    assert lsd_hypersound(reference=noise(50), estimate=noise(50, seed=1), rate=100) > 0


def test_super_resolution_follows_its_formula() -> None:
    x, y = noise(9000), noise(9000, seed=1) * np.linspace(0, 1e-4, 9000)
    t, p = (torch_magnitudes(signal, 2048, 512, "reflect").square().clamp(1e-8).log10() for signal in (x, y))
    expected = (t - p).square().mean(dim=1).sqrt().mean().item()
    assert lsd_sr(reference=x, estimate=y, rate=48000) == pytest.approx(expected, rel=1e-9)


def test_super_resolution_counts_silence_as_its_floor() -> None:
    silence = np.zeros(4096)
    assert lsd_sr(reference=silence, estimate=silence, rate=8000) == 0
    assert lsd_sr(reference=silence, estimate=np.full(4096, 1e-9), rate=8000) == 0
    x = noise(4096)
    one, other = (lsd_sr(reference=a, estimate=b, rate=8000) for a, b in ((x, silence), (silence, x)))
    # Uniform noise has a power near 768 / 3 in each bin (Hann: 3 / 8 of 2048), 10.4 powers of ten above 1e-8.
    assert one == other == pytest.approx(10.2, abs=0.2)


def test_super_resolution_needs_enough_to_mirror() -> None:
    with pytest.raises(UndefinedScore, match="too short: 1024 samples, frames of 2048 need 1025"):
        lsd_sr(reference=noise(1024), estimate=noise(1024), rate=8000)
    assert lsd_sr(reference=noise(1025), estimate=noise(1025, seed=1), rate=8000) > 0


def test_thesis_follows_its_formula() -> None:
    x, y = noise(5000), noise(5000, seed=1)
    t, p = (torch_magnitudes(signal, 1024, 256, "constant").square().mean(dim=0) for signal in (x, y))
    expected = (t / p).log().square().mean().item()
    assert lsd_thesis(reference=x, estimate=y, rate=16000) == pytest.approx(expected, rel=1e-9)


def test_thesis_does_not_see_when_something_sounds() -> None:
    early, late = np.zeros(16384), np.zeros(16384)
    early[2048:4096] = late[10240:12288] = noise(2048)
    assert lsd_thesis(reference=early, estimate=late, rate=16000) == pytest.approx(0, abs=1e-20)


def test_thesis_floor_is_120_db_below_the_reference() -> None:
    # An impulse has a flat spectrum, so that every bin falls from 0 to -120 dB.
    impulse = np.zeros(4096)
    impulse[2000] = 1
    expected = np.log(1e12) ** 2
    assert lsd_thesis(reference=impulse, estimate=np.zeros(4096), rate=16000) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        lsd_thesis(reference=np.zeros(4096), estimate=impulse, rate=16000)


@pytest.mark.parametrize("distance", [lsd_hypersound, lsd_thesis])
def test_one_sample(distance: Compare) -> None:
    assert distance(reference=[0.5], estimate=[0.5], rate=8000) == pytest.approx(0, abs=1e-9)
    assert distance(reference=[0.5], estimate=[0.05], rate=8000) > 1
    with pytest.raises(UndefinedScore):
        distance(reference=[0.0], estimate=[0.0], rate=8000)


# --- several resolutions -----------------------------------------------------------------------------


@pytest.mark.parametrize("estimate", ["noise", "quieter", "silence", "partly silent"])
def test_equals_auraloss(estimate: str) -> None:
    x = noise(9000) * np.linspace(0, 1, 9000)
    y = {
        "noise": noise(9000, seed=1),
        "quieter": 0.9 * x + 0.01 * noise(9000, seed=1),
        "silence": np.zeros(9000),
        "partly silent": np.where(np.arange(9000) < 4000, 0, x),
    }[estimate]
    theirs = auraloss.freq.MultiResolutionSTFTLoss()
    for resolution in theirs.stft_losses:
        resolution.window = torch.hann_window(resolution.win_length, dtype=torch.float64)
    tensors = (torch.from_numpy(signal)[None, None] for signal in (y, x))
    assert mr_stft(reference=x, estimate=y, rate=24000) == pytest.approx(theirs(*tensors).item(), rel=1e-9)


def test_equals_auraloss_as_it_comes() -> None:
    x, y = noise(9000), noise(9000, seed=1)
    tensors = (torch.from_numpy(signal).float()[None, None] for signal in (y, x))
    theirs = auraloss.freq.MultiResolutionSTFTLoss()(*tensors).item()
    # It works in float32.
    assert mr_stft(reference=x, estimate=y, rate=24000) == pytest.approx(theirs, rel=1e-4)


def test_half_the_amplitude_by_hand() -> None:
    # Convergence 1 / 2 and ln 2 in every resolution, where nothing is near the floor.
    expected = 0.5 + np.log(2)
    assert mr_stft(reference=noise(4000), estimate=noise(4000) / 2, rate=24000) == pytest.approx(expected, rel=1e-5)


def test_silence_and_short_sounds_have_no_ratio() -> None:
    for silent in (np.zeros(4000), np.full(4000, 1e-8)):
        with pytest.raises(UndefinedScore, match="the reference is silent"):
            mr_stft(reference=silent, estimate=noise(4000), rate=24000)
    with pytest.raises(UndefinedScore, match="too short: 1024 samples"):
        mr_stft(reference=noise(1024), estimate=noise(1024), rate=24000)
    assert mr_stft(reference=noise(1025), estimate=np.zeros(1025), rate=24000) > 1


def test_mse_equals_torch() -> None:
    x, y = noise(7000), noise(7000, seed=1)
    expected = 0.0
    for size in (400, 800, 1600, 3200):
        window = torch.hamming_window(size, dtype=torch.float64)
        t, p = (
            torch.stft(torch.from_numpy(s), size, size // 4, window=window, pad_mode="constant", return_complex=True)
            for s in (x, y)
        )
        expected += (t.abs() - p.abs()).square().mean().item() / 4
    assert multi_stft_mse(reference=x, estimate=y, rate=16000) == pytest.approx(expected, rel=1e-9)


def stft_of(signal: Signal, size: int) -> Signal:
    """Magnitudes as torch computes them."""
    window = torch.hamming_window(size, dtype=torch.float64)
    made = torch.stft(
        torch.from_numpy(signal), size, size // 4, window=window, pad_mode="constant", return_complex=True
    )
    return np.asarray(made.abs().numpy().T)


def test_what_is_too_much_and_what_is_missing_equal_torch() -> None:
    x, y = noise(5000), noise(5000, seed=1)
    differences = [stft_of(y, size) - stft_of(x, size) for size in HAMMING_WINDOWS]
    much = np.mean([np.maximum(difference, 0).mean() for difference in differences])
    missing = np.mean([np.maximum(-difference, 0).mean() for difference in differences])
    assert multi_stft_positive(reference=x, estimate=y, rate=16000) == pytest.approx(much, rel=1e-9)
    assert multi_stft_negative(reference=x, estimate=y, rate=16000) == pytest.approx(missing, rel=1e-9)
    assert multi_stft_positive(reference=y, estimate=x, rate=16000) == pytest.approx(missing, rel=1e-9)


def test_frame_by_frame_wasserstein_equals_scipy() -> None:
    from scipy.stats import wasserstein_distance

    x, y = noise(5000), np.cumsum(noise(5000, seed=1))
    means = []
    for size in HAMMING_WINDOWS:
        hz = np.fft.rfftfreq(size, 1 / 16000)
        frames = zip(stft_of(x, size), stft_of(y, size), strict=True)
        means.append(np.mean([wasserstein_distance(hz, hz, t, p) for t, p in frames]))
    assert multi_stft_wasserstein(reference=x, estimate=y, rate=16000) == pytest.approx(np.mean(means), rel=1e-9)


def test_silent_frames_have_no_distribution_of_magnitudes() -> None:
    x, y = noise(20000), noise(20000, seed=1)
    x[10000:] = 0
    with_silence = multi_stft_wasserstein(reference=x, estimate=y, rate=16000)
    y[14000:] = 0
    assert multi_stft_wasserstein(reference=x, estimate=y, rate=16000) == pytest.approx(with_silence, rel=1e-9)
    x[:], y[:] = 0, 0
    x[0], y[-1] = 1, 1
    with pytest.raises(UndefinedScore, match="nowhere heard together"):
        multi_stft_wasserstein(reference=x, estimate=y, rate=16000)
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        multi_stft_wasserstein(reference=0 * x, estimate=y, rate=16000)


def test_mse_grows_with_the_square_of_the_gain() -> None:
    x, y = noise(4000), noise(4000, seed=1)
    one = multi_stft_mse(reference=x, estimate=y, rate=16000)
    assert multi_stft_mse(reference=3 * x, estimate=3 * y, rate=16000) == pytest.approx(9 * one, rel=1e-9)
    assert multi_stft_mse(reference=y, estimate=x, rate=16000) == one


def test_mse_of_one_sample_by_hand() -> None:
    # A single frame of each size with the sample in its middle, at the window's height 1: |0.5 - 0.25|^2 in every bin.
    # The frames half a window before and after do not exist: padding is half a window, so one frame fits, no more.
    assert multi_stft_mse(reference=[0.5], estimate=[0.25], rate=16000) == pytest.approx(0.0625, rel=1e-9)
    assert multi_stft_mse(reference=[0.0], estimate=[0.0], rate=16000) == 0


# --- mel bands ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("gain_db", [-10, 6])
def test_mel_gain_of_one_is_its_decibels(gain_db: float) -> None:
    x = noise(22050)
    value = mel_distance(reference=x, estimate=x * 10 ** (gain_db / 20), rate=22050)
    assert value == pytest.approx(abs(gain_db), rel=1e-9)


def test_mel_gain_of_both_does_not_count() -> None:
    x, y = noise(4000), noise(4000, seed=1)
    expected = mel_distance(reference=x, estimate=y, rate=16000)
    assert mel_distance(reference=1e-3 * x, estimate=1e-3 * y, rate=16000) == pytest.approx(expected, rel=1e-9)


def test_mel_of_a_silent_estimate_is_eighty_decibels_below_the_loudest_band() -> None:
    # One sample in the middle of one window has the power 1/4 in every bin: bands differ only by how they meet bins.
    power = mel_filters(44100, 2048, 80).sum(axis=1)
    expected = 80 + 10 * np.mean(np.log10(power / power.max()))
    assert mel_distance(reference=[0.5], estimate=[0.0], rate=44100) == pytest.approx(expected, rel=1e-9)


def test_mel_of_a_silent_reference_has_no_loudest_band() -> None:
    for estimate in (noise(4000), np.zeros(4000)):
        with pytest.raises(UndefinedScore, match="the reference is silent"):
            mel_distance(reference=np.zeros(4000), estimate=estimate, rate=22050)


def test_mel_ignores_what_is_far_below_the_reference_does_not_count() -> None:
    # A tone in the first half only; the estimate adds noise 120 dB below it.
    x = np.where(np.arange(22050) < 11025, np.sin(np.arange(22050)), 0)
    assert mel_distance(reference=x, estimate=x + 1e-6 * noise(22050), rate=22050) < 0.1


def test_mel_of_one_sample() -> None:
    assert mel_distance(reference=[0.5], estimate=[0.5], rate=44100) == 0
    assert mel_distance(reference=[0.5], estimate=[0.05], rate=44100) == pytest.approx(20, rel=1e-9)
