"""Sounds to streams: targets, frame sizes, memory, progress."""

import tracemalloc
from dataclasses import replace
from functools import partial
from itertools import product
from time import process_time
from unittest.mock import patch

import made_streams as made
import numpy as np
import pytest

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.decode import decode_pieces
from ligeia.codec.inspect import inspect
from ligeia.codec.transform import analysis, encoder, presets
from ligeia.codec.transform.coding import synthesise
from ligeia.codec.transform.encoder import TransformEncoder, encode_transform, try_frames
from ligeia.codec.transform.presets import BY_NAME, PRESETS
from ligeia.codec.transform.rate_control import Target
from ligeia.codec.transform.stages import stages_of
from ligeia.errors import Cancelled, InputError
from ligeia.progress import Reporter

FRAME = 0.04
USED = {preset.name: replace(preset, frame_seconds=(FRAME,)) for preset in PRESETS}
EACH = pytest.mark.parametrize("preset", USED.values(), ids=USED.keys())
SPEECH, WAVEFORM = USED["speech"], USED["waveform"]
TIME = np.arange(16000) / 16000
WAVEFORM_SIZES = BY_NAME["waveform"]
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


# Each sound with one preset, and the oddest with all of them.
ODDEST = ("one sample", "seven samples", "direct current", "an impulse at once", "7 channels")
PAIRS = [(name, list(USED)[k % 3]) for k, name in enumerate(SOUNDS) if name not in ODDEST]
PAIRS += [(name, preset) for name in ODDEST for preset in USED]


@pytest.mark.parametrize(("name", "preset"), PAIRS)
def test_sounds_of_all_kinds_come_back(name, preset):
    sound, preset = SOUNDS[name], USED[preset]
    for step in (40, 200):
        stream, report = encode_transform(sound, preset, Target(step=step))
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
    stream, report = encode_transform(sound, WAVEFORM, Target(step=0))
    assert report.step > 0
    assert not report.reached
    error = ligeia.decode(stream).render().samples - sound.samples
    assert np.square(error).mean() < 1e-8 * np.square(sound.samples).mean()


@EACH
def test_silence_takes_a_few_bytes_for_each_block(preset):
    sound = Audio(np.zeros((2, 40_000)), 16000)
    for target in ({"step": 100}, {"kbps": 16}, {"snr_db": 20}):
        stream, report = encode_transform(sound, preset, Target(**target))
        info = inspect(stream, counting=True)
        assert info.silent_blocks == info.blocks == 2
        assert len(stream) <= 30 + 7 * info.blocks
        assert not ligeia.decode(stream).render().samples.any()
        assert np.isnan(report.snr_db)


def test_silence_in_the_middle_stays_silent():
    samples = NOISE((1, 96_000)) * 0.1
    samples[:, 15_000:80_000] = 0
    stream, _ = encode_transform(Audio(samples, 16000), SPEECH, Target(step=100))
    assert inspect(stream).silent_blocks == 3
    assert not ligeia.decode(stream).render().samples[:, 17_000:77_000].any()


def test_no_samples_and_too_loud():
    with pytest.raises(InputError, match="no samples"):
        encode_transform(Audio(np.zeros((1, 0)), 8000), WAVEFORM, Target(step=100))
    with pytest.raises(InputError, match="scale the sound down"):
        encode_transform(made.noise(level=1e20), WAVEFORM, Target(step=100))


@pytest.mark.parametrize("kbps", [6, 12, 30])
def test_rates_are_met(kbps):
    sound = Audio(NOISE((1, 80_000)) * (0.02 + 0.1 * np.sin(np.arange(80_000) / 9000) ** 2), 16000)
    for preset in USED.values():
        stream, report = encode_transform(sound, preset, Target(kbps=kbps))
        assert report.reached
        assert 0.98 * kbps <= len(stream) * 8 / 5000 <= 1.02 * kbps


@pytest.mark.parametrize("preset", ["speech", "music"])
def test_high_rates_are_within_reach(preset):
    sound = Audio(NOISE((1, 40_000)) * 0.1, 16000)
    stream, report = encode_transform(sound, USED[preset], Target(snr_db=80))
    assert report.reached
    assert 80 <= report.snr_db <= 80.2
    assert report.step < 0
    assert np.abs(ligeia.decode(stream).render().samples - sound.samples).max() < 1e-4


