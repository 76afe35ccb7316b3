"""The suppressor at work: channels, rates, lengths, levels, pieces, and what lies above 8 kHz."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.suppressor import method, network, suppression
from ligeia.enhance.denoising.suppressor.above import gains_above
from ligeia.enhance.denoising.suppressor.band import WIDE, band_of
from ligeia.enhance.denoising.suppressor.features import BINS, spectra_of
from ligeia.enhance.denoising.suppressor.network import Gains, Network
from ligeia.enhance.denoising.suppressor.suppression import Suppression, linked
from ligeia.enhance.pieces import processed
from ligeia.errors import InputError
from ligeia.progress import Reporter

LEVEL = 0.1


def small(size=0.05):
    random = np.random.default_rng(3)
    arrays = {name: size * random.standard_normal(shape) for name, shape in network.shapes(8).items()}
    return Network.from_arrays(arrays, "a test")


def half():
    """A network whose gains are a half everywhere."""
    arrays = {name: np.zeros(shape) for name, shape in network.shapes(8).items()}
    arrays["leave.bias"][:BINS] = -network.OPEN
    return Network.from_arrays(arrays, "a test")


def noise(rate=16000, seconds=0.5, channels=1, seed=0):
    random = np.random.default_rng(seed)
    return (LEVEL * random.standard_normal((channels, round(rate * seconds)))).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("count", [1, 4001])
def test_rate_channels_and_length_stay(rate, count):
    samples = noise(rate, count / rate, 2)
    after = Suppression(small(), LEVEL)(samples, rate)
    assert after.shape == samples.shape
    assert after.dtype == np.float32
    assert np.isfinite(after).all()


@pytest.mark.parametrize("rate", [8000, 16000, 22050])
def test_a_gain_of_a_half_is_half_the_sound(rate):
    samples = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)[None]
    after = Suppression(half(), 0.7)(samples, rate)
    assert after[0, 500:-500] == pytest.approx(samples[0, 500:-500] / 2, abs=1e-3)


@pytest.mark.parametrize("rate", [8000, 11025])
def test_the_gain_holds_up_to_half_the_rate(rate):
    samples = np.sin(np.pi * 0.98 * np.arange(rate)).astype(np.float32)[None]  # a resampler's filter would lose it
    after = Suppression(half(), 0.7)(samples, rate)
    assert after[0, 500:-500] == pytest.approx(samples[0, 500:-500] / 2, abs=2e-3)


def test_the_result_grows_with_the_sound():
    samples = noise()
    soft = Suppression(small(), LEVEL)(samples, 16000)
    loud = Suppression(small(), LEVEL * 64)(samples * 64, 16000)
    assert loud / 64 == pytest.approx(soft, abs=1e-6)


def test_channels_keep_their_image():
    one = noise()
    stereo = np.concatenate([one, -0.25 * one])
    left, right = Suppression(small(), LEVEL)(stereo, 16000)
    assert right == pytest.approx(-0.25 * left, abs=1e-5)


def test_the_louder_channel_says_more():
    gains = [Gains(np.full((3, BINS), value, np.float32), np.zeros((3, 3, 120), np.complex64)) for value in (0.0, 1.0)]
    spectra = [np.full((3, BINS), size, np.complex64) for size in (1, 2)]
    assert linked(gains, spectra).real == pytest.approx(np.full((3, BINS), 0.8), abs=1e-4)


def high(rate=48000, seconds=4.0, speech=(1.0, 2.0)):
    """Spectra of steady hiss, in which sibilants sound from `speech[0]` to `speech[1]`, and the gains below for it."""
    samples = 0.1 * noise(rate, seconds)[0]
    first, last = (round(rate * second) for second in speech)
    samples[first:last] += 10 * samples[first:last][::-1]
    spectrum = spectra_of(samples, rate)
    real = np.full((len(spectrum), BINS), 0.02, np.float32)
    real[round(speech[0] * 100) : round(speech[1] * 100)] = 0.9
    return spectrum, real


def test_hiss_above_8_khz_goes_and_sibilants_stay():
    spectrum, real = high()
    gains = gains_above(spectrum, real)
    assert gains.shape == (len(spectrum), spectrum.shape[1] - BINS)
    assert gains[110:190].mean() > 0.9
    assert gains[250:350].mean() < 0.05


def test_without_noise_nothing_above_8_khz_is_lost():
    spectrum, real = high()
    assert gains_above(spectrum, np.ones_like(real)).min() > 0.99


def test_a_noise_that_is_known_is_taken_off_above_8_khz():
    spectrum, real = high()
    power = np.square(np.abs(spectrum[300:, BINS:])).mean(axis=0)
    gains = gains_above(spectrum, np.ones_like(real), power)
    assert gains[250:350].mean() < 0.2
    assert gains[110:190].mean() > 0.9


@pytest.mark.parametrize("rate", [22050, 48000])
def test_a_stretch_of_noise_is_heard_at_the_rate_of_the_sound(tiny, rate):
    audio = Audio(noise(rate, 1.0), rate)
    kept = [
        np.square(method.prepare(audio, DenoiseSettings(noise=each)).process(audio.samples)).sum()
        for each in (None, Audio(4 * audio.samples, rate))
    ]
    assert kept[1] < kept[0]


@pytest.mark.parametrize(("noise_rate", "count", "said"), [(8000, 100, "rate of 8000 Hz"), (16000, 0, "no samples")])
def test_a_noise_that_does_not_suit_is_refused(tiny, noise_rate, count, said):
    with pytest.raises(InputError, match=said):
        method.prepare(Audio(noise(), 16000), DenoiseSettings(noise=Audio(np.zeros((1, count)), noise_rate)))


@pytest.mark.parametrize(("rate", "bins"), [(8000, 118), (11025, 162), (16000, BINS), (44100, BINS)])
def test_the_band_of_a_recording_is_found(rate, bins):
    assert band_of(Audio(noise(rate, 2.0), rate), LEVEL).bins == pytest.approx(bins, abs=2)


def test_empty_bins_are_filled_with_noise_as_soft_as_below():
    audio = Audio(noise(8000, 2.0), 8000)
    band = band_of(audio, LEVEL)
    spectrum = np.zeros((700, BINS), np.complex64)
    filled = band.filled(spectrum, 3)
    assert not filled[:, : band.bins].any()
    assert np.sqrt(np.square(np.abs(filled[:, band.bins :])).mean()) == pytest.approx(band.fill, rel=0.05)
    assert 0.2 < band.fill < 1.3  # the quietest of white noise, whose RMS is 1.26
    assert np.array_equal(band.filled(spectrum[:50], 103), filled[100:150])
    assert WIDE.filled(spectrum) is spectrum


def test_silence_above_8_khz_is_no_error():
    spectrum, real = high()
    spectrum[:, BINS:] = 0
    assert np.isfinite(gains_above(spectrum, real)).all()


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(method, "shipped_network", small)


def whole(audio, **changes):
    prepared = method.prepare(audio, DenoiseSettings())
    for name, value in changes.items():
        object.__setattr__(prepared, name, value)
    pieces = processed(audio, prepared, report=Reporter(None))
    return np.concatenate([*pieces], axis=1)


def test_pieces_leave_no_seams(tiny):
    audio = Audio(noise(seconds=6), 16000)
    assert whole(audio, piece_seconds=1.37) == pytest.approx(whole(audio), abs=2e-5)


def test_it_reports_what_it_took(monkeypatch):
    monkeypatch.setattr(method, "shipped_network", half)
    audio = Audio(np.sin(np.arange(16000) / 4)[None], 16000)
    prepared = method.prepare(audio, DenoiseSettings())
    assert prepared.findings["snr_db"] is None
    prepared.process(audio.samples)
    assert prepared.findings["snr_db"] == pytest.approx(0, abs=0.1)
    assert prepared.findings["noise_db"] == pytest.approx(-9, abs=0.1)
    assert prepared.findings["level_db"] == pytest.approx(-3, abs=0.1)


@pytest.mark.parametrize(("rate", "said"), [(16000, "not at all"), (44100, "above 8 kHz alone")])
def test_it_says_how_far_a_given_noise_counts(tiny, rate, said):
    audio = Audio(noise(rate), rate)
    assert said in method.prepare(audio, DenoiseSettings(noise=audio)).findings["notes"][0]
    assert "notes" not in method.prepare(audio, DenoiseSettings()).findings


@pytest.mark.parametrize("samples", [np.zeros((1, 1)), np.zeros((2, 4000)), np.full((1, 1), 0.5), noise(seconds=0.1)])
def test_edges(tiny, samples):
    assert whole(Audio(samples, 16000)).shape == samples.shape


def test_the_level_is_that_of_what_is_heard():
    samples = np.zeros((1, 160000), np.float32)
    samples[:, 32000:64000] = noise(seconds=2)
    assert method.level_of(Audio(samples, 16000)) == pytest.approx(LEVEL, rel=0.05)
    assert method.level_of(Audio(np.zeros((1, 100)), 16000)) == 0
    assert method.level_of(Audio(np.zeros((1, 0)), 16000)) == 0


def test_weights_that_are_missing_are_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(suppression, "files", lambda package: tmp_path)
    suppression.shipped_network.cache_clear()
    with pytest.raises(InputError, match="cannot read the network"):
        suppression.shipped_network()
    (tmp_path / "speech.safetensors").write_bytes(b"no network")
    with pytest.raises(InputError, match="not a valid safetensors file"):
        suppression.shipped_network()
