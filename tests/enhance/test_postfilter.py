"""The guard: what is kept is never worse than no gate, by a measurement that does not go through the guard itself."""

import json
from dataclasses import replace
from math import inf

import made_gates as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ligeia.audio.signal import Audio
from ligeia.enhance.gate import SIAMESE, GateConfig, spectral_gate
from ligeia.enhance.postfilter import JUDGES, loudness_distance, post_filter
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.waveform import si_sdr

RATE = 16000
HISS = 0.3
"""A level of noise at which a `burst` gains by being gated."""
QUICK = GateConfig(n_fft=512, hop=128, chunk=30_000, padding=2048)


def clean(frames: int = 8000, channels: int = 1) -> Audio:
    return Audio(np.tile(made.voice(RATE, frames), (channels, 1)), RATE)


def twins(reference: Audio, level: float, seed: int = 0) -> tuple[Audio, Audio]:
    """A sound as one head of a twin-headed network might give it, and the difference of its heads."""
    errors = [level * made.hiss(reference.frames, reference.channels, seed=seed + head) for head in (1, 2)]
    return Audio(reference.samples + errors[0], RATE), Audio(errors[0] - errors[1], RATE)


def burst(frames: int = 16000) -> Audio:
    """White noise, and after a while nothing: what gates like best."""
    return Audio(made.hiss(frames, seed=9) * (np.arange(frames) < frames // 2), RATE)


def values(reference: Audio, estimate: Audio) -> list[dict[str, float]]:
    """The two measures of each channel."""
    return [
        {metric.__name__: metric(reference=x, estimate=y, rate=RATE) for metric in (si_sdr, loudness_distance)}
        for x, y in zip(reference.samples, estimate.samples, strict=True)
    ]


@examples(max_examples=60)
@given(st.floats(-70, 0), st.integers(0, 1000), st.integers(1, 2), st.floats(-20, 20), st.booleans(), st.booleans())
def test_never_worse_than_no_gate(
    level_db: float, seed: int, channels: int, profile_db: float, speech: bool, renormalise: bool
) -> None:
    reference = clean(channels=channels) if speech else burst(8000)
    sound, noise = twins(reference, 10 ** (level_db / 20), seed)
    profile = Audio(noise.samples * np.float32(10 ** (profile_db / 20)), RATE)
    config = replace(QUICK, renormalise=renormalise)
    result = post_filter(sound, noise=profile, reference=reference, config=config)
    for before, after in zip(values(reference, sound), values(reference, result.audio), strict=True):
        assert after["si_sdr"] >= before["si_sdr"]
        assert after["loudness_distance"] <= before["loudness_distance"]
    if result.report["kept"] == "plain":
        np.testing.assert_array_equal(result.audio.samples, sound.samples)
    else:
        assert values(reference, result.audio) != values(reference, sound)


def test_loudness_distance_by_hand() -> None:
    sound = made.hiss(4000)[0]
    assert loudness_distance(reference=sound, estimate=sound, rate=RATE) == 0
    assert loudness_distance(reference=sound, estimate=0 * sound, rate=RATE) == 1
    # Twice the amplitude is 4 ** 0.23 times the loudness, half of it 0.25 ** 0.23 times.
    for gain, expected in ((2, 4 * (4**0.23 - 1)), (0.5, 1 - 0.25**0.23)):
        found = loudness_distance(reference=sound, estimate=gain * sound, rate=RATE)
        assert found == pytest.approx(expected, rel=1e-6)
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        loudness_distance(reference=0 * sound, estimate=sound, rate=RATE)


def test_both_verdicts_happen() -> None:
    for reference, level, kept in ((burst(), HISS, "gated"), (clean(), 0.001, "plain"), (burst(), 0.0, "plain")):
        sound, noise = twins(reference, level)
        assert post_filter(sound, noise=noise, reference=reference, config=QUICK).report["kept"] == kept


def test_what_only_the_ear_minds_is_minded() -> None:
    # A loud start, then 3.5 s that are 70 dB quieter, and in them a short noise of -40 dB: gated at -40 dB the waveform
    # gains, but all that is quiet is gone.
    quiet = np.where(np.arange(64000) < 8000, 1, 10 ** (-70 / 20))
    error = np.where(np.abs(np.arange(64000) - 40000) < 320, 0.01, 0)
    reference = Audio(quiet * made.hiss(64000, seed=9), RATE)
    sound = Audio(reference.samples + error * made.hiss(64000, seed=1), RATE)
    noise = Audio(0.01 * made.hiss(16000, seed=2), RATE)
    sharp = replace(QUICK, smooth_hz=0, smooth_seconds=0)
    report = post_filter(sound, noise=noise, reference=reference, config=sharp).report
    assert report["scores"]["gated"]["si_sdr"] > report["scores"]["plain"]["si_sdr"]
    assert report["reason"] == "the gate makes it worse by loudness_distance"
    assert report["kept"] == "plain"


def test_report_says_why() -> None:
    reference = burst()
    sound, noise = twins(reference, HISS)
    result = post_filter(sound, noise=noise, reference=reference, config=QUICK)
    report = result.report
    assert json.loads(json.dumps(report)) == report
    assert report["reason"] == "the gate makes it better by si_sdr and loudness_distance, and worse by neither"
    assert report["forced"] is False
    assert report["gate"] == spectral_gate(sound, noise=noise, config=QUICK).report
    for way, audio in (("plain", sound), ("gated", result.audio)):
        (expected,) = values(reference, audio)
        assert report["scores"][way] == {name: [pytest.approx(expected[name])] for name in JUDGES}


def test_force_keeps_the_gated_sound_whatever_the_scores_say() -> None:
    reference = clean()
    sound, noise = twins(reference, 0.001)
    guarded = post_filter(sound, noise=noise, reference=reference, config=QUICK)
    forced = post_filter(sound, noise=noise, reference=reference, force=True, config=QUICK)
    assert guarded.report["reason"].startswith("the gate makes it worse by ")
    assert (forced.report["kept"], forced.report["forced"]) == ("gated", True)
    assert forced.report["reason"] == f"forced; {guarded.report['reason']}"
    assert forced.report["scores"] == guarded.report["scores"]
    np.testing.assert_array_equal(forced.audio.samples, spectral_gate(sound, noise=noise, config=QUICK).audio.samples)


def test_one_bit_is_all_a_decoder_needs() -> None:
    reference = burst()
    sound, noise = twins(reference, HISS)
    encoder = post_filter(sound, noise=noise, reference=reference, config=SIAMESE)
    assert encoder.report["kept"] == "gated"
    decoder = post_filter(sound, noise=noise, force=True, config=SIAMESE)
    np.testing.assert_array_equal(decoder.audio.samples, encoder.audio.samples)
    assert decoder.report["scores"] is None
    assert decoder.report["reason"] == "forced; there is no reference to judge by"


def test_without_a_reference_it_must_be_forced() -> None:
    sound, noise = twins(clean(), 0.1)
    with pytest.raises(InputError, match="give the reference, or force it"):
        post_filter(sound, noise=noise)


def test_a_sound_that_the_gate_would_silence_stays() -> None:
    sound = Audio(0.001 * made.hiss(8000), RATE)
    noise = Audio(np.concatenate([made.hiss(4000, seed=3), np.zeros((1, 4000))], axis=1), RATE)
    result = post_filter(sound, noise=noise, reference=sound, config=GateConfig(threshold_std=5))
    assert result.report["scores"]["gated"]["si_sdr"] == [-inf]
    assert result.report["kept"] == "plain"


def test_silence() -> None:
    silence, noise = Audio(np.zeros((1, 4000)), RATE), Audio(made.hiss(4000), RATE)
    for sound in (silence, noise):  # nothing can be said about an estimate of silence
        result = post_filter(sound, noise=noise, reference=silence, config=QUICK)
        assert result.audio is sound
        assert result.report["reason"] == "the gate makes it no better"
        assert result.report["scores"]["plain"] == {name: [None] for name in JUDGES}
    result = post_filter(silence, noise=noise, reference=noise, config=QUICK)
    assert result.report["scores"]["plain"]["si_sdr"] == [-inf]
    assert result.audio is silence


def test_a_channel_whose_reference_is_silent_does_not_vote() -> None:
    loud = burst()
    reference = Audio(np.concatenate([loud.samples, np.zeros_like(loud.samples)]), RATE)
    sound, noise = twins(reference, HISS)
    result = post_filter(sound, noise=noise, reference=reference, config=QUICK)
    assert result.report["kept"] == "gated"
    assert result.report["scores"]["gated"]["si_sdr"][1] is None


def test_no_channel_may_get_worse() -> None:
    reference = Audio(np.concatenate([burst(16000).samples, clean(16000).samples]), RATE)
    errors = made.hiss(16000, 2, seed=1) * np.array([[HISS], [0.001]], np.float32)
    noise = Audio(made.hiss(16000, seed=4) * np.float32(HISS), RATE)
    result = post_filter(Audio(reference.samples + errors, RATE), noise=noise, reference=reference, config=QUICK)
    plain, gated = (result.report["scores"][way]["si_sdr"] for way in ("plain", "gated"))
    assert gated[0] > plain[0]
    assert gated[1] < plain[1]
    assert result.report["kept"] == "plain"


@pytest.mark.parametrize("frames", [0, 1, 2, 100])
def test_short_sounds(frames: int) -> None:
    reference = Audio(np.full((1, frames), 0.5), RATE)
    sound = Audio(np.full((1, frames), 0.4), RATE)
    noise = Audio(made.hiss(600), RATE)
    result = post_filter(sound, noise=noise, reference=reference, config=QUICK)
    assert result.audio.frames == frames
    assert post_filter(sound, noise=noise, force=True, config=QUICK).audio.frames == frames


def test_nan_never_gets_here() -> None:
    with pytest.raises(InputError, match="NaN"):
        Audio(np.full((1, 3), np.nan), RATE)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (Audio(np.ones((1, 50)), 8000), "their rate are 16000 and 8000"),
        (Audio(np.ones((2, 50)), RATE), "their channels are 1 and 2"),
        (Audio(np.ones((1, 51)), RATE), "their frames are 50 and 51"),
    ],
)
def test_a_reference_that_does_not_fit(reference: Audio, message: str) -> None:
    with pytest.raises(InputError, match=message):
        post_filter(Audio(np.ones((1, 50)), RATE), noise=Audio(np.ones((1, 50)), RATE), reference=reference)
