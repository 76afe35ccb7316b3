from dataclasses import replace

import made_streams as made
import numpy as np
import pytest

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.inspect import inspect
from ligeia.codec.transform import encoder as module
from ligeia.codec.transform.encode import encode_lapped, encoder_for
from ligeia.codec.transform.presets import PRESETS
from ligeia.codec.transform.rate_control import Target
from ligeia.errors import InputError

FRAME = 0.04
USED = {preset.name: replace(preset, frame_seconds=(FRAME,)) for preset in PRESETS}
EACH = pytest.mark.parametrize("preset", USED.values(), ids=USED.keys())
SPEECH, WAVEFORM = USED["speech"], USED["waveform"]
TIME = np.arange(16000) / 16000
NOISE = np.random.default_rng(0).standard_normal

SOUNDS = {
    "one sample": Audio([[0.25]], 16000),
    "seven samples": Audio(NOISE((1, 7)) * 0.1, 16000),
    "a prime number of samples": Audio(NOISE((1, 7919)) * 0.1, 16000),
    "direct current": Audio(np.full((1, 9000), 0.5), 16000),
    "a full-scale square": Audio(np.sign(np.sin(2 * np.pi * 100 * TIME[:9000]))[None], 16000),
    "an impulse": Audio(np.eye(1, 9000, 4000), 16000),
    "an impulse at once": Audio(np.eye(1, 9000, 0), 16000),
    "noise": Audio(NOISE((1, 9000)) * 0.3, 16000),
    "8 kHz": Audio(NOISE((1, 4000)) * 0.1, 8000),
    "11.025 kHz": Audio(NOISE((1, 6000)) * 0.1, 11025),
    "96 kHz": Audio(NOISE((1, 40000)) * 0.1, 96000),
    "192 kHz": Audio(NOISE((2, 20000)) * 0.1, 192_000),
    "1 Hz": Audio(NOISE((1, 100)) * 0.1, 1),
    **{f"{channels} channels": Audio(NOISE((channels, 3000)) * 0.1, 48000) for channels in range(2, 9)},
    "loud": Audio(NOISE((1, 9000)) * 1e6, 16000),
    "faint": Audio(NOISE((1, 9000)) * 1e-7, 16000),
}


@EACH
@pytest.mark.parametrize("name", SOUNDS)
def test_sounds_of_all_kinds_come_back(name, preset):
    sound = SOUNDS[name]
    for step in (40, 200):
        stream, report = encode_lapped(sound, preset, Target(step=step))
        copy = ligeia.decode(stream).render()
        assert (copy.rate, copy.samples.shape) == (sound.rate, sound.samples.shape)
        error = np.square(copy.samples - sound.samples, dtype=float).sum()
        energy = np.square(sound.samples, dtype=float).sum()
        # Noise in place of zeros is louder than nothing, but not louder than the sound.
        assert error < 2.5 * energy
        assert inspect(stream).total_bytes == len(stream)
        assert report.step >= step


def test_what_is_loud_is_kept_as_finely_as_can_be():
    sound = Audio(np.sin(TIME * 2000)[None] * 1e6, 16000)
    stream, report = encode_lapped(sound, WAVEFORM, Target(step=0))
    assert report.step > 0
    assert not report.reached
    error = ligeia.decode(stream).render().samples - sound.samples
    assert np.square(error).mean() < 1e-8 * np.square(sound.samples).mean()


@EACH
def test_silence_takes_a_few_bytes_for_each_block(preset):
    sound = Audio(np.zeros((2, 40_000)), 16000)
    for target in ({"step": 100}, {"kbps": 16}, {"snr_db": 20}):
        stream, report = encode_lapped(sound, preset, Target(**target))
        info = inspect(stream)
        assert info.silent_blocks == info.blocks == 2
        assert len(stream) <= 30 + 7 * info.blocks
        assert not ligeia.decode(stream).render().samples.any()
        assert np.isnan(report.snr_db)


def test_silence_in_the_middle_stays_silent():
    samples = NOISE((1, 96_000)) * 0.1
    samples[:, 15_000:80_000] = 0
    stream, _ = encode_lapped(Audio(samples, 16000), SPEECH, Target(step=100))
    assert inspect(stream).silent_blocks == 3
    assert not ligeia.decode(stream).render().samples[:, 17_000:77_000].any()


