"""Mid and side."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.channels import MidSide, channel_powers, prefers_mid_side, rotate


def test_rotation_keeps_energy_and_is_its_own_inverse() -> None:
    samples = np.random.default_rng(0).normal(size=(2, 50)).astype(np.float32)
    assert np.allclose(rotate(rotate(samples)), samples, atol=1e-6)
    assert np.sum(rotate(samples) ** 2) == pytest.approx(np.sum(samples**2), rel=1e-5)


def test_what_both_channels_share_prefers_mid_and_side() -> None:
    rng = np.random.default_rng(0)
    shared, left, right = rng.normal(size=(3, 1000))
    cases = {True: [shared + 0.1 * left, shared + 0.1 * right], False: [left, right]}
    for expected, channels in cases.items():
        sound = Audio(np.stack(channels), 8000)
        assert prefers_mid_side(sound, channel_powers(sound)) is expected
    mono = Audio(shared[None], 8000)
    assert not prefers_mid_side(mono, channel_powers(mono))


def test_it_reads_like_any_sound() -> None:
    sound = Audio(np.array([[1.0, 2, 3], [1, 0, 3]]), 8000)
    mixed = MidSide(sound)
    assert (mixed.rate, mixed.channels, mixed.sample_count) == (8000, 2, 3)
    assert np.allclose(mixed.read(1, 9), np.array([[2, 6], [2, 0]]) / np.sqrt(2))
