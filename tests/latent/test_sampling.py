import numpy as np
import pytest
from made_family import RATE, SAMPLES, made_model

from ligeia.codec.family.model import model_bytes
from ligeia.errors import InputError
from ligeia.latent.priors import Draw
from ligeia.latent.sampling import MOST, SampleSettings, draw_members, item_pitch, sample

MODEL = made_model(items=12)
PITCHED = made_model(items=12, kind="made_pitched")


def test_sounds_are_functions_of_time(tmp_path) -> None:
    path = tmp_path / "made.safetensors"
    path.write_bytes(model_bytes(MODEL))
    sounds = sample(path, 3)
    assert len(sounds) == 3
    assert all((sound.rate, sound.sample_count) == (RATE, SAMPLES) for sound in sounds)
    renders = [sound.render(22050).samples for sound in sounds]
    assert np.abs(renders[0] - renders[1]).max() > 0.01
    again = sample(MODEL, 3)
    assert all(np.array_equal(a.render().samples, b.render().samples) for a, b in zip(sounds, again, strict=True))


def test_items_come_as_they_are_and_each_before_any_comes_twice() -> None:
    drawn = draw_members(MODEL, 12, SampleSettings(prior="item"))
    assert sorted(one.item for one in drawn) == list(range(12))
    drawn = draw_members(MODEL, 3, SampleSettings(item="sound 4"))
    assert [one.item for one in drawn] == [4, 4, 4]
    assert np.array_equal(drawn[0].member.code, np.asarray(MODEL.codes, np.float32)[4])
    drawn = draw_members(MODEL, 6, SampleSettings(prior="item", like="b"))
    assert sorted(one.item for one in drawn) == [1, 3, 5, 7, 9, 11]


def test_pitch_and_duration_where_the_family_knows_them() -> None:
    sound = sample(PITCHED, 1, SampleSettings(pitch=69, seconds=0.5))[0]
    assert sound.sample_count == 4000
    assert draw_members(PITCHED, 1, SampleSettings(item="sound 4"))[0].member.pitch == 64
    assert all(60 <= one.member.pitch <= 71 for one in draw_members(PITCHED, 20, SampleSettings()))
    assert item_pitch(made_model(kind="made_pitched", pitches=()), 0) == 60
    with pytest.raises(InputError, match="knows no pitch: it is part of the code; `like` takes a pitch too"):
        sample(MODEL, 1, SampleSettings(pitch=60))
    with pytest.raises(InputError, match=r"knows no durations: its sounds have 0\.25 s"):
        sample(MODEL, 1, SampleSettings(seconds=2))
    for pitch in (-1, 200, float("nan")):
        with pytest.raises(InputError, match="a pitch must lie between"):
            sample(PITCHED, 1, SampleSettings(pitch=pitch))


def test_settings_that_do_not_go_together() -> None:
    for count in (0, -3, 10**9):
        with pytest.raises(InputError, match=f"between 1 and {MOST:,}"):
            sample(MODEL, count)
    with pytest.raises(InputError, match="has no use for one"):
        SampleSettings(item="sound 1", prior="kde")
    with pytest.raises(InputError, match="but not both"):
        SampleSettings(item="sound 1", like="a")
    with pytest.raises(InputError, match="unknown prior"):
        SampleSettings(prior="x")


def test_a_label_is_heard() -> None:
    codes = np.zeros((40, 4), np.float32)
    codes[::2, 0] = np.linspace(0.8, 1.2, 20)
    codes[1::2, 1] = np.linspace(0.8, 1.2, 20)
    model = made_model(items=40, codes=codes)
    for prior in ("gaussian", "kde"):
        drawn = draw_members(model, 30, SampleSettings(prior=prior, like="b", draw=Draw(seed=3)))
        assert all(one.member.code[1] > 0.3 and abs(one.member.code[0]) < 0.3 for one in drawn)
