import numpy as np
import pytest
from made_notes import SETTINGS, made_notes

from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, member_stream, one_member_layout
from ligeia.codec.family.members import glide_of
from ligeia.codec.family.partials import Networks
from ligeia.codec.family.playing import (
    Score,
    correction_shape,
    flutter_curves,
    glide,
    knot_hats,
    leveled,
    notes,
    partials_settings,
    perform,
    perform_noise,
    play,
    start_turn,
    tone_of,
)
from ligeia.codec.family.settings import settings_kind
from ligeia.dsp.partials import find_partials, find_pitch
from ligeia.errors import InputError

RATE = SETTINGS.rate


def test_a_note_has_its_pitch_and_its_duration() -> None:
    model = made_notes()
    for pitch, count in ((60.0, 16000), (71.5, 9001)):
        (samples,) = notes(model, model.codes[:1], np.array([pitch]), count)
        assert samples.shape == (count,)
        assert samples.dtype == np.float32
        assert find_partials(samples.astype(float), RATE, pitch).pitch == pytest.approx(pitch, abs=0.05)
        assert np.abs(samples).max() <= 0.95


def test_a_note_begins_and_ends_in_silence() -> None:
    model = made_notes()
    (samples,) = notes(model, model.codes[:1], np.array([60.0]), 8000)
    jumps = np.abs(np.diff(np.concatenate([[0], samples, [0]])))
    assert jumps[[0, -1]].max() < 0.1 * jumps.max()


def test_the_beginning_of_a_note_does_not_depend_on_its_duration() -> None:
    model = made_notes()
    networks = Networks(SETTINGS, model.arrays)
    score = Score.of(model.codes[0], 50.0, SETTINGS)
    long, short = (perform(networks, score, count) for count in (32000, 16000))
    np.testing.assert_allclose(long[:14000], short[:14000], atol=1e-9)


def test_nothing_lies_above_half_the_rate() -> None:
    model = made_notes()
    tone = tone_of(Networks(SETTINGS, model.arrays), Score.of(model.codes[0], 119.0, SETTINGS), 8000)
    assert (tone.amplitudes[tone.hz[:, 0] >= RATE / 2] == 0).all()
    (samples,) = notes(model, model.codes[:1], np.array([130.0]), 4000)
    assert np.isfinite(samples).all()


@pytest.mark.parametrize("count", [1, 7, 40, 900])
def test_notes_may_be_very_short(count: int) -> None:
    model = made_notes()
    assert np.isfinite(notes(model, model.codes, np.full(4, 60.0), count)).all()


