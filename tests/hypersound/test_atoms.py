"""Writing by atoms: numbers are counted, and the function is the sum of the atoms, for all kinds of sounds."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.decode import decode
from ligeia.codec.encode import encode_inr
from ligeia.errors import Cancelled, InputError
from ligeia.hypersound import atoms
from ligeia.hypersound.atoms import atoms_stream, write_atoms
from ligeia.hypersound.dictionary import Dictionary, load_dictionary

RATE = 8000


@pytest.fixture
def dictionary():
    """The unit patches and some of two neighbours: every sound can be written, if there are numbers enough."""
    shapes = np.concatenate([np.eye(8), (np.eye(8) + np.roll(np.eye(8), 1, axis=1)) / np.sqrt(2)])
    return Dictionary(shapes.reshape(-1, 2, 4).astype(np.float32), rate=RATE, frame_size=64)


def tones(samples, channels=1, rate=RATE):
    time = np.arange(samples) / rate
    waves = [np.sin(2 * np.pi * (300 + 170 * channel) * time) * np.exp(-3 * time) for channel in range(channels)]
    return Audio(0.5 * np.stack(waves), rate)


def snr(sound, estimate):
    return 10 * np.log10(np.square(sound.samples).sum() / np.square(sound.samples - estimate.samples).sum())


@pytest.mark.parametrize("channels", [1, 2])
def test_numbers_are_at_most_those_asked_for(dictionary, channels):
    sound = tones(4000, channels)
    written = write_atoms(sound, dictionary, ratio=20)
    assert written.numbers <= sound.samples.size / 20
    assert written.numbers > 0.9 * sound.samples.size / 20
    assert written.numbers == 3 * sum(len(part) for part in written.atoms)
    inr = written.inr()
    assert inr.channels == channels
    assert inr.sample_count == 4000
    assert snr(sound, inr.render()) == pytest.approx(written.report["snr_db"], abs=0.01)
    assert written.report["snr_db"] > 10


def test_more_numbers_are_closer(dictionary):
    values = [write_atoms(tones(4000), dictionary, ratio=ratio).report["snr_db"] for ratio in (40, 20, 10, 5)]
    assert values == sorted(values)


def test_long_sounds_are_written_in_blocks(dictionary, monkeypatch):
    monkeypatch.setattr(atoms, "MOST_FRAMES", 16)
    sound = tones(4000)
    written = write_atoms(sound, dictionary, ratio=10)
    assert len(written.atoms) == 4
    assert written.numbers <= 400
    # (what the atoms leave behind the end of the sound counts as an error in the report)
    assert snr(sound, written.inr().render()) == pytest.approx(written.report["snr_db"], abs=0.1)


def test_other_rates_are_resampled(dictionary):
    sound = tones(6000, rate=24000)
    inr = write_atoms(sound, dictionary, ratio=5).inr()
    assert (inr.rate, inr.sample_count) == (RATE, 2000)
    assert snr(sound, Audio(inr.render(rate=24000).samples[:, :6000], 24000)) > 10


@pytest.mark.parametrize("samples", [1, 5, 63, 64, 65, 300])
def test_sounds_of_any_length(dictionary, samples):
    written = write_atoms(tones(samples), dictionary, ratio=1)
    assert written.inr().render().sample_count == samples
    assert written.numbers <= samples


def test_silence_is_silence(dictionary):
    written = write_atoms(Audio(np.zeros((2, 1000)), RATE), dictionary)
    assert written.numbers == 0
    assert not written.inr().render().samples.any()


def test_the_function_can_be_stored(dictionary):
    inr = write_atoms(tones(2000), dictionary, ratio=10).inr()
    assert decode(encode_inr(inr)).render().samples == pytest.approx(inr.render().samples, abs=1e-6)


def test_bits_are_an_estimate_of_plain_codes(dictionary):
    written = write_atoms(tones(4000), dictionary, ratio=20)
    places = (63 + 1) * (64 + 3)
    assert written.bits == sum(map(len, written.atoms)) * (np.ceil(np.log2(places)) + 4 + 8)


def test_values_may_be_rounded(dictionary):
    sound = tones(4000)
    written = write_atoms(sound, dictionary, ratio=20)
    rounded = written.rounded()
    pairs = zip(written.atoms, rounded.atoms, strict=True)
    assert all(np.allclose(ours.values, theirs.values, rtol=0.05) for ours, theirs in pairs)
    assert len(np.unique(np.abs(rounded.atoms[0].values))) <= 128
    assert 0 < written.report["snr_db"] - snr(sound, rounded.inr().render()) < 1


def test_emphasis_spends_numbers_on_quiet_parts(dictionary):
    time = np.arange(4000) / RATE
    quiet = 0.02 * np.sin(2 * np.pi * 3000 * time)
    sound = Audio((np.sin(2 * np.pi * 300 * time) * (1 + np.sin(40 * time)) / 4 + quiet)[None], RATE)

    def of_the_quiet_tone(emphasis):
        estimate = write_atoms(sound, dictionary, ratio=20, emphasis=emphasis).inr().render().samples[0]
        return float(estimate @ quiet / (quiet @ quiet))

    assert of_the_quiet_tone(0.0) < 0.5 < of_the_quiet_tone(1.0)


def test_bad_requests_are_refused(dictionary):
    with pytest.raises(InputError, match="no samples"):
        write_atoms(Audio(np.zeros((1, 0)), RATE), dictionary)
    for ratio in (0.5, np.inf, np.nan):
        with pytest.raises(InputError, match="at least 1"):
            write_atoms(tones(100), dictionary, ratio=ratio)
    for emphasis in (-0.1, 1.5, np.nan):
        with pytest.raises(InputError, match="between 0 and 1"):
            write_atoms(tones(100), dictionary, emphasis=emphasis)
    with pytest.raises(InputError, match="cannot be stored"):
        write_atoms(Audio(np.full((1, 200), 1e30), RATE), dictionary)


def test_progress_ends_at_one_and_can_cancel(dictionary):
    seen = []
    write_atoms(tones(4000), dictionary, on_progress=lambda progress: seen.append(progress.done))
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def cancel(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        write_atoms(tones(4000), dictionary, on_progress=cancel)


def test_a_stream_holds_the_function(dictionary):
    sound = tones(8000)
    stream, report, written = atoms_stream(sound, dictionary, ratio=10)
    assert report.snr_db == pytest.approx(written.report["snr_db"], abs=0.5)
    assert snr(sound, decode(stream).render()) == pytest.approx(report.snr_db, abs=0.1)
    assert report.notes == ()
    stream, report, written = atoms_stream(Audio(np.zeros((1, 3000)), 12000), dictionary)
    assert decode(stream).sample_count == 2000
    assert "4000 Hz" in report.notes[0]


def test_the_shipped_dictionary_writes_speech_better_than_the_largest_coefficients():
    from ligeia.studies.closed_forms import closed_form
    from ligeia.studies.fits import sound

    audio, _ = sound("speech", 0, rate=16000, seconds=1.0)
    written = write_atoms(audio, load_dictionary("atoms"), ratio=16)
    closed = closed_form("largest coefficients", audio.samples[0], audio.sample_count // 16)
    assert written.numbers <= audio.sample_count / 16
    assert written.report["snr_db"] > snr(audio, Audio(closed.estimate[None], 16000)) + 1