def decoded_snr(stream: bytes, sound: Audio) -> float:
    """The SNR of what a stream decodes to, block by block as `ligeia decode` does it."""
    error = np.concatenate(list(decode_pieces(stream)), axis=1) - sound.samples
    return 10 * np.log10(np.square(sound.samples, dtype=float).sum() / np.square(error, dtype=float).sum())


@pytest.mark.parametrize(
    ("samples", "name", "channels", "at_once"),
    [
        (700, "speech", 1, 1),
        (700, "waveform", 2, 2**20),
        (32 * 640, "speech", 1, 2**20),
        (32 * 640, "music", 2, 1),
        (30_011, "waveform", 1, 1),
        (30_011, "music", 2, 2**20),
        (60_001, "waveform", 2, 2**20),
        (60_001, "speech", 1, 1),
    ],
)
def test_the_reported_snr_is_that_of_the_decoded_sound(samples, name, channels, at_once, monkeypatch):
    monkeypatch.setattr(encoder, "COEFFICIENTS_AT_ONCE", at_once)
    sound = Audio(NOISE((channels, samples)) * 0.1, 16000)
    for target in (Target(step=100), Target(snr_db=12), Target(snr_db=70)):
        stream, report = encode_transform(sound, USED[name], target)
        assert abs(decoded_snr(stream, sound) - report.snr_db) < 1e-6
        if target.snr_db:
            # A sound of one block has steps of 0.38 dB at least.
            assert target.snr_db <= report.snr_db <= target.snr_db + 0.5


@pytest.mark.parametrize("name", ["speech", "waveform"])
@pytest.mark.parametrize("samples", [700, 30_011])
def test_errors_are_measured_as_they_are_heard(name, samples):
    """The last block goes on beyond the end of the sound."""
    sound = Audio(NOISE((2, samples)) * 0.1, 16000)
    one = TransformEncoder(sound, USED[name], FRAME)
    step = 60 if name == "speech" else 280
    analysis = one.analyse(step)
    measured = 10 * np.log10(analysis.energy / one.block_errors(analysis, step).sum())
    assert abs(measured - one.write(analysis, np.full(one.segments.count, step)).snr_db) < 1e-4


def test_a_sound_is_decoded_once_and_by_the_way(monkeypatch):
    runs = []
    monkeypatch.setattr(encoder, "synthesise", lambda *words: runs.append(1) or synthesise(*words))
    monkeypatch.setattr("ligeia.codec.transform.coding.unpack", None)
    ligeia.encode(Audio(NOISE((1, 30_000)) * 0.1, 16000), kbps=16)
    assert runs == [1]


@EACH
def test_a_second_generation_loses_little(preset):
    time = np.arange(48_000) / 16000
    tones = sum(np.sin(2 * np.pi * f * time + 3 * np.sin(2 * time)) for f in (210, 640, 1500))
    sound = Audio(0.1 * tones[None] + NOISE((1, 48_000)) * 0.003, 16000)
    copy, ratios = sound, []
    for _ in range(2):
        stream, _ = encode_transform(copy, preset, Target(step=110 if preset.profile.has_scale_factors else 280))
        copy = ligeia.decode(stream).render()
        ratios.append(np.square(sound.samples).sum() / np.square(sound.samples - copy.samples).sum())
    # Noise in place of zeros is not what the first generation was made of.
    assert 10 * np.log10(ratios[0] / ratios[1]) < (1.0 if preset.profile.has_scale_factors else 0.3)


def test_groups_of_blocks_give_the_same_stream(monkeypatch):
    sound = Audio(NOISE((1, 60_000)) * 0.1, 16000)
    whole, _ = encode_transform(sound, SPEECH, Target(step=120))
    monkeypatch.setattr(encoder, "COEFFICIENTS_AT_ONCE", 1)
    assert encode_transform(sound, SPEECH, Target(step=120))[0] == whole


