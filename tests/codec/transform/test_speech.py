"""Signs of speech: in made sounds, in long ones of which a part is read, and in recordings."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from made_kinds import babble, chord, drums

import ligeia
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.codec.transform.speech import (
    CENTROID_SPREAD,
    GLIDING,
    NEEDED,
    NEEDED_OF_LOW_RATE,
    SOFT_SHARE,
    STRETCH_SECONDS,
    STRETCHES,
    Signs,
    centroid_spread,
    pitch_shares,
    signs_of,
    soft_share,
    speech_likelihood,
)


def signs(audio: Audio) -> Signs:
    return signs_of(audio.samples[0].astype(float), audio.rate)


def test_signs_of_made_sounds():
    speech, tones, beats = signs(babble(16000)), signs(chord(16000)), signs(drums(16000))
    assert speech.soft > SOFT_SHARE
    assert speech.spread > CENTROID_SPREAD
    assert speech.gliding > GLIDING
    assert tones.soft == 0
    assert tones.spread < 0.1
    assert tones.staying > 0.4
    assert tones.gliding < 0.02
    # A loop of drums has the first two signs of speech, but no pitch that glides.
    assert beats.soft > SOFT_SHARE
    assert beats.likelihood(NEEDED) < 0.5


def test_the_middle_of_a_sound_alone():
    quiet = np.zeros((1, 30 * 16000))
    sound = Audio(np.concatenate([quiet, babble(16000, 20.0).samples, quiet], axis=1), 16000)
    assert soft_share(sound) == pytest.approx(signs(babble(16000, 20.0)).soft, abs=0.02)
    assert centroid_spread(sound) == pytest.approx(signs(babble(16000, 20.0)).spread, abs=0.02)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_the_pitch_of_a_tone_that_stays_and_of_one_that_glides(rate):
    time = np.arange(2 * rate) / rate
    for hertz in (75, 120, 250, 380):
        tone = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 6))
        gliding, staying, voiced = pitch_shares(tone, rate)
        assert voiced > 0.97
        assert staying > 0.9
        assert gliding < 0.05
    # An octave a second, up: 0.24 semitones a frame.
    glide = np.sin(2 * np.pi * 90 / np.log(2) * 2**time)
    gliding, staying, voiced = pitch_shares(glide, rate)
    assert gliding > 0.9
    noise = np.random.default_rng(0).standard_normal(2 * rate)
    assert pitch_shares(noise, rate)[2] < 0.1


@pytest.mark.parametrize("gain", [1e-6, 1.0, 1e3])
def test_the_volume_does_not_matter(gain):
    louder, usual = signs(Audio(gain * babble(16000).samples, 16000)), signs(babble(16000))
    assert [louder.soft, louder.spread, louder.gliding] == pytest.approx(
        [usual.soft, usual.spread, usual.gliding], abs=0.01
    )


@pytest.mark.parametrize(("samples", "rate"), [(1, 1), (7, 1), (3, 2), (100, 30), (900, 300), (16000, 16000)])
@pytest.mark.parametrize("level", [0.0, 1.0, 3e38])
def test_silence_direct_current_and_next_to_nothing_have_no_sign(samples, rate, level):
    sound = Audio(np.full((2, samples), level), rate)
    assert speech_likelihood(sound) <= 0.5


@dataclass
class Watched:
    """A long sound that counts what is read of it."""

    audio: Audio
    times: int
    read_samples: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)

    @property
    def rate(self) -> int:
        return self.audio.rate

    @property
    def channels(self) -> int:
        return self.audio.channels

    @property
    def sample_count(self) -> int:
        return self.audio.sample_count * self.times

    def read(self, start: int, stop: int) -> np.ndarray:
        assert 0 <= start <= stop <= self.sample_count
        self.read_samples += stop - start
        self.ranges.append((start, stop))
        return np.take(self.audio.samples, np.arange(start, stop) % self.audio.sample_count, axis=1)


def test_little_is_read_of_a_long_sound():
    hour = Watched(babble(8000), 600)
    assert speech_likelihood(hour) > 0.5
    assert hour.read_samples == STRETCHES * STRETCH_SECONDS * 8000
    # It comes from all parts of the sound.
    assert hour.ranges[0][0] < hour.sample_count / 8
    assert hour.ranges[-1][1] > hour.sample_count * 7 / 8


def test_most_of_a_long_sound_decides():
    speech, music = babble(8000, 60.0).samples, chord(8000, 60.0).samples
    with_jingle = np.concatenate([speech, music[:, :160_000], speech], axis=1)
    assert speech_likelihood(Audio(with_jingle, 8000)) > 0.5
    with_announcement = np.concatenate([music, speech[:, :160_000], music], axis=1)
    assert speech_likelihood(Audio(with_announcement, 8000)) < 0.5
    # Silence says nothing, however much there is of it.
    assert speech_likelihood(Audio(np.concatenate([speech, 0 * speech, 0 * speech], axis=1), 8000)) > 0.5


def test_one_channel_at_a_low_rate_needs_less():
    faint = Signs(soft=0.2, spread=0.5, gliding=0.4, staying=0.1, voiced=0.6)
    assert faint.likelihood(NEEDED_OF_LOW_RATE) > 0.5 > faint.likelihood(NEEDED)
    assert Signs(0, 0, 0, 0, 0).likelihood(1.0) == 0
    assert Signs(1, 3, 1, 0, 1).likelihood(1.0) == 0  # always voiced: an instrument


def test_recordings(data_folder):
    for name in ("speech/LJ001-0005.flac", "speech/ls_clean_103-1240-0000.flac", "speech/jfk_inaugural.flac"):
        mono = ligeia.read_audio(data_folder / name).mono()
        for rate in (16000, 44100):
            copy = resample(mono, rate)
            assert speech_likelihood(Audio(np.tile(copy.samples, (2, 1)), rate)) > 0.5
    for name in (
        "music/stk_West.flac",
        "music/max_piano.flac",
        "music/sms_singing-female.flac",
        "music/spi_loop_garzul.flac",
    ):
        sound = ligeia.read_audio(data_folder / name)
        assert speech_likelihood(sound) < 0.5
        assert speech_likelihood(sound.mono()) < 0.5
