import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.dsp import stft
from ligeia.dsp.stft import hamming, hann, magnitude_blocks, magnitude_pairs, magnitudes
from ligeia.errors import UndefinedScore
from ligeia.metrics.metric import Signal


def noise(length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).uniform(-1, 1, length)


@pytest.mark.parametrize("length", [2, 5, 743, 1024])
def test_windows_are_those_of_torch(length: int) -> None:
    for ours, theirs in ((hann, torch.hann_window), (hamming, torch.hamming_window)):
        expected = theirs(length, periodic=True, dtype=torch.float64).numpy()
        np.testing.assert_allclose(ours(length), expected, atol=1e-15)


# 743 is HyperSound's size at 16 kHz: odd, and prime.
@pytest.mark.parametrize(
    ("size", "hop", "window"), [(1024, 256, 1024), (1024, 120, 600), (743, 160, 743), (64, 100, 9)]
)
@pytest.mark.parametrize(("pad_mode", "center"), [("zero", True), ("reflect", True), ("zero", False)])
def test_equals_torch(size: int, hop: int, window: int, pad_mode: stft.Padding, center: bool) -> None:
    signal = noise(3001)
    ours = magnitudes(signal, size=size, hop=hop, window=hann(window), center=center, pad_mode=pad_mode)
    theirs = torch.stft(
        torch.from_numpy(signal),
        size,
        hop,
        window,
        torch.hann_window(window, dtype=torch.float64),
        center=center,
        pad_mode="constant" if pad_mode == "zero" else "reflect",
        return_complex=True,
    )
    np.testing.assert_allclose(ours, theirs.abs().numpy().T, atol=1e-11)


def test_equals_scipy() -> None:
    from scipy import signal as scipy_signal

    signal = noise(2000)
    transform = scipy_signal.ShortTimeFFT(hann(256), hop=64, fs=1.0)
    # Frames of scipy's class are centred on multiples of the hop, as ours are; it has more of them at both ends.
    theirs = np.abs(transform.stft(signal, p0=0, p1=2000 // 64 + 1)).T
    np.testing.assert_allclose(magnitudes(signal, size=256, hop=64), theirs, atol=1e-12)


def test_tone_of_four_samples_by_hand() -> None:
    # cos(pi n / 2) is bin 1 of 4: half the sum of the window there, nothing elsewhere.
    spectra = magnitudes(np.array([1.0, 0, -1, 0]), size=4, hop=4, window=np.ones(4), center=False)
    np.testing.assert_allclose(spectra, [[0, 2, 0]], atol=1e-15)


def test_blocks_are_cut_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = noise(5000)
    whole = magnitudes(signal, size=128, hop=32)
    monkeypatch.setattr(stft, "BLOCK_SAMPLES", 128 * 10)
    blocks = list(magnitude_blocks(signal, size=128, hop=32))
    assert {len(block) for block in blocks[:-1]} == {10}
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    np.testing.assert_array_equal(magnitudes(signal, size=128, hop=32), whole)


def test_a_frame_larger_than_a_block_is_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stft, "BLOCK_SAMPLES", 1)
    assert [block.shape for block in magnitude_blocks(noise(64), size=64, hop=32)] == [(1, 33)] * 3


def test_pairs_are_the_blocks_of_both() -> None:
    x, y = noise(500), noise(500, seed=1)
    ((t, p),) = magnitude_pairs(x, y, size=64, hop=16, window=hamming(64), pad_mode="reflect")
    np.testing.assert_array_equal(t, magnitudes(x, size=64, hop=16, window=hamming(64), pad_mode="reflect"))
    np.testing.assert_array_equal(p, magnitudes(y, size=64, hop=16, window=hamming(64), pad_mode="reflect"))


def test_too_short_is_said_at_once() -> None:
    with pytest.raises(UndefinedScore, match="too short: 7 samples, frames of 8 need 8"):
        magnitude_blocks(noise(7), size=8, hop=2, center=False)
    with pytest.raises(UndefinedScore, match="too short: 4 samples, frames of 8 need 5"):
        magnitude_pairs(noise(4), noise(4), size=8, hop=2, pad_mode="reflect")
    assert magnitudes(noise(8), size=8, hop=2, center=False).shape == (1, 5)
    assert magnitudes(noise(5), size=8, hop=2, pad_mode="reflect").shape == (3, 5)


@given(st.integers(1, 300), st.integers(1, 80), st.integers(1, 80))
def test_zeros_make_any_sound_long_enough(length: int, size: int, hop: int) -> None:
    spectra = magnitudes(noise(length), size=size, hop=hop)
    assert spectra.dtype == np.float64
    assert spectra.shape == (1 + (length + 2 * (size // 2) - size) // hop, size // 2 + 1)
    assert np.isfinite(spectra).all()
