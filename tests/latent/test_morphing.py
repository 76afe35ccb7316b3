"""Paths between sounds: their ends are the sounds, and nothing on them clicks."""

import numpy as np
import pytest
from made_family import RATE, SAMPLES, made_model

from ligeia.audio.signal import Audio
from ligeia.codec.family import members as kinds
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, one_member_layout
from ligeia.codec.family.members import Kind
from ligeia.codec.family.numbers import code_numbers
from ligeia.errors import InputError
from ligeia.latent.morphing import (
    MorphSettings,
    in_a_row,
    linear,
    morph_glide,
    morph_steps,
    path_members,
    softened,
    spherical,
)

MODEL = made_model(items=12)
PITCHED = made_model(items=12, kind="made_pitched")
CODES = np.asarray(MODEL.codes, np.float32)
ENDS = Member(CODES[0], 1.0), Member(CODES[1], 0.25)


def roughness(samples: np.ndarray) -> float:
    """The largest second difference, which a click makes large, as a part of the largest sample."""
    return float(np.abs(np.diff(samples, 2)).max() / np.abs(samples).max())


@pytest.mark.parametrize("path", [linear, spherical])
def test_paths_begin_and_end_where_they_should(path) -> None:
    codes = path(MODEL, CODES[0], CODES[1], np.linspace(0, 1, 7))
    assert np.abs(codes[0] - CODES[0]).max() < 1e-6
    assert np.abs(codes[-1] - CODES[1]).max() < 1e-6
    steps = np.linalg.norm(np.diff(codes, axis=0), axis=1)
    assert steps.max() < 3 * steps.min()


def test_an_arc_keeps_its_distance_from_the_centre() -> None:
    known = code_numbers(MODEL)
    centre, spread = known.centre, known.spread
    one = np.array([2, 0, 0, 0]) * spread + centre
    other = np.array([0, 2, 0, 0]) * spread + centre
    shares = np.linspace(0, 1, 5)
    arc, line = (path(MODEL, one, other, shares) for path in (spherical, linear))
    assert np.allclose(np.linalg.norm((arc - centre) / spread, axis=1), 2, atol=1e-4)
    assert np.linalg.norm((line[2] - centre) / spread) == pytest.approx(2**0.5, abs=1e-4)
    for last in (2 * centre - one, centre, one):  # opposite, at the centre, the same: there is no arc
        codes = spherical(MODEL, one, last, shares)
        assert np.isfinite(codes).all()
        assert np.abs(codes - linear(MODEL, one, last, shares)).max() < 1e-6


def test_steps_are_members_and_levels_change_evenly() -> None:
    sounds = morph_steps(MODEL, ENDS, MorphSettings(steps=5))
    assert len(sounds) == 5
    exact = member_inr(MODEL, [ENDS[0]], one_member_layout(MODEL)).render().samples
    assert np.abs(sounds[0].render().samples - exact).max() < 1e-6
    gains = [float(sound.gains[0]) for sound in sounds]
    assert gains == pytest.approx([1, 2**-0.5, 0.5, 8**-0.5, 0.25])
    pitches = [one.pitch for one in path_members(
        PITCHED, (Member(CODES[0], 1.0, 60.0), Member(CODES[1], 1.0, 72.0)), np.linspace(0, 1, 3), MorphSettings()
    )]  # fmt: skip
    assert pitches == [60, 66, 72]


def test_a_row_of_steps_does_not_click() -> None:
    sound = morph_glide(MODEL, ENDS, MorphSettings(steps=4))
    fade = 400
    assert sound.sample_count == 4 * SAMPLES - 3 * fade
    alone = max(roughness(one.render().samples[0]) for one in morph_steps(MODEL, ENDS, MorphSettings(steps=4)))
    assert roughness(sound.samples[0]) < 1.3 * alone
    ends = np.ones((1, 1000), np.float32), -np.ones((1, 1000), np.float32)
    assert roughness(in_a_row(ends, 8000)[0]) < 0.01
    assert roughness(np.concatenate(ends, axis=1)[0]) == 2  # without cross-fades this test would fail


@pytest.mark.parametrize("rate", [RATE, 22050])
def test_one_sound_glides_into_the_other(rate) -> None:
    ends = Member(CODES[0], 1.0, 69.0), Member(CODES[1], 0.5, 69.0)
    sound = morph_glide(PITCHED, ends, MorphSettings(seconds=0.8), rate=rate)
    assert sound.sample_count == round(0.8 * rate)
    layout = one_member_layout(PITCHED, 0.8)
    first, last = (member_inr(PITCHED, [end], layout).render(rate).samples[0] for end in ends)
    tenth = rate // 100
    assert np.abs(sound.samples[0, :tenth] - first[:tenth]).max() < 0.1 * np.abs(first).max()
    assert np.abs(sound.samples[0, -tenth:] - last[-tenth:]).max() < 0.1 * np.abs(first).max()
    assert roughness(sound.samples[0]) < 1.1 * max(roughness(first), roughness(last))


def test_a_kind_with_a_glide_of_its_own_has_the_word(monkeypatch) -> None:
    seen = {}

    def glide(model, codes, pitches, count):
        seen.update(codes=codes, pitches=pitches)
        return np.ones(count, np.float32)

    kind = Kind(whole=lambda *_: None, pitched=True, timed=True, glide=glide)
    monkeypatch.setattr(kinds, "KINDS", kinds.KINDS | {"made_pitched": kind})
    ends = Member(CODES[0], 1.0, 60.0), Member(CODES[1], 0.5, 72.0)
    sound = morph_glide(PITCHED, ends, MorphSettings(seconds=0.5))
    assert sound.samples[0, [0, -1]].tolist() == [1, 0.5]
    assert (seen["pitches"][0], seen["pitches"][-1]) == (60, 72)
    assert len(seen["codes"]) == len(seen["pitches"]) == 21


def test_sounds_beside_silence_rise_and_fall() -> None:
    sound = softened(Audio(np.ones((1, 1000), np.float32), 8000)).samples[0]
    assert max(sound[0], sound[-1]) < 0.01
    assert (sound[40:-40] == 1).all()
    assert np.abs(np.diff(sound)).max() < 0.05
    assert softened(Audio(np.ones((1, 2), np.float32), 8000)).sample_count == 2
    assert in_a_row([np.ones((1, 9), np.float32)], 8000).tolist() == [[1] * 9]


def test_settings_out_of_range() -> None:
    for changes in ({"steps": 1}, {"steps": 10**9}, {"path": "x"}, {"form": "x"}):
        with pytest.raises(InputError):
            MorphSettings(**changes)
    with pytest.raises(InputError, match="knows no pitch"):
        morph_steps(MODEL, ENDS, MorphSettings(pitch=60))
    with pytest.raises(InputError, match="knows no durations"):
        morph_glide(MODEL, ENDS, MorphSettings(seconds=1, form="within"))
    assert morph_glide(MODEL, ENDS, MorphSettings(form="within")).sample_count == SAMPLES
