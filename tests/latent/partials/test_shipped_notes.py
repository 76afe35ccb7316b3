"""The family that comes with the package: in tune, without clicks, in tune between instruments too."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from ligeia.cli.main import app
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, one_member_layout
from ligeia.codec.family.finding import find_family
from ligeia.codec.family.model import FamilyModel, float_arrays
from ligeia.codec.family.partials import Networks
from ligeia.codec.family.playing import Score, glide, notes, partials_settings, perform_tone, tone_of
from ligeia.datasets.provenance import learned_from
from ligeia.dsp.partials import find_partials, find_pitch
from ligeia.latent.partials.learning import CONFIGURATION, read_notes_config

RATE = 16000
CENTS = 2.0


@pytest.fixture(scope="module")
def family() -> FamilyModel:
    return find_family("notes")


def code_named(family: FamilyModel, name: str) -> np.ndarray:
    return np.asarray(family.codes[family.names.index(name)], np.float32)


def played(family: FamilyModel, name: str, pitch: float, seconds: float = 1.0) -> np.ndarray:
    samples = notes(family, code_named(family, name)[None], np.array([pitch]), round(seconds * RATE))
    return samples[0].astype(np.float64)


def envelope(samples: np.ndarray, seconds: float = 0.02) -> np.ndarray:
    size = round(seconds * RATE)
    sums = np.cumsum(np.square(samples))
    return np.sqrt((sums[size:] - sums[:-size]) / size)


def first_partial(samples: np.ndarray, pitch: float) -> float:
    """Frequency of the strongest bin near the fundamental, by a parabola, in semitones."""
    part = samples[len(samples) // 2 : -RATE // 10]  # settled, and not yet released
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 2**18))
    near = 440 * 2 ** ((pitch - 69) / 12) * 2**18 / RATE
    low = round(near * 0.97)
    peak = low + int(spectrum[low : round(near * 1.03)].argmax())
    left, middle, right = np.log(spectrum[peak - 1 : peak + 2])
    place = peak + 0.5 * (left - right) / (left - 2 * middle + right)
    return float(69 + 12 * np.log2(place * RATE / 2**18 / 440))


def test_it_is_what_its_origin_says(family: FamilyModel) -> None:
    origin = learned_from("notes")
    stream = origin.path.read_bytes()
    assert hashlib.sha256(stream).hexdigest() == origin.sha256
    assert len(stream) < 2_000_000
    assert origin.recipe == CONFIGURATION
    config = read_notes_config(CONFIGURATION)
    assert set(family.labels) == set(config.data.instruments)
    assert family.decoder == config.decoder


@pytest.mark.parametrize("name", ["piano", "guitar", "bearsax", "ocarina", "contrabass", "voice"])
def test_middle_c_is_in_tune(family: FamilyModel, name: str) -> None:
    assert 100 * (first_partial(played(family, name, 60.0), 60.0) - 60) == pytest.approx(0, abs=CENTS)


def test_pitches_between_semitones_are_in_tune(family: FamilyModel) -> None:
    for pitch in (45.5, 57.37, 71.25):
        assert 100 * (first_partial(played(family, "altosax", pitch), pitch) - pitch) == pytest.approx(0, abs=CENTS)


@pytest.mark.parametrize("name", ["piano", "altosax", "tuba", "pizzicato", "xylophone"])
def test_notes_do_not_click(family: FamilyModel, name: str) -> None:
    samples = played(family, name, 60.0, 1.5)
    level = 20 * np.log10(envelope(samples)[RATE // 10 :: RATE // 100] + 1e-5)
    assert np.diff(level).max() < 2.0  # dB in 10 ms, once the note has begun
    jumps = np.abs(np.diff(np.concatenate([[0], samples, [0]])))
    assert jumps[[0, -1]].max() < 1e-3
    assert jumps.max() < 0.1


def test_all_instruments_are_about_as_loud_at_all_pitches(family: FamilyModel) -> None:
    for name in dict.fromkeys(family.labels):
        for pitch in range(40, 91, 10):
            samples = played(family, name, pitch, 0.5)
            assert envelope(samples, 0.05).max() == pytest.approx(0.1, rel=0.05), (name, pitch)
            assert np.abs(samples).max() < 0.95


def test_nothing_is_aliased(family: FamilyModel) -> None:
    networks = Networks(partials_settings(family), float_arrays(family.arrays))
    score = Score.of(code_named(family, "piano"), 100.0, networks.settings)
    sound, hz = perform_tone(networks, score, RATE)[RATE // 5 :], tone_of(networks, score, RATE).hz[:, 0]
    spectrum = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    bins = np.arange(len(spectrum)) * RATE / len(sound)
    beside = np.abs(bins[:, None] - hz[hz < RATE / 2]).min(axis=1) > 50
    assert spectrum[beside].sum() < 1e-4 * spectrum.sum()


def test_what_is_blown_lasts_and_what_is_struck_fades(family: FamilyModel) -> None:
    for name, least, most in (("altosax", -6.0, 6.0), ("ocarina", -6.0, 6.0), ("piano", 12.0, 90.0)):
        level = 20 * np.log10(envelope(played(family, name, 65.0, 6.0), 0.2) + 1e-9)
        assert least < level[RATE // 2] - level[5 * RATE] < most, name


def test_a_morph_is_one_sound_that_moves(family: FamilyModel) -> None:
    ends = [code_named(family, name) for name in ("bearsax", "ocarina")]
    path = np.linspace(0, 1, 161)[:, None]
    codes = ((1 - path) * ends[0] + path * ends[1]).astype(np.float32)
    sound = glide(family, codes, np.full(161, 67.0, np.float32), 4 * RATE).astype(np.float64)
    inside = envelope(sound)[RATE // 5 : -RATE // 4]
    steps = 20 * np.abs(np.diff(np.log10(inside[:: RATE // 100])))
    assert steps.max() < 1.5  # dB in 10 ms: two sounds a few cents apart would beat, and cuts would click
    for start in range(0, 3 * RATE, RATE):
        assert first_partial(sound[start : start + RATE], 67.0) == pytest.approx(67, abs=0.05)


def test_a_morph_of_two_pitches_passes_those_between(family: FamilyModel) -> None:
    path = np.linspace(0, 1, 161)[:, None]
    codes = ((1 - path) * code_named(family, "piano") + path * code_named(family, "voice")).astype(np.float32)
    sound = glide(family, codes, (55 + 12 * path[:, 0]).astype(np.float32), 4 * RATE).astype(np.float64)
    middles = np.array([0.75, 1.75, 2.75])
    parts = [sound[start : start + RATE // 5] for start in np.rint((middles - 0.1) * RATE).astype(int)]
    found = [find_pitch(part, RATE) for part in parts]
    np.testing.assert_allclose(found, 55 + 3 * middles, atol=0.6)


def test_notes_render_at_any_rate(family: FamilyModel) -> None:
    inr = member_inr(family, [Member(code_named(family, "piano"), 1.0, 60.0)], one_member_layout(family, 1.0))
    at_48 = inr.render(48000).samples[0].astype(np.float64)
    assert len(at_48) == 48000
    assert find_partials(at_48, 48000, 60).pitch == pytest.approx(60, abs=0.05)


def test_the_commands_of_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav, lig = tmp_path / "note.wav", tmp_path / "note.lig"
    words = ["sample", "notes", "--like", "piano", "--pitch", "60", "--seconds", "2", "-o", str(wav)]
    app(words, standalone_mode=False)
    app(["morph", "notes", "bearsax", "ocarina", "-o", str(tmp_path / "glide.wav")], standalone_mode=False)
    capsys.readouterr()
    app(["embed", "notes", str(wav), "-o", str(lig), "--json"], standalone_mode=False)
    facts = json.loads(capsys.readouterr().out)
    assert facts["numbers_per_second"] <= 512
    assert facts["si_snr_db"] > 10
    assert lig.stat().st_size < 1000
