import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import Compare, Signal
from ligeia.metrics.multi_resolution import mr_stft, multi_stft_mse

Pair = tuple[Signal, Signal]
DISTANCES = [mr_stft, multi_stft_mse]


def noise(length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).uniform(-1, 1, length)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    length = draw(st.integers(1, 4000))
    gains = st.sampled_from([0.0, 1.0, 1e-5, 1e-100, 1e100, 1e-300])
    x, y = (noise(length, draw(st.integers(0, 9))) * draw(gains) for _ in range(2))
    return x, y


@pytest.mark.parametrize("distance", DISTANCES)
@given(pair=pairs())
@settings(max_examples=50)
def test_any_sounds_have_a_value_or_a_reason(distance: Compare, pair: Pair) -> None:
    try:
        value = distance(reference=pair[0], estimate=pair[1], rate=16000)
    except UndefinedScore:
        return
    assert 0 <= value < np.inf


@pytest.mark.parametrize("distance", DISTANCES)
def test_identical_sounds_are_at_no_distance(distance: Compare) -> None:
    assert distance(reference=noise(4000), estimate=noise(4000), rate=16000) == 0


@pytest.mark.parametrize("estimate", ["noise", "quieter", "silence", "partly silent"])
def test_equals_auraloss(estimate: str) -> None:
    auraloss = pytest.importorskip("auraloss")
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
    auraloss = pytest.importorskip("auraloss")
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


@pytest.mark.parametrize("distance", DISTANCES)
def test_unequal_lengths_are_refused(distance: Compare) -> None:
    with pytest.raises(InputError, match="equally long"):
        distance(reference=noise(4000), estimate=noise(3999), rate=8000)
