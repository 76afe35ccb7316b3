import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.fitting import spectrum
from ligeia.fitting.spectrum import FRAME, Spectrum, spectrum_of

RATE = 16_000


def tones(*pairs, seconds=1.0, rate=RATE):
    """A sound of tones of (Hz, amplitude)."""
    times = np.arange(round(seconds * rate)) / rate
    return Audio(sum(level * np.sin(2 * np.pi * hz * times) for hz, level in pairs)[None], rate)


@pytest.mark.parametrize("hz", [0.0, 100.0, 1234.0, 7900.0])
@pytest.mark.parametrize("seconds", [0.05, 1.0, 20.0])
def test_the_edge_of_a_tone_is_its_frequency(hz, seconds):
    sound = tones((hz, 0.3), seconds=seconds) if hz else Audio(np.full((1, round(seconds * RATE)), 0.3), RATE)
    bins = RATE / min(sound.frames, FRAME)
    # Hann's main lobe is two bins wide on each side.
    assert spectrum_of(sound).edge() == pytest.approx(hz, abs=2 * bins)


def test_the_edge_leaves_out_a_thousandth_of_the_energy():
    below = spectrum_of(tones((500, 1.0), (6000, 0.03))).edge()  # 0.09 % of the energy
    above = spectrum_of(tones((500, 1.0), (6000, 0.04))).edge()  # 0.16 %
    assert below == pytest.approx(500, abs=10)
    assert above == pytest.approx(6000, abs=10)


def test_white_noise_reaches_the_limit():
    noise = Audio(np.random.default_rng(0).normal(size=(2, RATE)), RATE)
    found = spectrum_of(noise)
    assert found.limit == RATE / 2
    assert found.edge() == pytest.approx(0.999 * RATE / 2, abs=20)


def test_channels_count_together():
    quiet, loud = tones((300, 0.1)).samples, tones((3000, 1.0)).samples
    assert spectrum_of(Audio(np.concatenate([quiet, loud]), RATE)).edge() == pytest.approx(3000, abs=10)


def test_silence_has_no_edge():
    assert spectrum_of(Audio(np.zeros((1, 5000)), RATE)).edge() is None


@pytest.mark.parametrize("frames", [1, 2, 3, FRAME - 1, FRAME, FRAME + 1])
def test_sounds_of_any_length(frames):
    found = spectrum_of(Audio(np.ones((1, frames)), RATE))
    assert len(found.hz) == len(found.energy) == min(frames, FRAME) // 2 + 1
    assert found.edge() is not None


def test_long_sounds_are_looked_at_here_and_there(monkeypatch):
    monkeypatch.setattr(spectrum, "MAX_FRAMES", 5)
    sound = tones((1000, 0.3), seconds=10)
    reads = []

    class Counted:
        rate, channels, frames = sound.rate, sound.channels, sound.frames

        def read(self, start, stop):
            reads.append((start, stop))
            return sound.read(start, stop)

    assert spectrum_of(Counted()).edge() == pytest.approx(1000, abs=10)
    assert len(reads) == 5
    assert (reads[0][0], reads[-1][1]) == (0, sound.frames)
    assert reads == sorted(reads)


def test_the_whole_of_a_short_sound_is_looked_at():
    click = np.zeros((1, 5 * FRAME + 7), np.float32)
    click[0, 3 * FRAME] = 1
    assert spectrum_of(Audio(click, RATE)).energy.sum() > 0


def test_edges_by_hand():
    steps = Spectrum(np.arange(5.0), np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    assert [steps.edge(share) for share in (0.25, 0.26, 0.75, 1.0)] == [0, 1, 2, 3]
