"""Recordings as members of a family, and what can be meant by a sound of one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made_family import made_model

import ligeia
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.codec.family.codes import Member, stored_numbers
from ligeia.codec.family.encode import member_inr, member_stream, one_member_layout
from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.lapped import LappedSettings
from ligeia.codec.family.model import FamilyModel, with_digest
from ligeia.errors import InputError
from ligeia.latent.decoders import decoder_kind
from ligeia.latent.embedding import embed_family, embed_inr, made_samples, nearest_member
from ligeia.latent.ends import end_member, stream_member

RATE, SAMPLES = 8000, 2048


def tone(k: float, samples: int = SAMPLES) -> np.ndarray:
    time = np.arange(samples) / RATE
    return (0.5 * np.exp(-8 * time) * np.sin(2 * np.pi * 300 * 2 ** (k / 12) * time)).astype(np.float32)


@pytest.fixture(scope="module")
def tones() -> FamilyModel:
    """A family of windowed sines whose codes have a closed form, learned from tones of 12 pitches."""
    settings = LappedSettings(code=36, frame_size=64, stretches=1, borders=(16,), ranks=(24, 12))
    decoder = decoder_kind("lapped")(settings, SAMPLES, seed=0)
    codes = decoder.solve(torch.from_numpy(np.stack([tone(k) for k in range(12)])))
    arrays = {name: value.detach().numpy() for name, value in decoder.state_dict().items()}
    return with_digest(
        FamilyModel(name="tones", kind="lapped", settings=settings.table(), rate=RATE, samples=SAMPLES,
                    codes=codes.numpy(), arrays=arrays, names=tuple(f"tone {k}" for k in range(12)))
    )  # fmt: skip


@pytest.mark.parametrize("gain", [1e-3, 0.4, 30.0])
def test_a_learned_sound_comes_back_at_any_level(tones, gain) -> None:
    embedded = embed_family(Audio(gain * tone(3)[None], RATE), tones)
    assert embedded.si_snr_db > 20
    assert embedded.report.snr_db > min(embedded.si_snr_db - 1, 45)  # a gain has 8 bits
    assert len(embedded.stream) < 150
    assert embedded.numbers <= 37
    facts = embedded.facts(tones, SAMPLES / RATE)
    assert facts["numbers_per_second"] == pytest.approx(embedded.numbers * RATE / SAMPLES)
    assert facts["model_bytes"] == tones.size


def test_rounding_costs_next_to_nothing(tones) -> None:
    sound = Audio(tone(2.5)[None], RATE)
    embedded = embed_family(sound, tones)
    exact = nearest_member(sound, tones)
    made = member_inr(tones, [exact], one_member_layout(tones)).render().samples[0]
    error = np.square(made - tone(2.5)).sum()
    best = 10 * np.log10(np.square(tone(2.5)).sum() / error)
    assert embedded.report.snr_db > best - 0.5
    assert stored_numbers(tones, exact.code, embedded.precision) <= 36


def test_a_sound_that_is_like_nothing_learned_gets_a_note(tones) -> None:
    noise = np.random.default_rng(3).standard_normal((1, tones.samples)).astype(np.float32) * 0.1
    embedded = embed_family(Audio(noise, RATE), tones)
    assert embedded.si_snr_db < 0
    assert "has nothing near to this sound" in embedded.report.notes[-1]


def test_long_sounds_and_other_rates_and_channels(tones) -> None:
    long = np.tile(tone(4), (2, 4))
    embedded = embed_family(Audio(long, RATE), tones)
    inr = ligeia.decode(embedded.stream)
    assert inr.segments.count > 4
    assert inr.sample_count == long.shape[1]
    assert embedded.report.notes[0].endswith("the 2 channels were averaged")
    assert "what lies above 4000 Hz" in embed_family(Audio(long, 2 * RATE), tones).report.notes[0]
    silent = np.concatenate([np.zeros((1, 4 * SAMPLES)), tone(4)[None]], axis=1)
    assert 0 in embed_inr(Audio(silent, RATE), tones).gains


def test_codes_that_are_searched_for() -> None:
    settings = FilmSettings(
        code=3, widths=(8, 8), mapping_width=8, mapping_layers=1, first_omega=20.0, hidden_omega=4.0
    )
    decoder = decoder_kind("film")(settings, SAMPLES, seed=1)
    arrays = {name: value.detach().numpy() for name, value in decoder.state_dict().items()}
    codes = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
    model = with_digest(FamilyModel(name="f", kind="film", settings=settings.table(), rate=RATE, samples=SAMPLES,
                                    codes=codes, arrays=arrays))  # fmt: skip
    wanted = made_samples(model, codes[2] * 0.9)
    embedded = embed_family(Audio(0.2 * wanted[None], RATE), model, steps=150)
    assert embedded.si_snr_db > 15
    assert ligeia.inspect(embedded.stream).network == "film"


def test_what_cannot_be_embedded(tones) -> None:
    for sound, message in (
        (Audio(np.zeros((1, 100)), RATE), "silent"),
        (Audio(np.zeros((1, 0)), RATE), "no samples"),
    ):
        with pytest.raises(InputError, match=message):
            embed_family(sound, tones)
    with pytest.raises(InputError, match="silent"):
        nearest_member(Audio(np.zeros((1, 100)), RATE), tones)


def test_ends(tones, tmp_path) -> None:
    member = Member(np.ones(36, np.float32), 0.5)
    assert end_member(tones, member) is member
    item = end_member(tones, "tone 3")
    assert np.array_equal(item.code, tones.codes[3])
    wav = tmp_path / "a.wav"
    write_audio(wav, Audio(0.5 * tone(3)[None], RATE), subtype="FLOAT")
    heard = end_member(tones, wav)
    assert heard.gain == pytest.approx(0.5, rel=0.05)
    assert np.abs(made_samples(tones, heard.code) * heard.gain - 0.5 * tone(3)).max() < 0.02
    again = end_member(tones, Audio(0.5 * tone(3)[None], RATE))
    assert np.array_equal(again.code, heard.code)
    stream = member_stream(tones, [Member(tones.codes[5], 1.0)], one_member_layout(tones), 20)
    (tmp_path / "a.lig").write_bytes(stream)
    assert np.abs(end_member(tones, tmp_path / "a.lig").code - tones.codes[5]).max() < 1e-2
    assert stream_member(stream, replace(tones, digest=bytes(8))) is None
    other = ligeia.encode(Audio(tone(3)[None], RATE), preset="waveform", kbps=64)
    (tmp_path / "b.lig").write_bytes(other)
    assert np.abs(made_samples(tones, end_member(tones, tmp_path / "b.lig").code) - tone(3)).max() < 0.2
    silence = member_stream(tones, [Member(tones.codes[5], 0.0)], one_member_layout(tones), 20)
    with pytest.raises(InputError, match="silent"):
        stream_member(silence, tones)
    for end, message in (("nothing", "not an item"), ("a.mp3", "does not exist"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=message):
            end_member(tones, end)


def test_the_public_names_take_models_by_file(tmp_path) -> None:
    from ligeia.codec.family.model import model_bytes

    path = tmp_path / "made.safetensors"
    path.write_bytes(model_bytes(made_model()))
    assert len(ligeia.sample(path, 2)) == 2
    steps = ligeia.morph(path, "sound 1", "sound 2", ligeia.MorphSettings(steps=3))
    assert [step.sample_count for step in steps] == [2000] * 3
