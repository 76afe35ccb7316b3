"""SepFormer and MossFormer2 with stand-ins for their packages and checkpoints made up here.

What is tested is ours: weights are found, fit, or are refused; sounds keep their length; the same sound gives the same
samples. What the real weights do to a sound is not.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.enhance.plugins import mossformer2, mossformer2_sr, sepformer
from ligeia.errors import InputError, MissingPackage

SOUND = Audio(np.random.default_rng(0).normal(0, 0.1, (2, 12345)), 22050)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "weights"
    path.mkdir()
    return path


@pytest.fixture
def weights(stand_ins: None, folder: Path) -> Path:
    """A folder with checkpoints of random weights of all three, as they are published."""
    torch.manual_seed(0)
    for part, network in sepformer.built(sepformer.PUBLISHED).items():
        torch.save(network.state_dict(), folder / f"{part}.ckpt")
    state = {f"module.{name}": value for name, value in mossformer2.built().state_dict().items()}
    torch.save({"model": state, "step": 7}, folder / "best.pt")
    (folder / "last_best_checkpoint").write_text("best.pt\n")
    return folder


@pytest.mark.parametrize("method", ["sepformer", "mossformer2"])
def test_a_recording_goes_through_the_model(method: str, weights: Path) -> None:
    first = denoise(SOUND, method, model=weights, device="cpu")
    assert first.audio.samples.shape == SOUND.samples.shape
    assert first.audio.samples.any()
    assert first.report["model"] == str(weights)
    again = denoise(SOUND, method, model=weights, device="cpu")
    np.testing.assert_array_equal(first.audio.samples, again.audio.samples)
    for count in (1, 100):
        assert denoise(Audio(SOUND.samples[:, :count], 8000), method, model=weights).audio.sample_count == count


@pytest.mark.parametrize(("method", "file"), [("sepformer", "masknet.ckpt"), ("mossformer2", "best.pt")])
def test_weights_that_are_missing_or_do_not_fit_are_refused(method: str, file: str, weights: Path) -> None:
    content: Any = torch.load(weights / file, weights_only=True)
    state = content.get("model", content)
    state.pop(next(iter(state)))
    torch.save(content, weights / file)
    with pytest.raises(InputError, match="does not fit this network: of 2 tensors 1 are missing"):
        denoise(SOUND, method, model=weights)
    (weights / file).unlink()
    with pytest.raises(InputError, match=r"does not exist|not a file in that folder"):
        denoise(SOUND, method, model=weights)


@pytest.mark.parametrize("method", ["sepformer", "mossformer2"])
def test_without_weights_nothing_is_made(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (sepformer.VARIABLE, mossformer2.VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(InputError, match="none are downloaded"):
        denoise(SOUND, method)


def test_without_the_package_the_line_says_how_to_install_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ligeia.enhance.plugins import checkpoints

    monkeypatch.setattr(checkpoints.importlib.util, "find_spec", lambda name: None)
    torch.save({"a": torch.ones(1)}, folder / "best.pt")
    (folder / "last_best_checkpoint").write_text("best.pt")
    with pytest.raises(MissingPackage, match="pip install --no-deps clearvoice"):
        denoise(SOUND, "mossformer2", model=folder)


def test_the_bands_are_kaldis() -> None:
    # Worked out by hand: frames of a sine of an exact bin give a peak in the band whose triangle holds it.
    tone = torch.sin(2 * torch.pi * 3000 * torch.arange(48000) / 48000) * 1000
    bands = mossformer2.filter_bank(tone)
    assert bands.shape == (1 + (48000 - 1920) // 384, 60)
    centres = 700 * (np.exp(np.linspace(*_mel_range(), 62)[1:-1] / 1127) - 1)
    assert abs(centres[int(bands.mean(dim=0).argmax())] - 3000) < 150
    silence = mossformer2.filter_bank(torch.zeros(1920))
    np.testing.assert_allclose(silence.numpy(), np.log(np.finfo(np.float32).eps), rtol=1e-6)
    features = mossformer2.features(tone)
    assert features.shape[1] == 180
    ramp = torch.arange(20.0)[:, None]
    np.testing.assert_allclose(mossformer2._differences(ramp)[2:-2].numpy(), 1, rtol=1e-6)


def _mel_range() -> tuple[float, float]:
    return 1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 24000 / 700)


@pytest.fixture
def super_weights(stand_ins: None, folder: Path) -> Path:
    torch.manual_seed(0)
    first, second = mossformer2_sr.built()
    torch.save({"mossformer": first.state_dict()}, folder / "m.pt")
    torch.save({"generator": second.state_dict()}, folder / "g.pt")
    (folder / "last_best_checkpoint").write_text("m.pt\ng.pt\n")
    return folder


def test_super_resolution_keeps_the_lower_band_and_time(super_weights: Path) -> None:
    seconds = np.arange(16000) / 16000
    sound = Audio(0.3 * np.sin(2 * np.pi * 440 * seconds)[None], 16000)
    settings = ExtendSettings(rate=48000, method="mossformer2_sr", model=super_weights)
    wide = mossformer2_sr.prepare(sound, settings)
    samples = wide.read(0, wide.sample_count)
    assert samples.shape == (1, 48000)
    assert wide.findings["added_hz"] == [7600, 24000]
    spectrum = np.abs(np.fft.rfft(samples[0, 4800:43200] * np.hanning(38400))) / 38400 * 4
    bins = np.arange(len(spectrum)) * 48000 / 38400
    assert spectrum[352] == pytest.approx(0.3, rel=0.01)  # 440 Hz
    below = (bins < 5000) & (np.abs(bins - 440) > 50)
    assert spectrum[below].max() < 0.01 * spectrum[352]
    assert spectrum[bins > 8000].max() > 0
    np.testing.assert_array_equal(wide.read(100, 900), samples[:, 100:900])


def test_parts_of_a_long_sound_are_those_of_the_whole(super_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mossformer2_sr, "PIECE", 6000)
    monkeypatch.setattr(mossformer2_sr, "CONTEXT", 2000)
    sound = Audio(np.random.default_rng(0).normal(0, 0.1, (2, 6000)), 16000)
    settings = ExtendSettings(rate=48000, method="mossformer2_sr", model=super_weights)
    whole = mossformer2_sr.prepare(sound, settings).read(0, 18000)
    parts = mossformer2_sr.prepare(sound, settings)
    joined = np.concatenate([parts.read(start, start + 777) for start in range(0, 18000, 777)], axis=1)
    np.testing.assert_array_equal(joined, whole)


def test_super_resolution_is_at_48_khz_alone(super_weights: Path) -> None:
    with pytest.raises(InputError, match="48000 Hz, and 44100 Hz"):
        mossformer2_sr.prepare(SOUND, ExtendSettings(rate=44100, method="mossformer2_sr", model=super_weights))
    (super_weights / "last_best_checkpoint").write_text("m.pt\n")
    with pytest.raises(InputError, match="1 files of weights, 2 are needed"):
        mossformer2_sr.prepare(SOUND, ExtendSettings(rate=48000, method="mossformer2_sr", model=super_weights))
