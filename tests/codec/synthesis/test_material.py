"""What is learned from: the recordings that are selected, as the codec leaves them."""

import numpy as np
import pytest

import ligeia
from ligeia.codec.synthesis import material
from ligeia.codec.synthesis.material import SynthesisTask, chosen_items, quantised, read_pairs, telephone_level
from ligeia.errors import InputError

RATE = 16000


def babble(seconds=1.5, seed=0):
    random = np.random.default_rng(seed)
    syllables = np.abs(np.sin(np.arange(round(seconds * RATE)) * 14 / RATE)) ** 2
    return ligeia.Audio((0.1 * syllables * random.standard_normal(len(syllables)))[None], RATE)


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("lsx_1-1-0000", "lsx_1-1-0001", "lsx_2-1-0000", "lsx_460-172359-0000", "other")):
        ligeia.write_audio(tmp_path / f"{name}.flac", babble(seed=number))
    return tmp_path


def test_recordings_are_selected_and_held_out_ones_are_not(folder):
    task = SynthesisTask(data=folder, include=("lsx_*",), validation=("*_2-*",))
    learned, judged = ([item.path.stem for item in items] for items in chosen_items(task))
    assert learned == ["lsx_1-1-0000", "lsx_1-1-0001"]
    assert judged == ["lsx_2-1-0000"]  # lsx_460 is a speaker of the suite unseen_speech
    for patterns, said in (
        (("absent*",), "no recording below .* matches absent"),
        (("lsx_2*",), "kept for validation"),
    ):
        with pytest.raises(InputError, match=said):
            chosen_items(SynthesisTask(data=folder, include=patterns, validation=("*_2-*",)))


def test_there_must_be_a_folder(monkeypatch):
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    with pytest.raises(InputError, match="no folder of recordings"):
        chosen_items(SynthesisTask())


def test_a_pair_is_what_the_codec_decodes():
    sound, task = babble(3.5), SynthesisTask(variants=2, qualities=(material.ANALYSED_QUALITY,) * 2)
    first, second = quantised(sound, task, np.random.default_rng(0))
    assert np.array_equal(first.decoded, second.decoded)
    from ligeia.codec.transform.encoder import encode_transform
    from ligeia.codec.transform.presets import LOW_RATE_SPEECH, level_of, step_at
    from ligeia.codec.transform.rate_control import Target

    step = step_at(LOW_RATE_SPEECH, material.ANALYSED_QUALITY, level_of(sound))
    stream = encode_transform(sound, LOW_RATE_SPEECH, Target(step=step))[0]
    decoded = ligeia.decode(stream, enhance="off").render().samples[0]
    assert first.decoded == pytest.approx(decoded * 32768, abs=0.51)
    assert first.clean == pytest.approx(sound.samples[0] * 32768, abs=0.51)
    assert len(first.clean) == len(first.decoded) == sound.sample_count
    assert len(first.facts) * 320 >= sound.sample_count
    assert first.level == pytest.approx(telephone_level(sound.samples[0]))


def test_each_quality_lies_in_its_part_of_the_range():
    errors = [
        float(np.square(pair.clean.astype(float) - pair.decoded).mean())
        for pair in quantised(babble(3), SynthesisTask(variants=3, qualities=(0.0, 9.0)), np.random.default_rng(0))
    ]
    assert errors == sorted(errors, reverse=True)


def test_speeds_make_more_voices(folder):
    task = SynthesisTask(data=folder, include=("lsx_*",), validation=("*_2-*",), variants=1, speeds=(1.0, 0.5))
    shares = []
    pairs = read_pairs(task, seed=0, on_share=shares.append)
    assert [len(pair.clean) for pair in pairs.learned] == [24000, 24000, 48000, 48000]
    assert [len(pair.clean) for pair in pairs.judged] == [24000]
    assert shares == sorted(shares)


def test_what_is_too_short_or_silent_is_left_out(tmp_path):
    ligeia.write_audio(tmp_path / "a.wav", babble(0.5))
    ligeia.write_audio(tmp_path / "b.wav", ligeia.Audio(np.zeros((1, 2 * RATE)), RATE))
    ligeia.write_audio(tmp_path / "c.wav", babble())
    assert len(read_pairs(SynthesisTask(data=tmp_path, variants=1), seed=0).learned) == 1


def test_what_cannot_be_read_is_left_out_and_listed(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    ligeia.write_audio(tmp_path / "b.wav", babble())
    pairs = read_pairs(SynthesisTask(data=tmp_path, variants=1, speeds=(1.0, 0.9)), seed=0)
    assert len(pairs.learned) == 2
    assert [path.name for path in pairs.unreadable] == ["a.wav"]


def test_something_must_be_left_to_learn_from(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(InputError, match=r"none of 1 recordings can be learned from: .*a\.wav"):
        read_pairs(SynthesisTask(data=tmp_path), seed=0)


@pytest.mark.parametrize(
    "settings",
    [{"qualities": (5.0, 1.0)}, {"variants": 0}, {"crop_seconds": 0.1}, {"speeds": ()}, {"speeds": (9.0,)}],
)
def test_settings_out_of_range(settings):
    with pytest.raises(InputError):
        SynthesisTask(**settings)


def test_the_level_in_the_telephone_band():
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1000 * time).astype(np.float32)
    assert telephone_level(tone) == pytest.approx(np.sqrt(0.5), rel=1e-3)
    assert telephone_level(np.sin(2 * np.pi * 100 * time).astype(np.float32)) < 1e-3
    assert material.TELEPHONE_BAND == (350.0, 3250.0)
