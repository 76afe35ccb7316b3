"""Names of codecs, the table, plug-ins, and what every codec must give back."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.bench.codec import name_of
from ligeia.bench.codecs import BY_NAME, DEFAULT, FAMILIES, codecs_named, forms_of
from ligeia.bench.in_process import PRESETS
from ligeia.errors import InputError, SettingsError

VOCODERS = {"codec2"}  # they rebuild the sound, not the waveform
KEEP_THE_RATE = {"opusenc", "aac", "vorbis", "lc3", "fdkaac", "fdkaac-he", "flac", "pcm16", "mulaw", "ligeia"}


def names(text):
    return [name_of(codec) for codec in codecs_named(text)]


def test_a_family_stands_for_its_ladder():
    assert names("opus") == [f"opus:{kbps}" for kbps in (6, 8, 12, 16, 24, 32, 48, 64)]
    assert names("mp3") == [f"mp3:{kbps}" for kbps in (16, 24, 32, 48, 64, 96, 128)]
    assert names("flac") == ["flac"]
    assert names("ligeia") == [f"ligeia:lapped@{kbps}" for kbps in (8, 16, 24, 32, 48, 64, 96, 128)]


def test_the_default_is_what_the_committed_report_shows():
    report = (Path(__file__).parents[2] / "results/codecs/report.md").read_text()
    shown = set(re.findall(r"^\| ([a-z0-9]+(?::[a-z0-9@]+)?) \| \d+ \|", report, re.MULTILINE))
    assert shown == set(names(DEFAULT))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_is_listed_can_be_asked_for(family):
    for form, meaning in forms_of(family):
        name = form.replace("PRESET", PRESETS[0]).replace("K", "24")
        name = name.replace("Q", "3").replace("MODE", "3200").replace("MODEL", "16khz").replace("3200L", "16khz")
        assert names(name) == [name]
        limits = re.search(r"(-?[\d.]+) to ([\d.]+)$", meaning)
        for limit, beyond in zip(limits.groups(), (-0.05, 1), strict=True) if limits else ():
            letter = form[-1]
            assert names(form.replace(letter, limit)) == [form.replace(letter, f"{float(limit):g}")]
            with pytest.raises(SettingsError):
                names(form.replace(letter, str(float(limit) + beyond)))


def test_order_is_kept_and_equals_are_dropped():
    assert names(" flac, mp3:32 ,ligeia:24.0,flac,,mp3:32,ligeia:24") == ["flac", "mp3:32", "ligeia:24"]
    assert names("mp3:32,mp3")[:3] == ["mp3:32", "mp3:16", "mp3:24"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "name at least one codec; there are: ligeia, opus"),
        ("wma", "unknown codec 'wma'; there are: ligeia, opus, opusenc, mp3"),
        ("opus,mp3:33", "mp3 takes one of 8, 16"),
    ],
)
def test_names_that_are_none(text, reason):
    with pytest.raises(InputError, match=reason):
        codecs_named(text)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_name_leads_back_to_its_codec(family):
    codecs = codecs_named(family.name)
    assert len(codecs) == len(family.ladder)
    for codec in codecs:
        assert codec.family == family.name
        assert [name_of(codec)] == names(name_of(codec))
        assert codec.suffix.startswith(".")
    assert family.summary
    assert family.install
    assert bool(family.setting) == (family.ladder != ("",))


STEREO = ("opus:24", "opusenc:24", "mp3:64", "aac:64", "vorbis:3", "speex:24", "flac", "pcm16", "mulaw")
STEREO += ("libopus-voip:24", "libopus-audio:24", "fdkaac:64", "fdkaac-he:48", "fdkaac-hev2:32")
TELEPHONE = ("opus:24", "mp3:64", "speex:24", "codec2:3200", "libopus-voip:24", "lc3:32", "fdkaac:24")


@pytest.mark.parametrize(
    ("name", "rate", "channels"), [*((name, 44100, 2) for name in STEREO), *((name, 8000, 1) for name in TELEPHONE)]
)
def test_there_and_back(name, rate, channels, needs, write_tone, tmp_path):
    (codec,) = codecs_named(name)
    needs(codec)
    assert "\n" not in codec.version()
    wav, encoded, decoded = write_tone(rate, channels), tmp_path / f"a{codec.suffix}", tmp_path / "b.wav"
    usages = [codec.encode(wav, encoded, 30), codec.decode(encoded, decoded, 30)]
    assert all(usage.seconds > 0 and (usage.peak_bytes is None or usage.peak_bytes > 1e6) for usage in usages)
    payload = codec.payload_bytes(encoded)
    assert payload is None or 0 < payload <= encoded.stat().st_size
    check(codec, read_audio(wav), read_audio(decoded))


@pytest.mark.parametrize("family", ["opus", "opusenc", "mp3", "aac", "vorbis", "speex", "libopus-voip", "fdkaac"])
def test_steps_of_a_ladder_are_larger(family, needs, write_tone, tmp_path):
    """Or else a setting does not reach the encoder."""
    ladder, wav, sizes = codecs_named(family), write_tone(44100, 2), []
    needs(ladder[0])
    codecs = [*ladder[:2], ladder[-1]]
    for codec in codecs:
        encoded = tmp_path / f"a{codec.suffix}"
        codec.encode(wav, encoded, 30)
        sizes.append(encoded.stat().st_size)
    assert sizes == sorted(set(sizes))


def check(codec, original, decoded):
    """Whether the decoded sound is the original, as far as such a codec keeps it."""
    assert decoded.channels == original.channels
    if codec.family in KEEP_THE_RATE:
        assert decoded.rate == original.rate
    reference = resample(original, decoded.rate)
    assert abs(decoded.sample_count - reference.sample_count) <= 2400
    if codec.lossless:
        assert np.array_equal(decoded.samples, original.samples)
    elif codec.family not in VOCODERS:
        for one, other in zip(reference.samples, decoded.samples, strict=True):
            assert correlation(one, other) > 0.5  # low rates trade the phases of one channel for its loudness


def correlation(reference, estimate):
    """The highest normalised correlation over all delays."""
    size = 2 ** (len(reference) + len(estimate)).bit_length()
    spectrum = np.conj(np.fft.rfft(reference, size)) * np.fft.rfft(estimate, size)
    return np.fft.irfft(spectrum).max() / np.sqrt(np.square(reference).sum() * np.square(estimate).sum())


def test_own_codec_in_the_table(write_tone, tmp_path):
    (codec,) = codecs_named("ligeia:16")
    wav = write_tone(8000, 1, 0.2)
    codec.encode(wav, tmp_path / "a.lig", 60)
    codec.decode(tmp_path / "a.lig", tmp_path / "b.wav", 60)
    assert soundfile.info(tmp_path / "b.wav").frames == 1600
    check(codec, read_audio(wav), read_audio(tmp_path / "b.wav"))


def test_table_is_by_name():
    assert list(BY_NAME) == [family.name for family in FAMILIES]


OUTSIDE = """
from ligeia.bench.codec import Family, Usage
from ligeia.errors import InputError

