"""The difference of two sounds, piece by piece: what `score` would measure."""

import numpy as np
import pytest

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio, snr_from_energies
from ligeia.metrics.alignment import earlier
from ligeia.metrics.difference import compared
from ligeia.metrics.score import score

RATE = 8000


def noise(seconds: float, seed: int = 0, channels: int = 1) -> Audio:
    samples = np.random.default_rng(seed).standard_normal((channels, int(seconds * RATE)))
    return Audio(0.1 * np.apply_along_axis(lambda one: np.convolve(one, np.hanning(8) / 4, "same"), 1, samples), RATE)


def snr(reference: Audio, estimate: Audio) -> float:
    pair = compared(reference=reference, estimate=estimate)
    pieces = [(start, start + 997) for start in range(0, reference.sample_count, 997)]
    energies = [
        sum(float(np.square(sound.read(*piece), dtype=np.float64).sum()) for piece in pieces)
        for sound in (pair.reference, pair.error)
    ]
    return snr_from_energies(*energies)


@pytest.mark.parametrize("lag", [-700, -1, 0, 3, 1105])
def test_a_delay_is_undone(lag: int) -> None:
    sound = noise(3)
    dirt = noise(3, 1).samples * 0.1
    padded = np.pad(sound.samples + dirt, ((0, 0), (max(lag, 0), 0)))[:, max(-lag, 0) :]
    estimate = Audio(padded, RATE)
    pair = compared(reference=sound, estimate=estimate)
    assert pair.delay.samples == lag
    if lag >= 0:
        expected = score(reference=sound, estimate=estimate, metrics=["snr"])["snr"]
        assert snr(sound, estimate) == pytest.approx(expected, abs=0.05)


def test_a_fraction_of_a_sample_is_undone() -> None:
    sound = noise(3)
    estimate = Audio(earlier(sound.samples.astype(np.float64), -0.4), RATE)
    assert compared(reference=sound, estimate=estimate).fraction == pytest.approx(0.4, abs=0.01)
    assert snr(sound, estimate) > 40
    assert snr(sound, estimate) == pytest.approx(
        score(reference=sound, estimate=estimate, metrics=["snr"])["snr"], abs=1.0
    )


def test_rates_and_channels_are_put_in_order() -> None:
    sound = resample(noise(3), 4000)
    pair = compared(reference=sound, estimate=resample(sound, 16000))
    assert pair.error.rate == 4000
    assert "resampled from 16000 to 4000 Hz" in pair.notes[0]
    assert float(np.abs(pair.error.read(2000, 9000)).max()) < 1e-3
    stereo = noise(1, channels=2)
    mixed = compared(reference=stereo, estimate=stereo.mono())
    assert mixed.error.channels == 1
    assert "mixed to mono" in mixed.notes[0]
    assert float(np.abs(mixed.error.read(0, RATE)).max()) < 1e-7


def test_the_delay_of_a_long_sound_is_found_where_it_is_loudest() -> None:
    loud = noise(40).samples.copy()
    loud[:, : 35 * RATE] *= 0.001
    long = Audio(np.pad(loud, ((0, 0), (5 * RATE, 60 * RATE))), RATE)
    late = Audio(np.pad(long.samples, ((0, 0), (77, 0))), RATE)
    pair = compared(reference=long, estimate=late)
    assert pair.delay.samples == 77
    assert not pair.error.read(0, long.sample_count).any()


def test_lengths() -> None:
    sound = noise(2)
    shorter = compared(reference=sound, estimate=Audio(sound.samples[:, :RATE], RATE))
    np.testing.assert_array_equal(shorter.error.read(RATE, 2 * RATE), -sound.samples[:, RATE:])
    assert "1 s before" in shorter.notes[-1]
    longer = compared(reference=Audio(sound.samples[:, :RATE], RATE), estimate=sound)
    assert longer.error.read(0, 10**9).shape == (1, RATE)
    assert "1 s longer" in longer.notes[-1]


def test_not_aligned_where_it_is_not_wished() -> None:
    sound = noise(1)
    late = Audio(np.pad(sound.samples, ((0, 0), (50, 0))), RATE)
    pair = compared(reference=sound, estimate=late, align=False)
    assert (pair.delay.samples, pair.delay.method) == (0, "off")


@pytest.mark.parametrize("count", [1, 2, 50])
def test_silence_and_single_samples(count: int) -> None:
    for level in (0.0, 1.0):
        sound = Audio(np.full((1, count), level), RATE)
        assert not compared(reference=sound, estimate=sound).error.read(0, count).any()
