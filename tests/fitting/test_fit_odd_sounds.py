"""`fit` on sounds that are silent, short, loud, or many-channelled."""

from math import isnan

import numpy as np
import pytest
from made_fits import same, small, snr, tone

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.fitting.fit import fit
from ligeia.fitting.recipes import BY_NAME


def test_silent_blocks_have_gain_zero_and_are_exactly_silent():
    samples = tone(0.2).samples.copy()
    samples[:, 400:1200] = 0
    inr = fit(Audio(samples, 8000), small(block=0.025), steps=10)
    assert inr.segments.hop == 200
    assert (inr.gains == 0).tolist() == [False, False, True, True, True, True, False, False]
    assert not inr.render().samples[:, 400:1200].any()
    assert not any(value[2:6].any() for value in inr.parameters.values())
    assert inr.render().samples[:, 1200:].any()


def test_silence_is_silence():
    inr = fit(Audio(np.zeros((2, 1000)), 8000), steps=10)
    assert not inr.gains.any()
    sound = inr.render()
    assert (sound.channels, sound.sample_count) == (2, 1000)
    assert not sound.samples.any()
    assert isnan(inr.report["snr_db"])


@pytest.mark.parametrize("recipe", BY_NAME)
def test_silence_passes_through_every_recipe(recipe):
    assert not fit(Audio(np.zeros((1, 50)), 8000), recipe, steps=2).render().samples.any()


@pytest.mark.parametrize(("frames", "closed"), [(1, True), (1, False), (2, True), (3, False), (63, True), (65, False)])
def test_sounds_shorter_than_a_batch(frames, closed):
    sound = Audio(0.3 * np.cos(np.arange(frames) / 9)[None], 8000)
    inr = fit(sound, small(closed=closed), steps=60)
    assert inr.sample_count == inr.render().sample_count == frames
    assert snr(sound, inr) > 10


def test_one_sample_through_the_default_recipe():
    inr = fit(Audio(np.array([[0.25]]), 44_100), steps=50)
    # The output bias alone can say it; 1e-3: the ridge of the closed form.
    assert inr.render().samples[0, 0] == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_fitted_together_and_stay_apart(channels):
    sound = tone(channels=channels, hz=20)
    inr = fit(sound, small(), steps=300)
    rendered = inr.render().samples
    assert rendered.shape == sound.samples.shape
    correlation = np.corrcoef(np.concatenate([sound.samples, rendered]))[:channels, channels:]
    assert (np.diag(correlation) > 0.9).all()
    assert np.abs(correlation - np.diag(np.diag(correlation))).max() < 0.5


def test_a_silent_channel_beside_a_loud_one():
    samples = np.concatenate([tone().samples, np.zeros((1, 800), np.float32)])
    inr = fit(Audio(samples, 8000), small(), steps=200)
    quiet = inr.render().samples[1]
    assert np.sqrt(np.mean(quiet**2)) < 0.05
    assert snr(Audio(samples, 8000), inr) > 10


@pytest.mark.parametrize("level", [1e-9, 1e-4, 1.0, 1e4])
def test_the_level_does_not_matter(level):
    sound = tone(level=level)
    inr = fit(sound, small(), steps=150)
    assert snr(sound, inr) > 15


def test_the_padding_of_the_last_block_asks_nothing():
    sound = tone(0.1)
    cut = Audio(sound.samples[:, :701], 8000)
    inr = fit(cut, small(block=0.02), steps=40)
    assert inr.segments.count * inr.segments.hop > 701
    assert inr.render().sample_count == 701


def test_an_empty_sound_is_refused():
    with pytest.raises(InputError, match="no samples"):
        fit(Audio(np.zeros((1, 0)), 8000))


def test_sound_on_demand_gives_what_sound_in_memory_gives():
    class Reader:
        """The least that a `Sound` is; it refuses to give everything at once."""

        def __init__(self, sound):
            self.rate, self.channels, self.sample_count, self._sound = (
                sound.rate,
                sound.channels,
                sound.sample_count,
                sound,
            )

        def read(self, start, stop):
            return self._sound.read(start, stop)

    sound = tone(0.2)
    recipe = small(block=0.025, overlap=0.002, group=3)
    assert same(fit(Reader(sound), recipe, steps=5), fit(sound, recipe, steps=5))