class Copy:
    suffix, lossless = ".copy", True

    def __init__(self, setting, family="mine"):
        if setting == "bad":
            raise InputError("copy takes anything but bad")
        self.family, self.setting = family, str(1 // int(setting)) if setting.isdigit() else setting

    def payload_bytes(self, encoded):
        return 7

mine = Family("mine", Copy, ("slow", "fast"))
other = Family("other", Copy)
text = "not a family"
"""


@pytest.fixture
def outside(install):
    points = {"mine": "outside_codecs:mine", "wrong": "outside_codecs:mine", "other": "outside_codecs:other"}
    points |= {"text": "outside_codecs:text", "none": "outside_codecs:none", "gone": "nosuch_module:made"}
    install("outside_codecs", OUTSIDE, points)


def test_plug_ins_are_found_by_their_entry_points(outside):
    assert names("mine,flac,mine:9") == ["mine:slow", "mine:fast", "flac", "mine:0"]
    (codec,) = codecs_named("mine:x")
    assert (codec.suffix, codec.payload_bytes(None)) == (".copy", 7)
    with pytest.raises(InputError, match=r"unknown codec 'yours'; .*, dac, mine, wrong, other, text, none, gone$"):
        codecs_named("yours")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone", "the plug-in nosuch_module:made does not load: ModuleNotFoundError"),
        ("none", "the plug-in outside_codecs:none does not load: AttributeError"),
        ("text", "the plug-in outside_codecs:text is not a Family named 'text', got 'not a family'"),
        ("wrong", "is not a Family named 'wrong'"),
        ("other:x", "the plug-in other failed with the setting 'x': its family is 'mine'"),
        ("mine:0", "the plug-in mine failed with the setting '0': ZeroDivisionError"),
        ("mine:bad", "^copy takes anything but bad$"),
    ],
)
def test_plug_ins_that_fail(outside, name, reason):
    with pytest.raises(InputError, match=reason):
        codecs_named(name)
