import numpy as np
import pytest

import ligeia
from ligeia.audio.resample import resample, resampled_count
from ligeia.audio.signal import Audio
from ligeia.enhance.extension.extend import METHODS, Extending, extend
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.errors import Cancelled, InputError
from ligeia.progress import Progress

METHODS = {name: method for name, method in METHODS.items() if "plugins" not in method.module}
"""Those that need nothing of the user's: the others have tests of their own."""


def sound(rate: int, seconds: float = 1.3, channels: int = 1, seed: int = 0) -> Audio:
    """Noise below 0.8 of half the rate, and silence in its middle."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 0.1, (channels, count)))
    spectrum[:, int(0.8 * spectrum.shape[1]) :] = 0
    samples = np.fft.irfft(spectrum, count)
    samples[:, count // 3 : count // 2] = 0
    return Audio(samples, rate)


def test_the_function_of_a_sound_is_band_limited_and_says_so() -> None:
    audio = sound(8000, channels=2)
    wide = ligeia.extend(audio, 16000, method="inr")
    assert wide.report["added_hz"] is None
    assert wide.report["known_hz"] == 4000
    assert "band-limited" in wide.report["notes"][0]
    np.testing.assert_allclose(wide.audio.samples[:, ::2], audio.samples, rtol=0, atol=1e-6)
    expected = resample(audio, 16000).samples
    inside = slice(2000, -2000)
    error = np.square(wide.audio.samples - expected)[:, inside].sum() / np.square(expected)[:, inside].sum()
    assert 10 * np.log10(error) < -50


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("before", "after"), [(8000, 16000), (8000, 11025), (16000, 48000), (44100, 48000)])
def test_length_rate_and_channels(method: str, before: int, after: int) -> None:
    audio = sound(before, 0.31, channels=2)
    wide = extend(audio, after, method).audio
    assert (wide.rate, wide.channels) == (after, 2)
    assert wide.sample_count == resampled_count(audio.sample_count, before, after)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("samples", [0, 1, 2, 100])
def test_short_and_silent_sounds(method: str, samples: int) -> None:
    assert not extend(Audio(np.zeros((1, samples)), 16000), 48000, method).audio.samples.any()
    click = extend(Audio(np.ones((1, samples)), 8000), 16000, method).audio
    assert click.sample_count == 2 * samples


@pytest.mark.parametrize("method", METHODS)
def test_parts_are_those_of_the_whole(method: str) -> None:
    from importlib import import_module

    audio = sound(8000, 6.0)
    extended = import_module(METHODS[method].module).prepare(audio, ExtendSettings(rate=16000, method=method))
    whole = extended.read(0, extended.sample_count)
    assert whole.shape == (1, 96000)
    for start, stop in ((0, 5), (31_111, 60_007), (95_990, 96_000), (95_990, 200_000), (7, 7)):
        np.testing.assert_allclose(extended.read(start, stop), whole[:, start:stop], rtol=0, atol=2e-6)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_call_gives_the_same_samples(method: str) -> None:
    audio = sound(8000)
    first, second = (extend(audio, 16000, method).audio.samples for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("rate", "reason"),
    [(8000, "nothing to extend"), (4000, "above that of the sound"), (0, "positive"), (2_000_000, "at most 1000000")],
)
def test_rates_that_extend_nothing_are_refused(rate: int, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        extend(sound(8000), rate)


def test_unknown_methods_and_settings_are_refused() -> None:
    with pytest.raises(InputError, match="not a valid method"):
        extend(sound(8000), 16000, "magic")
    with pytest.raises(InputError, match="inr has no use for strength"):
        extend(sound(8000), 16000, "inr", strength=0.5)
    with pytest.raises(InputError, match="between 0 and 1"):
        extend(sound(8000), 16000, strength=2.0)
    with pytest.raises(InputError, match="seed must not be negative"):
        extend(sound(8000), 16000, seed=-1)


def test_long_sounds_come_in_pieces_and_can_be_cancelled() -> None:
    audio = sound(8000, 25.0)
    running = Extending(audio, ExtendSettings(rate=16000, method="inr"))
    sizes = [piece.shape[1] for piece in running.pieces()]
    assert len(sizes) > 2
    assert sum(sizes) == 400_000

    def stop(progress: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        extend(audio, 16000, "inr", on_progress=stop)
