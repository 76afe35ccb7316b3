import made_streams as made
import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.header import MAX_TRANSFORM_FRAMES, MAX_TRANSFORM_PARAMETERS
from ligeia.codec.transform import analysis
from ligeia.codec.transform.analysis import analyse_for_coding, lapped_spec
from ligeia.codec.transform.quantiser import to_mid_side
from ligeia.errors import InputError


@pytest.mark.parametrize("rate", [1, 100, 8000, 44100, 192_000, 2**31 - 1])
@pytest.mark.parametrize("channels", [1, 2, 8, 256])
@pytest.mark.parametrize("frames", [1, 7, 16001, 10**9])
def test_networks_that_a_decoder_takes(rate, channels, frames):
    spec = lapped_spec(rate, channels, frames, frame_seconds=0.046)
    assert spec.parameters <= MAX_TRANSFORM_PARAMETERS
    assert spec.frames * spec.channels <= MAX_TRANSFORM_FRAMES
    assert spec.block_samples < frames + spec.frame_size
    if channels == 1 and 8000 <= rate <= 192_000 and frames > rate:
        assert spec.frame_size / rate == pytest.approx(0.046, rel=0.1)
        assert 0.7 <= spec.block_samples / rate <= 1.5


def test_groups_of_blocks_are_analysed_as_the_whole(monkeypatch):
    sound = made.noise(3.3, 8000)
    spec = lapped_spec(8000, 1, sound.frames, frame_seconds=0.04)
    whole = analyse_for_coding(sound, spec, step=0.01)
    monkeypatch.setattr(analysis, "AT_ONCE", 1)
    parts = analyse_for_coding(sound, spec, step=0.01)
    assert np.array_equal(parts.switching, whole.switching)
    assert np.abs(parts.coefficients - whole.coefficients).max() < 1e-6
    assert len(whole.coefficients) == 3


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_transform_keeps_the_energy(channels):
    sound = made.noise(1.5, 8000, channels)
    spec = lapped_spec(8000, channels, sound.frames, frame_seconds=0.04)
    found = analyse_for_coding(sound, spec, step=0.01)
    assert found.coefficients.shape == (2, spec.frames, channels, spec.frame_size)
    assert np.square(found.coefficients).sum() == pytest.approx(np.square(sound.samples).sum(), rel=1e-5)


def test_alike_channels_are_rotated():
    samples = made.noise(0.5, 8000).samples
    alike = Audio(np.concatenate([samples, samples * 0.9]), 8000)
    spec = lapped_spec(8000, 2, alike.frames, frame_seconds=0.04)
    found = analyse_for_coding(alike, spec, step=0.01)
    assert found.mid_side.all()
    sizes = np.abs(found.coefficients).mean(axis=(0, 1, 3))
    assert sizes[1] < 0.1 * sizes[0]
    assert np.abs(to_mid_side(found.coefficients, found.mid_side)[:, :, 1]).mean() == pytest.approx(
        0.9 / 1.9 * np.sqrt(2) * sizes[0], rel=0.01
    )
    assert not analyse_for_coding(made.noise(0.5, 8000, 2), spec, step=0.01).mid_side.any()


def test_samples_beyond_all_reason():
    sound = made.noise(0.1, level=1e12)
    with pytest.raises(InputError, match="scale the sound down"):
        analyse_for_coding(sound, lapped_spec(8000, 1, sound.frames, frame_seconds=0.04), step=0.01)
