"""The noise estimate of several heads, and the post-filter that gates by it."""

import doctest
import json
from dataclasses import replace
from math import inf

import made_gates as made
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio
from ligeia.enhance.denoising import siamese as module
from ligeia.enhance.denoising.gate import SIAMESE, GateConfig, spectral_gate
from ligeia.enhance.denoising.siamese import JUDGES, heads_alone, loudness_distance, noise_estimate, post_filter
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.waveform import si_sdr
from ligeia.networks import NoiseLayer, Parallel, Siamese, Siren

TWINS = {
    "first head": Siamese(channels=2, shared_width=7, head_width=5, octaves=3),
    "mean": Siamese(channels=2, shared_width=7, head_width=5, octaves=3, average=True),
    "relu": NoiseLayer(first_width=6, shared_width=5, head_width=8, octaves=3),
    "ensemble": Parallel(networks=2, width=5, ensemble=True),
}
each = pytest.mark.parametrize("spec", TWINS.values(), ids=TWINS)


def inr_of(spec, gains=(0.5, 0.0, 0.25), seed=0):
    cut = Segments(250, 90, 20)
    numbers = {name: value.detach() for name, value in spec.build(blocks=3, seed=seed).named_parameters()}
    return ligeia.INR(spec, numbers, 8000, cut, torch.tensor(gains))


@each
def test_heads_are_sounds_with_blocks_gains_and_fades(spec):
    inr = inr_of(spec)
    modules = spec.build(blocks=3, seed=0).double()
    t = torch.arange(110, dtype=torch.float64) * 2 / 110 - 1
    said = modules.heads(t.unsqueeze(0)).detach().numpy()  # heads, blocks, n, channels
    alone = heads_alone(inr)
    assert len(alone) == 2
    for head, one in enumerate(alone):
        expected = np.zeros((spec.channels, 290))
        for block in range(3):
            faded = said[head, block] * float(inr.gains[block]) * inr.segments.window(block)[:, None]
            expected[:, 90 * block : 90 * block + 110] += faded.T
        assert one.render().samples == pytest.approx(expected[:, :250], abs=1e-5)
        assert (one.rate, one.report["head"]) == (8000, head)


@each
def test_the_sound_is_the_first_head_or_the_mean(spec):
    inr = inr_of(spec)
    heads = [one.render().samples for one in heads_alone(inr)]
    expected = np.mean(heads, axis=0) if spec.averaged else heads[0]
    assert inr.render().samples == pytest.approx(expected, abs=1e-6)


@each
@pytest.mark.parametrize(("head", "alpha"), [(0, 2.0), (1, 0.5), (1, -1.0)])
def test_equation_four(spec, head, alpha):
    inr = inr_of(spec)
    f = [one.render().samples.astype(float) for one in heads_alone(inr)]
    expected = alpha * (f[head] - (f[0] + f[1]) / 2)
    noise = noise_estimate(inr, head=head, alpha=alpha)
    assert np.array_equal(noise.samples, expected.astype(np.float32))
    assert noise.rate == inr.rate


def test_by_default_it_is_the_difference_of_the_heads():
    inr = inr_of(TWINS["first head"])
    first, second = (one.render().samples for one in heads_alone(inr))
    assert np.abs(noise_estimate(inr).samples - (first - second)).max() < 1e-7
    assert np.array_equal(noise_estimate(inr, head=1).samples, -noise_estimate(inr).samples)
    assert np.abs(noise_estimate(inr).samples).max() > 0.01


def test_more_heads_differ_from_the_mean_of_all():
    inr = inr_of(Parallel(networks=4, width=5, ensemble=True))
    noises = [noise_estimate(inr, head=head, alpha=1.0).samples for head in range(4)]
    assert np.abs(np.sum(noises, axis=0)).max() < 1e-7
    assert np.abs(noises[3]).max() > 1e-3


def test_a_stream_keeps_the_heads():
    inr = inr_of(TWINS["mean"])
    copy = ligeia.decode(ligeia.encode_inr(inr))
    assert np.array_equal(noise_estimate(copy).samples, noise_estimate(inr).samples)
    head = heads_alone(inr)[1]
    assert np.array_equal(ligeia.decode(ligeia.encode_inr(head)).render().samples, head.render().samples)


def test_silence_has_no_noise():
    assert not noise_estimate(inr_of(TWINS["first head"], gains=(0.0, 0.0, 0.0))).samples.any()


def test_what_has_no_heads_is_refused():
    for spec in (Siren(width=4), Parallel(networks=2, width=4)):
        with pytest.raises(InputError, match="head"):
            noise_estimate(inr_of(spec))
    with pytest.raises(InputError, match="two heads"):
        noise_estimate(heads_alone(inr_of(TWINS["first head"]))[0])


@pytest.mark.parametrize("settings", [{"head": 2}, {"head": -1}, {"alpha": float("nan")}, {"alpha": float("inf")}])
def test_settings_out_of_range(settings):
    (name,) = settings
    with pytest.raises(InputError, match=name):
        noise_estimate(inr_of(TWINS["first head"]), **settings)


def test_the_docstring_runs():
    assert doctest.testmod(module).failed == 0


RATE = 16000
HISS = 0.3
"""A level of noise at which a `burst` gains by being gated."""
QUICK = GateConfig(n_fft=512, hop=128, chunk=30_000, padding=2048)


def clean(frames: int = 8000, channels: int = 1) -> Audio:
    return Audio(np.tile(made.voice(RATE, frames), (channels, 1)), RATE)


def twins(reference: Audio, level: float, seed: int = 0) -> tuple[Audio, Audio]:
    """A sound as one head of a twin-headed network might give it, and the difference of its heads."""
    errors = [level * made.hiss(reference.sample_count, reference.channels, seed=seed + head) for head in (1, 2)]
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
    with pytest.raises(InputError, match="without the reference: give it, or force the gate"):
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
    assert result.audio.sample_count == frames
    assert post_filter(sound, noise=noise, force=True, config=QUICK).audio.sample_count == frames


def test_nan_never_gets_here() -> None:
    with pytest.raises(InputError, match="NaN"):
        Audio(np.full((1, 3), np.nan), RATE)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (Audio(np.ones((1, 50)), 8000), "rate is 16000 and 8000"),
        (Audio(np.ones((2, 50)), RATE), "channels is 1 and 2"),
        (Audio(np.ones((1, 51)), RATE), "sample_count is 50 and 51"),
    ],
)
def test_a_reference_that_does_not_fit(reference: Audio, message: str) -> None:
    with pytest.raises(InputError, match=message):
        post_filter(Audio(np.ones((1, 50)), RATE), noise=Audio(np.ones((1, 50)), RATE), reference=reference)