def test_no_samples_and_too_loud():
    with pytest.raises(InputError, match="no samples"):
        encode_lapped(Audio(np.zeros((1, 0)), 8000), WAVEFORM, Target(step=100))
    with pytest.raises(InputError, match="scale the sound down"):
        encode_lapped(made.noise(level=1e20), WAVEFORM, Target(step=100))


@pytest.mark.parametrize("kbps", [6, 12, 30])
def test_rates_are_met(kbps):
    sound = Audio(NOISE((1, 80_000)) * (0.02 + 0.1 * np.sin(np.arange(80_000) / 9000) ** 2), 16000)
    for preset in USED.values():
        stream, report = encode_lapped(sound, preset, Target(kbps=kbps))
        assert report.reached
        assert 0.98 * kbps <= len(stream) * 8 / 5000 <= 1.02 * kbps


@pytest.mark.parametrize("preset", ["speech", "music"])
def test_high_rates_are_within_reach(preset):
    sound = Audio(NOISE((1, 40_000)) * 0.1, 16000)
    stream, report = encode_lapped(sound, USED[preset], Target(snr_db=80))
    assert report.reached
    assert 80 <= report.snr_db <= 80.2
    assert report.step < 0
    assert np.abs(ligeia.decode(stream).render().samples - sound.samples).max() < 1e-4


def test_the_reported_ratio_is_that_of_the_sound():
    sound = Audio(NOISE((2, 30_000)) * 0.1, 16000)
    for preset in USED.values():
        stream, report = encode_lapped(sound, preset, Target(snr_db=12))
        error = ligeia.decode(stream).render().samples - sound.samples
        snr = 10 * np.log10(np.square(sound.samples, dtype=float).sum() / np.square(error, dtype=float).sum())
        assert snr == pytest.approx(report.snr_db, abs=0.1)  # what lies behind the end is not heard
        assert 12 <= report.snr_db <= 12.2


@EACH
def test_a_second_generation_loses_little(preset):
    time = np.arange(48_000) / 16000
    tones = sum(np.sin(2 * np.pi * f * time + 3 * np.sin(2 * time)) for f in (210, 640, 1500))
    sound = Audio(0.1 * tones[None] + NOISE((1, 48_000)) * 0.003, 16000)
    copy, ratios = sound, []
    for _ in range(2):
        stream, _ = encode_lapped(copy, preset, Target(step=110 if preset.profile.has_scale_factors else 280))
        copy = ligeia.decode(stream).render()
        ratios.append(np.square(sound.samples).sum() / np.square(sound.samples - copy.samples).sum())
    # Noise in place of zeros is not what the first generation was made of.
    assert 10 * np.log10(ratios[0] / ratios[1]) < (1.0 if preset.profile.has_scale_factors else 0.3)


def test_groups_of_blocks_give_the_same_stream(monkeypatch):
    sound = Audio(NOISE((1, 60_000)) * 0.1, 16000)
    whole, _ = encode_lapped(sound, SPEECH, Target(step=120))
    monkeypatch.setattr(module, "AT_ONCE", 1)
    assert encode_lapped(sound, SPEECH, Target(step=120))[0] == whole


def test_estimated_bytes_are_those_of_the_stream():
    sound = Audio(NOISE((1, 60_000)) * 0.1, 16000)
    encoder = encoder_for(sound, SPEECH, FRAME)
    for step in (80, 160):
        stream, units = encoder.stream(np.full(encoder.segments.count, step))
        assert units == inspect(stream).coefficients
        estimate = encoder.block_bytes(step).sum() + inspect(stream).bytes_by_part["header"]
        assert abs(len(stream) - estimate) < 4 * encoder.segments.count


def test_payloads_are_as_long_as_decoders_want_them():
    sound = Audio(np.sin(np.arange(96_000) / 20)[None] * 0.01, 96000)
    stream, _ = encode_lapped(sound, WAVEFORM, Target(step=355))
    info = inspect(stream)
    assert 0 < info.coefficients < 40
    assert info.bytes_by_part["parameters"] + 2 >= 96_000 / 1024
    assert ligeia.decode(stream).render().samples.any()
