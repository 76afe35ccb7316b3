"""`denoise`: what holds for every method that needs nothing but numpy."""

import numpy as np
import pytest

import ligeia
from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import METHODS, Denoising, denoise
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.enhanced import Enhanced
from ligeia.errors import Cancelled, InputError
from ligeia.progress import Progress

EASY = ["ligeia", "suppressor", "gate", "gate-nonstationary", "logmmse", "shrinkage"]


def _noisy(rate: int, count: int, channels: int = 1) -> Audio:
    random = np.random.default_rng(0)
    tone = 0.3 * np.sin(np.arange(count) * 2 * np.pi * 440 / rate)
    return Audio((tone + random.normal(0, 0.03, (channels, count))).astype(np.float32), rate)


@pytest.mark.parametrize("method", EASY)
@pytest.mark.parametrize(
    ("rate", "count", "channels"), [(8000, 1, 1), (16000, 1600, 2), (44100, 30000, 1), (96000, 9600, 3)]
)
def test_rate_channels_and_length_stay(method: str, rate: int, count: int, channels: int) -> None:
    sound = _noisy(rate, count, channels)
    result = denoise(sound, method)
    assert isinstance(result, Enhanced)
    assert result.audio.samples.shape == sound.samples.shape
    assert result.audio.rate == rate
    assert result.report["method"] == method


@pytest.mark.parametrize("method", EASY)
def test_silence_stays_silent(method: str) -> None:
    assert not denoise(Audio(np.zeros((1, 5000)), 16000), method).audio.samples.any()


class Recorded:
    """A minute of noise that remembers how much of it was asked for at a time."""

    rate, channels, sample_count = 20000, 1, 20000 * 60 + 77

    def __init__(self) -> None:
        self.samples = np.random.default_rng(0).normal(0, 0.1, (1, self.sample_count)).astype(np.float32)
        self.most = 0

    def read(self, start: int, stop: int) -> np.ndarray:
        part = self.samples[:, start:stop]
        self.most = max(self.most, part.shape[1])
        return part


@pytest.mark.parametrize("method", EASY)
def test_no_sample_is_lost_and_a_long_sound_is_read_in_parts(method: str) -> None:
    sound = Recorded()
    running = Denoising(sound, DenoiseSettings(method=method))
    assert sum(piece.shape[1] for piece in running.pieces()) == sound.sample_count
    # A piece of 20 s with at most 10 s on both sides, a gate's profile of 600 000 samples, or blocks of 2^20.
    assert sound.most <= 1 << 20
    assert running.report()["seconds"] == sound.sample_count / sound.rate


SOFT = Audio((1e-42 * np.random.default_rng(0).standard_normal((1, 8000))).astype(np.float32), 8000)


@pytest.mark.parametrize("method", ["ligeia", "gate", "logmmse"])
def test_numbers_that_float32_hardly_holds_stay_finite(method: str) -> None:
    assert np.abs(denoise(SOFT, method=method).audio.samples).max() < 1e-30


def test_absurd_rates_are_refused() -> None:
    with pytest.raises(InputError, match="2147483647 Hz cannot be denoised: 10000000 Hz is the most"):
        denoise(Audio(np.zeros((1, 100), np.float32), 2**31 - 1))


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
@pytest.mark.parametrize("method", [name for name in EASY if "noise" in METHODS[name].uses])
def test_a_stretch_of_the_noise_can_be_given_at_any_rate(method: str, rate: int) -> None:
    sound = _noisy(rate, rate * 3, 2)
    noise = Audio(np.random.default_rng(1).normal(0, 0.03, (2, rate // 2)), rate)
    result = denoise(sound, method, noise=noise)
    assert result.audio.samples.shape == sound.samples.shape
    with pytest.raises(InputError, match="Hz"):
        denoise(sound, method, noise=Audio(noise.samples, rate + 1))


@pytest.mark.parametrize("method", EASY)
def test_gain_is_linear(method: str) -> None:
    sound = _noisy(16000, 24000)
    loud, quiet = (denoise(Audio(gain * sound.samples, 16000), method).audio.samples for gain in (1.0, 2.0**-10))
    # Below a step of a level's histogram, and the rounding of float32, nothing may depend on the level.
    np.testing.assert_allclose(quiet * 2.0**10, loud, rtol=0, atol=0.02)


def test_the_report_says_what_was_taken() -> None:
    sound = _noisy(16000, 40000)
    result = denoise(sound, "logmmse", strength=0.5)
    taken = float(np.sqrt(np.mean((sound.samples - result.audio.samples) ** 2)))
    assert result.report["taken_db"] == pytest.approx(20 * np.log10(taken), abs=0.01)
    assert result.report["strength"] == 0.5
    assert "seed" not in result.report  # nothing in this method is drawn
    assert denoise(sound, "logmmse", strength=0).report["taken_db"] is None


def test_looking_at_a_recording_can_be_cancelled() -> None:
    def watch(progress: Progress) -> None:
        assert progress.stage == "analysis"
        raise Cancelled

    with pytest.raises(Cancelled):
        denoise(_noisy(1000, 1000 * 90), "logmmse", on_progress=watch)


def test_progress_is_told_and_can_cancel() -> None:
    shares: list[float] = []

    def watch(progress: Progress) -> None:
        shares.append(progress.done)
        if progress.done > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        denoise(_noisy(1000, 1000 * 90), "gate-nonstationary", on_progress=watch)
    assert shares == sorted(shares)


def test_pieces_and_report_are_those_of_the_whole() -> None:
    sound = _noisy(8000, 8000 * 45)
    running = Denoising(sound, DenoiseSettings(method="gate"))
    pieces = list(running.pieces())
    assert len(pieces) > 2
    whole = denoise(sound, "gate")
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole.audio.samples)
    assert running.report() == whole.report


def test_settings_are_checked() -> None:
    sound = _noisy(8000, 800)
    with pytest.raises(InputError, match="not a valid method to denoise"):
        denoise(sound, "magic")
    with pytest.raises(InputError, match="strength"):
        denoise(sound, "gate", strength=2)
    with pytest.raises(InputError, match="no use for steps"):
        denoise(sound, "gate", steps=5)
    with pytest.raises(InputError, match="seed"):
        denoise(sound, "gate", seed=-1)


def test_it_is_a_public_name() -> None:
    assert ligeia.denoise is denoise
    assert all(method.summary for method in METHODS.values())
