"""From samples to coefficients."""

from itertools import product

import made_streams as made
import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.header import MAX_TRANSFORM_FRAMES, MAX_TRANSFORM_PARAMETERS
from ligeia.codec.transform import analysis
from ligeia.codec.transform.analysis import Analysis, analyse, choose_spec
from ligeia.codec.transform.quantiser import to_mid_side
from ligeia.codec.transform.scale_factors import PROFILES, BlockFormat, step_exponents
from ligeia.errors import InputError

STEP = 278
"""2^-6.6: about 0.01."""


def analysed(sound, profile: int = 0, on_share=None) -> Analysis:
    spec = choose_spec(sound.rate, sound.channels, sound.sample_count, frame_seconds=0.04)
    layout = BlockFormat(spec.frame_size, spec.frames, spec.channels, sound.rate, PROFILES[profile])
    return analyse(sound, spec, layout, STEP, on_share)


@pytest.mark.parametrize("rate", [1, 100, 8000, 44100, 192_000, 2**31 - 1])
def test_networks_that_a_decoder_takes(rate):
    for channels, samples in product((1, 2, 8, 256), (1, 7, 16001, 10**9)):
        spec = choose_spec(rate, channels, samples, frame_seconds=0.046)
        assert spec.parameters <= MAX_TRANSFORM_PARAMETERS
        assert spec.frames * spec.channels <= MAX_TRANSFORM_FRAMES
        assert spec.block_samples < samples + spec.frame_size
        if channels == 1 and 8000 <= rate <= 192_000 and samples > rate:
            assert spec.frame_size / rate == pytest.approx(0.046, rel=0.1)
            assert 0.7 <= spec.block_samples / rate <= 1.5


def test_blocks_are_analysed_the_same_in_batches_and_together(monkeypatch):
    sound = made.noise(3.3, 8000)
    together = analysed(sound)
    monkeypatch.setattr(analysis, "SAMPLES_AT_ONCE", 1)
    apart = analysed(sound)
    assert np.array_equal(apart.switching, together.switching)
    assert np.abs(apart.coefficients(slice(None)) - together.coefficients(slice(None))).max() < 1e-6
    assert len(together.switching) == 3


@pytest.mark.parametrize("profile", [0, 1])
def test_coefficients_that_are_not_kept_are_computed_again(profile, monkeypatch):
    sound = Audio(np.concatenate([made.noise(6.4, 8000).samples] * 2) * [[1], [0.8]], 8000)
    kept = analysed(sound, profile)
    monkeypatch.setattr(analysis, "KEPT_COEFFICIENTS", 1)
    again = analysed(sound, profile)
    assert again.kept is None
    for name in ("switching", "mid_side", "scale_factors", "finest_step", "energy"):
        assert np.array_equal(getattr(again, name), getattr(kept, name)), name
    assert again.mid_side.any()
    for blocks in (slice(0, 5), slice(0, 1), slice(2, 4), slice(4, 5)):
        assert np.abs(again.coefficients(blocks) - kept.coefficients(blocks)).max() < 1e-6


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_transform_keeps_the_energy(channels):
    sound = made.noise(1.5, 8000, channels)
    result = analysed(sound)
    coefficients = result.coefficients(slice(None))
    assert coefficients.shape == (2, result.spec.frames, channels, result.spec.frame_size)
    assert np.square(coefficients).sum() == pytest.approx(np.square(sound.samples).sum(), rel=1e-5)
    assert result.energy == pytest.approx(np.square(sound.samples, dtype=float).sum(), rel=1e-6)


def test_alike_channels_become_mid_and_side():
    samples = made.noise(0.5, 8000).samples
    result = analysed(Audio(np.concatenate([samples, samples * 0.9]), 8000))
    assert result.mid_side.all()
    coefficients = result.coefficients(slice(None))
    sizes = np.abs(coefficients).mean(axis=(0, 1, 3))
    assert sizes[1] < 0.1 * sizes[0]
    right = to_mid_side(coefficients, result.mid_side)[:, :, 1]
    assert np.abs(right).mean() == pytest.approx(0.9 / 1.9 * np.sqrt(2) * sizes[0], rel=0.01)
    assert not analysed(made.noise(0.5, 8000, 2)).mid_side.any()


@pytest.mark.parametrize("profile", [0, 1, 2])
def test_in_the_finest_steps_the_largest_coefficient_can_just_be_stored(profile):
    sound = made.noise(0.5, 8000, level=1e5)
    result = analysed(sound, profile)
    spec, scale_factors = result.spec, result.scale_factors.astype(int)
    layout = BlockFormat(spec.frame_size, spec.frames, 1, 8000, PROFILES[profile])
    exponents = step_exponents(layout, np.full(len(scale_factors), result.finest_step), scale_factors)
    largest = (np.abs(result.coefficients(slice(None))) / np.exp2(exponents / 16 - 24)[..., layout.band_of]).max()
    assert 2**19.9 < largest <= 2**20


def test_progress_is_told_within_a_batch():
    shares = []
    analysed(made.noise(60.0, 8000), on_share=shares.append)
    assert len(shares) > 1
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_samples_beyond_all_reason():
    with pytest.raises(InputError, match="scale the sound down"):
        analysed(made.noise(0.1, level=1e12))