def test_estimated_bytes_are_those_of_the_stream():
    sound = Audio(NOISE((1, 60_000)) * 0.1, 16000)
    one = TransformEncoder(sound, SPEECH, FRAME)
    for step in (80, 160):
        analysis = one.analyse(step)
        written = one.write(analysis, np.full(one.segments.count, step))
        info = inspect(written.stream, counting=True)
        assert written.coefficients == info.coefficients
        estimate = one.block_bytes(analysis, step).sum() + info.bytes_by_part["header"]
        assert abs(len(written.stream) - estimate) < 4 * one.segments.count


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("speech", Target(kbps=12)),
        ("music", Target(quality=5)),
        ("music", Target(snr_db=15)),
        ("waveform", Target(kbps=12)),
        ("waveform", Target(snr_db=15)),
    ],
)
def test_long_sounds_give_nearly_the_same_stream(name, target, monkeypatch):
    """Beyond a number of coefficients these are computed again, and the rough step comes from excerpts."""
    samples = NOISE((2, 120_000)) * (0.02 + 0.1 * np.sin(np.arange(120_000) / 9000) ** 2)
    sound = Audio(samples, 16000)
    preset = USED[name]
    kept, kept_report = encode_transform(sound, preset, target)
    for module in (encoder, analysis):
        monkeypatch.setattr(module, "KEPT_COEFFICIENTS", 80_000)
    again, report = encode_transform(sound, preset, target)
    assert abs(len(again) / len(kept) - 1) < 0.01
    assert abs(report.snr_db - kept_report.snr_db) < 0.1
    if target.quality:
        assert again == kept


class Watched(Audio):
    """A sound that knows how much of it is read at once."""

    largest = 0

    def read(self, start, stop):
        object.__setattr__(self, "largest", max(self.largest, min(stop, self.sample_count) - max(start, 0)))
        return super().read(start, stop)


def test_a_long_sound_is_never_read_as_a_whole(monkeypatch):
    for module in (encoder, analysis):
        monkeypatch.setattr(module, "KEPT_COEFFICIENTS", 80_000)
    monkeypatch.setattr(analysis, "SAMPLES_AT_ONCE", 50_000)
    monkeypatch.setattr(encoder, "COEFFICIENTS_AT_ONCE", 50_000)
    sound = Watched(NOISE((1, 250_000)) * 0.1, 16000)
    encode_transform(sound, WAVEFORM, Target(kbps=16))
    assert 0 < sound.largest < 120_000


class Siren:
    """A sound that is nowhere as a whole."""

    rate, channels = 16000, 1

    def __init__(self, samples: int) -> None:
        self.sample_count = samples

    def read(self, start, stop):
        time = np.arange(start, min(stop, self.sample_count)) / self.rate
        return (0.1 * np.sin(2000 * time + 300 * np.sin(5 * time)))[None].astype(np.float32)


def test_memory_does_not_grow_with_the_sound(monkeypatch):
    for module, constant in product((encoder, analysis), ("KEPT_COEFFICIENTS", "COEFFICIENTS_AT_ONCE")):
        monkeypatch.setattr(module, constant, 20_000)
    for module in (analysis, presets):
        monkeypatch.setattr(module, "SAMPLES_AT_ONCE", 20_000)

    def peak(samples: int) -> int:
        tracemalloc.start()
        try:
            encode_transform(Siren(samples), WAVEFORM, Target(quality=5))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(40_000)  # loads the model and fills the caches, which would hide what grows
    # From ten seconds on all batches are full; a quarter of what the samples take, or their coefficients:
    assert peak(320_000) - peak(160_000) < 160_000 * 4 / 4


def test_progress_goes_from_0_to_1_through_all_stages():
    sound, seen = Audio(NOISE((1, 60_000)) * 0.1, 16000), []
    reporter = partial(Reporter, seconds_between=0)
    with patch.object(encoder, "Reporter", reporter):
        ligeia.encode(sound, preset="music", kbps=20, on_progress=seen.append)
    shares = [progress.done for progress in seen]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] == 1
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == ["frame size", "analysis", "rate control", "writing"]
    assert max(np.diff(shares)) < 0.3