def test_between_two_voices_there_is_one_note_and_not_two() -> None:
    model = made_notes()
    networks = Networks(SETTINGS, model.arrays)
    ends = [Score.of(code, pitch, SETTINGS) for code, pitch in zip(model.codes[:2], (57.0, 64.0), strict=True)]
    path = np.linspace(0, 1, 21)[:, None]
    timbres = (1 - path) * ends[0].timbres + path * ends[1].timbres
    glide = Score(timbres, 57.0 + 7 * path[:, 0], ends[0].parts)
    tone = tone_of(networks, glide, 16000)
    middle = tone.hz[:, tone.hz.shape[1] // 2] * tone.bend[tone.hz.shape[1] // 2]
    np.testing.assert_allclose(12 * np.log2(middle[0] / 440) + 69, 60.5, atol=0.2)
    jumps = np.abs(np.diff(tone.amplitudes, axis=1)).max(axis=1)
    assert (jumps < 0.2 * tone.amplitudes.max(axis=1) + 1e-9).all()


def test_a_glide_goes_from_one_pitch_to_another() -> None:
    model = made_notes()
    sound = glide_of(model, model.codes[:2], np.array([50.0, 62.0], np.float32), 2 * RATE)
    assert sound is not None
    ends = [find_pitch(part.astype(float), RATE) for part in (sound[:4000], sound[-6000:-2000])]
    np.testing.assert_allclose(ends, [50.75, 60.5], atol=0.6)
    level = np.convolve(np.square(sound.astype(float)), np.ones(800) / 800, "same")[1600:-3200:800]
    assert np.abs(np.diff(10 * np.log10(level))).max() < 3
    assert glide(model, model.codes[:2], None, 100).shape == (100,)


def test_corrections_are_factors_on_partials() -> None:
    model = made_notes()
    code = model.codes[0].copy()
    plain = play(SETTINGS, model.arrays, code[None], None, RATE)[0]
    code[SETTINGS.timbre + 2] = 1  # the first partial alone is corrected
    partials, knots = correction_shape(SETTINGS, 1, RATE)
    assert (partials, knots) == (1, 32)
    silenced = code.copy()
    silenced[-64::2] = -1
    waves = [play(SETTINGS, model.arrays, numbers[None], None, RATE)[0] for numbers in (code, silenced)]
    levels = [np.abs(np.fft.rfft(wave))[255:268].max() for wave in (plain, *waves)]
    assert levels[2] < 0.1 * levels[1]
    assert levels[1] > 0.5 * levels[0]


def test_short_notes_have_fewer_corrections() -> None:
    assert correction_shape(SETTINGS, 2, RATE // 8) == (2, 13)  # 64 numbers, 11 of them beside
    assert correction_shape(SETTINGS, 2, 10) == (0, 0)
    assert correction_shape(SETTINGS, 99, RATE) == (0, 0)


def test_knots_share_every_place() -> None:
    hats = knot_hats(5, 101, np.arange(101.0))
    np.testing.assert_allclose(hats.sum(axis=1), 1)
    assert hats[0, 0] == 1
    assert hats[100, 4] == 1


def test_levels_flutter_about_nothing() -> None:
    curves = flutter_curves(20, np.arange(4000) * 0.0025)
    assert abs(curves.mean()) < 0.1
    assert 0.5 < curves.std() < 1.2
    assert (curves[:, 0] == 0).all()
    np.testing.assert_array_equal(flutter_curves(3, np.arange(100) * 0.0025), curves[:3, :100])
    assert len({round(start_turn(h), 6) for h in range(1, 50)}) == 49


def test_loudness_is_that_of_the_loudest_part() -> None:
    sound = np.concatenate([np.zeros(8000), np.sin(np.arange(8000) / 5)])
    assert np.sqrt(np.square(leveled(sound, RATE)[9000:]).mean()) == pytest.approx(0.1, rel=0.01)
    assert np.abs(leveled(np.eye(1, 16000)[0], RATE)).max() == pytest.approx(0.95)
    assert not leveled(np.zeros(100), RATE).any()


@pytest.mark.parametrize("size", [-1e12, -3.7, 8.4, 1e3, 1e12])
def test_any_code_makes_a_sound(size: float) -> None:
    model = made_notes()
    for place in range(SETTINGS.timbre + 4):
        code = model.codes[0].copy()
        code[place] = size
        assert np.isfinite(notes(model, code[None], np.array([60.0]), 2000)).all(), place
    assert np.isfinite(glide(model, np.full((3, SETTINGS.code), size, np.float32), None, 2000)).all()


def test_noise_is_part_of_a_note() -> None:
    model = made_notes()
    noise = perform_noise(Networks(SETTINGS, model.arrays), Score.of(model.codes[0], 60.0, SETTINGS), 8000)
    assert noise.shape == (8000,)
    assert 0 < noise.std() < 1


def test_a_note_is_a_member_like_any_other() -> None:
    model = made_notes()
    member, layout = Member(model.codes[1], 1.0, 62.25), one_member_layout(model, 1.5)
    inr = member_inr(model, [member], layout)
    (expected,) = notes(model, model.codes[1:2], np.array([62.25]), 24000)
    np.testing.assert_allclose(inr.render().samples[0], expected, atol=1e-5)
    assert len(member_stream(model, [member], layout, 12)) < 400


def test_only_families_of_notes_are_played() -> None:
    model = made_notes()
    assert partials_settings(model) == SETTINGS
    assert settings_kind("partials") is type(SETTINGS)
    with pytest.raises(InputError, match="has two rates: 8000 and, in its decoder, 16000"):
        partials_settings(made_notes(rate=8000))
