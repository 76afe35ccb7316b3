from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.enhance.extension.envelope import NARROW, WIDE
from ligeia.enhance.extension.highband import Sum, level_of, overlap_added, prepare, smoothed, whitened
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.errors import InputError
from tests.enhance.extension.made_networks import all_arrays, lisa_arrays, noise


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_file(all_arrays(), path)
    return path


def extended(audio: Audio, rate: int, model: Path, **settings: object) -> Audio:
    sound = prepare(audio, ExtendSettings(rate=rate, model=model, **settings))
    return Audio(sound.read(0, sound.sample_count), rate)


def power_between(audio: Audio, low: float, high: float) -> float:
    spectrum = np.square(np.abs(np.fft.rfft(audio.samples[0] * np.hanning(audio.sample_count))))
    hertz = np.fft.rfftfreq(audio.sample_count, 1 / audio.rate)
    return float(spectrum[(hertz >= low) & (hertz < high)].mean())


def test_the_known_band_is_kept_and_a_band_is_added(model: Path) -> None:
    audio = noise(8000, 2.0)
    wide = extended(audio, 16000, model)
    plain = resample(audio, 16000)
    added = Audio(wide.samples - plain.samples, 16000)
    assert power_between(added, 0, 3500) < 1e-6 * power_between(plain, 0, 3500)
    assert power_between(added, 4100, 7800) > 1e-4 * power_between(plain, 0, 3000)
    assert power_between(plain, 4200, 7800) < 1e-9 * power_between(added, 4200, 7800)


@pytest.mark.parametrize(
    ("before", "after", "networks"),
    [(8000, 16000, 1), (8000, 48000, 2), (16000, 44100, 1), (11025, 22050, 2), (44100, 48000, 1), (48000, 96000, 0)],
)
def test_bands_are_added_one_above_the_other(model: Path, before: int, after: int, networks: int) -> None:
    audio = noise(before, 0.5, channels=2)
    sound = prepare(audio, ExtendSettings(rate=after, model=model))
    assert len(sound.sounds) == 1 + networks
    samples = sound.read(0, sound.sample_count)
    assert samples.shape == (2, sound.sample_count)
    assert np.isfinite(samples).all()
    added = sound.findings["added_hz"]
    assert (added is None) == (networks == 0)
    assert added is None or added == [pytest.approx(0.461 * before, abs=0.1), min(after / 2, 24000)]


@pytest.mark.parametrize("layout", [NARROW, WIDE], ids=lambda layout: layout.name)
def test_above_what_was_learned_the_last_level_stays(model: Path, layout, tmp_path: Path) -> None:
    arrays = all_arrays()
    arrays[f"{layout.name}.leave.bias"][layout.learned :] = 9.0  # enormous levels in bands without recordings
    path = tmp_path / "odd.safetensors"
    save_file(arrays, path)
    audio = noise(layout.rate // 2 if layout is NARROW else 16000, 0.5)
    odd, plain = (extended(audio, layout.rate, file).samples for file in (path, model))
    np.testing.assert_array_equal(odd, plain)
    assert layout.learned < len(layout.outputs) - 1


def test_parts_are_those_of_the_whole(model: Path) -> None:
    audio = noise(8000, 3.0)
    sound = prepare(audio, ExtendSettings(rate=48000, model=model))
    whole = sound.read(0, sound.sample_count)
    for start, stop in ((0, 100), (33_333, 77_777), (sound.sample_count - 10, sound.sample_count + 5)):
        np.testing.assert_allclose(sound.read(start, stop), whole[:, start:stop], rtol=0, atol=1e-5)


def test_gain_goes_through(model: Path) -> None:
    audio = noise(8000, 1.0)
    soft = Audio(audio.samples / 100, 8000)
    np.testing.assert_allclose(
        extended(soft, 16000, model).samples * 100, extended(audio, 16000, model).samples, rtol=0, atol=1e-4
    )


def test_strength_and_seed(model: Path) -> None:
    audio = noise(8000, 0.5)
    none, half, full = (extended(audio, 16000, model, strength=strength).samples for strength in (0.0, 0.5, 1.0))
    np.testing.assert_array_equal(none, resample(audio, 16000).samples)
    np.testing.assert_allclose(half, (none + full) / 2, rtol=0, atol=1e-6)
    assert np.abs(extended(audio, 16000, model, seed=1).samples - full).max() > 1e-4


@pytest.mark.parametrize("samples", [0, 1, 30])
def test_short_sounds_and_silence(model: Path, samples: int) -> None:
    silence = extended(Audio(np.zeros((1, samples)), 8000), 16000, model)
    assert silence.sample_count == 2 * samples
    assert not silence.samples.any()
    assert extended(Audio(np.ones((2, samples)), 8000), 16000, model).samples.shape == (2, 2 * samples)


def test_rates_below_what_was_learned_are_refused(model: Path) -> None:
    with pytest.raises(InputError, match="method inr"):
        prepare(noise(4000), ExtendSettings(rate=16000, model=model))


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lisa.safetensors"
    save_file(lisa_arrays(), path)
    with pytest.raises(InputError, match="another kind"):
        prepare(noise(8000), ExtendSettings(rate=16000, model=path))


@pytest.mark.parametrize("layout", [NARROW, WIDE], ids=lambda layout: layout.name)
def test_transforms_come_back(layout) -> None:
    samples = noise(layout.rate, 0.2).samples[0]
    back = overlap_added(layout.spectra(samples), layout)
    inside = slice(layout.size, len(back) - layout.size)
    np.testing.assert_allclose(back[inside], samples[: len(back)][inside], rtol=0, atol=1e-6)


def test_whitening_leaves_a_mean_power_of_one() -> None:
    spectra = NARROW.spectra(noise(16000, 1.0, top=1.0).samples[0] * np.linspace(0.01, 1, 16000, dtype=np.float32))
    assert np.square(np.abs(whitened(spectra))).mean() == pytest.approx(1, abs=0.05)
    assert smoothed(spectra).shape == spectra.shape


def test_sums_and_levels() -> None:
    audio = noise(8000, 0.1)
    both = Sum((audio, audio))
    np.testing.assert_array_equal(both.read(10, 20), 2 * audio.samples[:, 10:20])
    assert (both.rate, both.channels, both.sample_count) == (8000, 1, 800)
    assert level_of(audio) == pytest.approx(np.sqrt(np.mean(np.square(audio.samples))), rel=1e-5)