@pytest.mark.parametrize("target", [Target(quality=5), Target(kbps=20), Target(snr_db=15)])
def test_frame_sizes_are_most_of_a_short_sound_and_little_of_a_long_one(target):
    short, long = (stages_of(made.noise(seconds=seconds), WAVEFORM_SIZES, target) for seconds in (1, 30))
    for stages in (short, long):
        assert [stage[0] for stage in stages[1:]] == [stage[1] for stage in stages[:-1]]
        assert (stages[0][0], round(stages[-1][1], 9)) == (0, 1)
    assert short[0][1] > 0.3
    assert long[0][1] < 0.25
    assert stages_of(made.noise(seconds=1), SPEECH, target)[0][1] < 0.01


def test_the_callback_is_called_often():
    sound, times = Audio(NOISE((2, 200_000)) * 0.1, 44100), []
    clock = process_time()
    ligeia.encode(sound, preset="waveform", kbps=24, on_progress=lambda _: times.append(process_time()))
    assert max(np.diff([clock, *times])) < 0.5


def test_quick_measurements_of_long_sounds_tell_their_progress(monkeypatch):
    monkeypatch.setattr(encoder, "COEFFICIENTS_AT_ONCE", 1)
    one, shares = TransformEncoder(Audio(NOISE((1, 60_000)) * 0.1, 16000), WAVEFORM, FRAME), []
    one.block_errors(one.analyse(280), 280, optimised=False, on_share=shares.append)
    assert len(shares) == one.segments.count == 3


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.9])
def test_a_callback_can_cancel_at_any_time(share):
    def cancel(progress):
        if progress.done >= share:
            raise Cancelled

    with pytest.raises(Cancelled):
        ligeia.encode(Audio(NOISE((1, 160_000)) * 0.1, 16000), kbps=20, on_progress=cancel)


def test_payloads_are_as_long_as_decoders_want_them():
    sound = Audio(np.sin(np.arange(96_000) / 20)[None] * 0.01, 96000)
    stream, _ = encode_transform(sound, WAVEFORM, Target(step=355))
    info = inspect(stream, counting=True)
    assert 0 < info.coefficients < 40
    assert info.bytes_by_part["parameters"] + 2 >= 96_000 / 1024
    assert ligeia.decode(stream).render().samples.any()


RATE = 16000
TURNS = 2 * np.pi * np.arange(2 * RATE) / RATE
TONES = Audio(0.1 * sum(np.sin(hertz * TURNS) for hertz in (220.5, 441.3, 663.1, 1201.7))[None], RATE)
ANY_FRAME = BY_NAME["waveform"]
CLICKS = Audio(np.where(np.arange(2 * RATE) % 1600 < 20, 0.5, 0.0)[None], RATE)


@pytest.mark.parametrize("target", [Target(step=280), Target(snr_db=20), Target(kbps=20)])
def test_tones_get_long_frames_and_clicks_short_ones(target):
    shortest = ANY_FRAME.frame_seconds[0]
    assert (
        try_frames(TONES, ANY_FRAME, target).frame_seconds
        > try_frames(CLICKS, ANY_FRAME, target).frame_seconds
        == shortest
    )


def test_a_patient_preset_keeps_short_ones_where_long_ones_save_little():
    patient = replace(ANY_FRAME, longer_must_save=0.95)
    assert try_frames(TONES, patient, Target(step=280)).frame_seconds == ANY_FRAME.frame_seconds[0]


def test_one_duration_needs_no_trial():
    assert try_frames(TONES, BY_NAME["speech"], Target(step=100)).frame_seconds == BY_NAME["speech"].frame_seconds[0]


@pytest.mark.parametrize("sound", [Audio(np.zeros((1, 9000)), RATE), Audio([[0.5]], RATE)], ids=["silence", "a sample"])
def test_the_first_duration_where_none_is_better(sound):
    assert try_frames(sound, ANY_FRAME, Target(kbps=16)).frame_seconds == ANY_FRAME.frame_seconds[0]


def test_the_chosen_duration_is_in_the_stream():
    stream, _ = encode_transform(TONES, ANY_FRAME, Target(snr_db=20))
    assert (
        inspect(stream).fields["frame_size"]
        == round(try_frames(TONES, ANY_FRAME, Target(snr_db=20)).frame_seconds * RATE / 32) * 32
    )
    assert ligeia.decode(stream).render().samples.shape == TONES.samples.shape
