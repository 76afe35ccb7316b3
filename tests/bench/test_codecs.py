"""Names of codecs, and their errors."""

import shutil
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import soundfile

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.bench import codecs as plugins
from ligeia.bench import in_process as ours
from ligeia.bench.codec import CodecError, Usage, name_of
from ligeia.bench.codecs import BY_NAME, FAMILIES, codecs_named, from_entry_point, from_path, plug_ins
from ligeia.errors import InputError, LigeiaError


def test_names_are_those_of_the_command_line() -> None:
    assert [name_of(codec) for codec in codecs_named("opus:24,flac")] == ["opus:24", "flac"]


def test_codec_errors_are_expected_ones() -> None:
    assert issubclass(CodecError, LigeiaError)


VOCODERS = {"codec2"}  # they rebuild the sound, not the waveform
KEEP_THE_RATE = {"opusenc", "aac", "vorbis", "flac", "pcm16", "mulaw", "ligeia"}


def names(text):
    return [name_of(codec) for codec in codecs_named(text)]


def test_a_family_stands_for_its_ladder():
    assert names("opus") == [f"opus:{kbps}" for kbps in (6, 8, 12, 16, 24, 32, 48, 64)]
    assert names("mp3") == [f"mp3:{kbps}" for kbps in (16, 24, 32, 48, 64, 96, 128)]
    assert names("flac") == ["flac"]
    assert names("ligeia") == [*(f"ligeia:{preset}" for preset in ours.PRESETS)]


def test_order_is_kept_and_equals_are_dropped():
    assert names(" flac, mp3:32 ,ligeia:24.0,flac,,mp3:32,ligeia:24") == ["flac", "mp3:32", "ligeia:24"]
    assert names("mp3:32,mp3")[:3] == ["mp3:32", "mp3:16", "mp3:24"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "name at least one codec; there are: ligeia, opus"),
        ("wma", "unknown codec 'wma'; there are: ligeia, opus, opusenc, mp3"),
        ("opus,mp3:33", "mp3 takes one of 8, 16"),
        ("python:nosuch", "name a plug-in as python:package.module:attribute"),
    ],
)
def test_names_that_are_none(text, reason):
    with pytest.raises(InputError, match=reason):
        codecs_named(text)


def test_plug_ins_are_found(monkeypatch):
    monkeypatch.setattr("ligeia.bench.codecs.plug_ins", lambda: {"mine": None})
    monkeypatch.setattr("ligeia.bench.codecs.from_entry_point", lambda name, setting: codecs_named("pcm16"))
    assert names("mine:3") == ["pcm16"]
    with pytest.raises(InputError, match=r"unknown codec 'yours'; .*, mine$"):
        codecs_named("yours")


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


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2)])
@pytest.mark.parametrize(
    "name",
    ["opus:24", "opusenc:24", "mp3:64", "aac:64", "vorbis:3", "speex:24", "codec2:3200", "flac", "pcm16", "mulaw"],
)
def test_there_and_back(name, rate, channels, needs, write_tone, tmp_path):
    (codec,) = codecs_named(name)
    if codec.family == "codec2" and channels > 1:
        pytest.skip("codec2 is mono")
    needs(codec)
    assert "\n" not in codec.version()
    wav, encoded, decoded = write_tone(rate, channels), tmp_path / f"a{codec.suffix}", tmp_path / "b.wav"
    usages = [codec.encode(wav, encoded, 30), codec.decode(encoded, decoded, 30)]
    assert all(usage.seconds > 0 and (usage.peak_bytes is None or usage.peak_bytes > 1e6) for usage in usages)
    payload = codec.payload_bytes(encoded)
    assert payload is None or 0 < payload <= encoded.stat().st_size
    check(codec, read_audio(wav), read_audio(decoded))


@pytest.mark.parametrize("family", ["opus", "opusenc", "mp3", "aac", "vorbis", "speex"])
def test_every_step_of_a_ladder_is_larger(family, needs, write_tone, tmp_path):
    """Or else a setting does not reach the encoder."""
    codecs, wav, sizes = codecs_named(family), write_tone(44100, 2), []
    needs(*codecs)
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
    assert abs(decoded.frames - reference.frames) <= 2400
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


class Copy:
    """The smallest codec from outside."""

    family, suffix, lossless = "whatever", ".copy", True

    def __init__(self, setting):
        if setting == "bad":
            raise InputError("copy takes anything but bad")
        self.setting = str(1 / int(setting)) if setting.isdigit() else setting

    def version(self):
        return "copy 1"

    def encode(self, wav, encoded, timeout):
        shutil.copyfile(wav, encoded)
        return Usage(timeout, None)

    def decode(self, encoded, wav, timeout):
        return self.encode(encoded, wav, timeout)

    def payload_bytes(self, encoded):
        return 7


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A module `outside_codecs` that can be imported."""
    text = "ready = made = stepped = None\nbroken = 3\nclass Group: inner = None\n"
    (tmp_path / "outside_codecs.py").write_text(text)
    (tmp_path / "outside_broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    import outside_codecs as module

    stepped = type("Stepped", (Copy,), {"ladder": ("2", 3)})
    module.made, module.ready, module.stepped, module.Group.inner = Copy, Copy(""), stepped, Copy
    return module


def test_a_codec_is_used_as_it_is(outside, write_tone, tmp_path):
    (codec,) = from_path("outside_codecs:ready")
    assert name_of(codec) == "python:outside_codecs:ready"
    wav = write_tone(8000)
    assert codec.encode(wav, tmp_path / "a.copy", 5) == Usage(5, None)
    codec.decode(tmp_path / "a.copy", tmp_path / "b.wav", 5)
    assert (tmp_path / "b.wav").read_bytes() == wav.read_bytes()
    assert (codec.suffix, codec.lossless, codec.version(), codec.payload_bytes(wav)) == (".copy", True, "copy 1", 7)


def test_a_factory_gets_the_setting(outside):
    for path in ("outside_codecs:made:5", "outside_codecs:Group.inner:5", "outside_codecs:made"):
        (codec,) = from_path(path)
        assert name_of(codec) == f"python:{path}"


def test_a_factory_may_have_a_ladder(outside):
    assert [codec.setting for codec in from_path("outside_codecs:stepped")] == ["2", "3"]
    assert [codec.setting for codec in from_path("outside_codecs:stepped:9")] == ["9"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("outside_codecs", "name a plug-in as python:package.module:attribute, got python:outside_codecs"),
        (":made", "name a plug-in as"),
        ("nosuch_module:made", "the plug-in nosuch_module:made does not load: ModuleNotFoundError"),
        ("outside_broken:made", "does not load: ZeroDivisionError: division by zero"),
        ("outside_codecs:none", "does not load: AttributeError"),
        ("outside_codecs:broken", "gives no codec: it has no suffix, lossless, version, encode"),
        ("outside_codecs:ready:5", "python:outside_codecs:ready takes no setting, got '5'"),
        ("outside_codecs:made:0", "failed with the setting '0': ZeroDivisionError"),
        ("outside_codecs:made:bad", "^copy takes anything but bad$"),
    ],
)
def test_plug_ins_that_are_none(outside, path, reason):
    with pytest.raises(InputError, match=reason):
        from_path(path)


def test_entry_points(outside, monkeypatch):
    point = EntryPoint("mine", "outside_codecs:made", plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == "ligeia.codecs" else [])
    assert plug_ins() == {"mine": point}
    (codec,) = from_entry_point("mine", "5")
    assert name_of(codec) == "mine:5"
