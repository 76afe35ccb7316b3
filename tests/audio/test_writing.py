"""Files that are written whole or not at all, and the samples in them."""

import io
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sounds import left_in, noise

from ligeia.audio.atomic import write_bytes
from ligeia.audio.formats import FORMATS
from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import AudioWriter, GuardedFile, SoundSink, to_pcm, write_audio
from ligeia.errors import InputError, SettingsError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


@given(st.floats(-(2.0**90), 2.0**90, width=32), st.sampled_from([16, 24, 32]))
def test_nearest_step_or_the_limit(value, bits):
    step = int(to_pcm(np.array([value], np.float32), bits)[0]) / 2**31
    top = 1 - 2.0 ** (1 - bits)
    assert abs(step - min(max(value, -1), top)) <= 2.0**-bits


@pytest.mark.parametrize("bits", [16, 24])
def test_every_kind_of_step_comes_back(bits):
    whole = np.random.default_rng(0).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), 9999)
    assert np.array_equal(to_pcm((whole / 2 ** (bits - 1)).astype(np.float32), bits) >> (32 - bits), whole)


ENDINGS = ["wav", "flac", "ogg", "opus", "mp3", "aiff"]


@pytest.mark.parametrize(
    ("ending", "kind"),
    [*((ending, RuntimeError) for ending in ENDINGS), *(("wav", OSError), ("ogg", KeyboardInterrupt))],
)
def test_an_exception_leaves_nothing_behind(tmp_path, ending, kind):
    def interrupted():
        with AudioWriter(tmp_path / f"a.{ending}", rate=48000, channels=1) as writer:
            writer.write(noise(1, 20000).samples)
            assert len(left_in(tmp_path)) == 1
            raise kind("stop")

    with pytest.raises(InputError if kind is OSError else kind):
        interrupted()
    assert left_in(tmp_path) == []


def test_existing_output_needs_overwrite(tmp_path):
    write_audio(tmp_path / "a.wav", noise(1, 10))
    with pytest.raises(InputError, match=r"a\.wav exists; pass overwrite=True"):
        write_audio(tmp_path / "a.wav", noise(1, 20))
    assert (tmp_path / "a.wav").stat().st_size == 64
    write_audio(tmp_path / "a.wav", noise(1, 20), overwrite=True)
    assert (tmp_path / "a.wav").stat().st_size == 84


def test_folders_that_cannot_take_it(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"the folder .* does not exist"):
        write_audio(tmp_path / "missing" / "a.wav", noise())
    with pytest.raises(InputError, match="is a folder"):
        write_audio(tmp_path, noise()) if tmp_path.suffix else write_bytes(tmp_path, b"")

    def read_only(path, *arguments):
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr("ligeia.audio.atomic.os.open", read_only)
    with pytest.raises(InputError, match=r"cannot write .*a\.wav: Read-only file system$"):
        write_audio(tmp_path / "a.wav", noise())


def full_after(monkeypatch, most):
    """Make the disk full once `most` bytes are written, as libsndfile would meet it."""
    original = GuardedFile._keep

    def keep(self, call, *arguments):
        def full(*given):
            raise OSError(28, "No space left on device")

        is_late = call.__name__ == "write" and self._file.tell() >= most
        return original(self, full if is_late else call, *arguments)

    monkeypatch.setattr(GuardedFile, "_keep", keep)


@pytest.mark.parametrize(("ending", "most"), [*((ending, 5000) for ending in ENDINGS), ("wav", 0), ("mp3", 0)])
def test_a_full_disk_is_noticed_in_every_format(tmp_path, monkeypatch, ending, most):
    full_after(monkeypatch, most)
    with pytest.raises(InputError, match="No space left on device") as caught:
        write_audio(tmp_path / f"a.{ending}", noise(2, 100000, 48000))
    assert "\n" not in str(caught.value)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "channels", "rate", "subtype", "says"),
    [
        ("a.opus", 1, 44100, None, "48000"),
        ("a.mp3", 1, 96000, None, "44100"),
        ("a.mp3", 3, 44100, None, "2 channels"),
        ("a.flac", 9, 44100, None, "8 channels"),
        ("a.flac", 1, 65537, None, "multiples of 10"),
        ("a.flac", 1, 44100, "FLOAT", "PCM_24"),
        ("a.ogg", 1, 200001, None, "200000 Hz"),
        ("a.wav", 1, 44100, "PCM_12", "PCM_16"),
        ("a.m4a", 1, 44100, "PCM_16", "default"),
        ("a", 1, 44100, None, "ending"),
        ("a.nonsense", 1, 44100, None, "nonsense"),
        ("a.m4a", 1, 12345, None, "12345 Hz"),
    ],
)
def test_what_a_format_does_not_take(tmp_path, name, channels, rate, subtype, says):
    with pytest.raises(InputError, match=says):
        write_audio(tmp_path / name, noise(channels, 100, rate), subtype=subtype)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("rate", [65535, 65540, 655350])
def test_flac_takes_the_rates_that_it_is_said_to_take(tmp_path, rate):
    write_audio(tmp_path / "a.flac", noise(1, 5000, rate))
    assert (tmp_path / "a.flac").stat().st_size > 100


def test_blocks_are_checked(tmp_path):
    def write(samples):
        with AudioWriter(tmp_path / "a.wav", rate=8000, channels=2) as writer:
            writer.write(samples)

    for samples in (np.zeros(4), np.zeros((1, 4)), np.full((2, 4), np.nan)):
        with pytest.raises(InputError):
            write(samples)
    assert left_in(tmp_path) == []


class Pipe(io.RawIOBase):
    """A target that cannot seek, such as a pipe."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        taken = bytes(data[:5000])  # a raw file may take a part
        self.data += taken
        return len(taken)


@pytest.mark.parametrize("ending", [*ENDINGS[:5], pytest.param("m4a", marks=needs_ffmpeg)])
def test_a_file_object_gets_the_bytes_of_the_file(tmp_path, ending):
    audio = noise(2, 20000, 48000)
    write_audio(tmp_path / f"a.{ending}", audio)
    write_audio(seekable := io.BytesIO(), audio, format=ending)
    write_audio(pipe := Pipe(), audio, format=ending)
    expected = (tmp_path / f"a.{ending}").read_bytes()
    for data in (seekable.getvalue(), pipe.data):
        assert len(data) == len(expected)
        assert ending in ("ogg", "opus") or data == expected  # Ogg files hold a number drawn by chance


def test_a_file_object_with_a_name_needs_no_format(tmp_path):
    with open(tmp_path / "a.flac", "wb") as file:
        write_audio(file, noise(1, 900))
    assert read_audio(tmp_path / "a.flac").sample_count == 900
    with pytest.raises(SettingsError, match=r'needs an ending such as \.wav or \.flac, or format="wav"'):
        write_audio(io.BytesIO(), noise())


def test_a_file_object_gets_nothing_when_writing_fails():
    def interrupted():
        with AudioWriter(file, rate=8000, channels=1, format="wav") as writer:
            writer.write(noise(1, 900).samples)
            raise RuntimeError("stop")

    file = io.BytesIO()
    with pytest.raises(RuntimeError):
        interrupted()
    assert file.getvalue() == b""


def test_file_objects_that_do_not_take_it(tmp_path):
    with open(tmp_path / "a.wav", "w") as text, pytest.raises(TypeError, match="open it in binary mode"):
        write_audio(text, noise())
    with (
        open("/dev/full", "wb", buffering=0) as full,
        pytest.raises(InputError, match="cannot write /dev/full: No space left"),
    ):
        write_audio(full, noise(), format="wav")
    with pytest.raises(TypeError, match="a path or a binary file object, got the number 3"):
        write_audio(3, noise())


def test_a_file_object_gets_rf64_beyond_the_limit_of_wav(monkeypatch):
    monkeypatch.setattr("ligeia.audio.writing.WAV_LIMIT", 50000)
    audio = noise(2, 20000)
    write_audio(file := io.BytesIO(), audio, format="wav", subtype="FLOAT")
    assert file.getvalue()[:4] == b"RF64"
    file.seek(0)
    assert np.array_equal(read_audio(file).samples, audio.samples)


@pytest.mark.parametrize(("subtype", "count"), [("PCM_16", 3), ("PCM_24", 3), ("FLOAT", 0)])
def test_clipped_samples_are_counted(tmp_path, subtype, count):
    with AudioWriter(tmp_path / "a.wav", rate=8000, channels=2, subtype=subtype) as writer:
        writer.write([[0.0, 1.0, -1.0], [1.25, 0.0, -1.5]])
        writer.write([[0.5], [2.0]])
        writer.write(np.zeros((2, 0)))
    assert (writer.clipped, writer.peak) == (count, 2.0)


def test_writing_needs_the_context():
    with pytest.raises(ValueError, match="not open"):
        AudioWriter("/tmp/never.wav", rate=8000, channels=1).write(np.zeros((1, 1)))


def test_no_blocks_give_an_empty_file_that_reads_as_such(tmp_path):
    write_audio(tmp_path / "a.wav", Audio(np.zeros((1, 0)), 8000))
    assert (tmp_path / "a.wav").stat().st_size == 44


def test_an_exception_inside_libsndfile_comes_out(tmp_path):
    sink = SoundSink(tmp_path / "a.ogg", FORMATS[".ogg"], "VORBIS", 8000, 1)

    def interrupted(data):
        raise KeyboardInterrupt

    broken = type("Broken", (), {"write": staticmethod(interrupted), "close": sink._file._file.close})
    sink._file._file = broken()
    with pytest.raises(KeyboardInterrupt):
        sink.write(np.random.default_rng(0).standard_normal((1, 50000)).astype(np.float32))
    sink.close()


def test_the_first_error_is_kept_and_nothing_is_written_after_it(tmp_path):
    file = GuardedFile(tmp_path / "a")
    assert file.write(b"abc") == 3
    file.error = first = OSError(28, "full")
    assert file.write(b"def") == 0
    file.close()
    assert file.tell() == 0  # closed: a second error
    assert file.error is first
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_a_guarded_file_moves_and_reads(tmp_path):
    file = GuardedFile(tmp_path / "a")
    file.write(b"abcdef")
    buffer = bytearray(2)
    assert file.seek(2) == file.tell() == 2
    assert file.readinto(buffer) == 2
    file.close()
    assert bytes(buffer) == b"cd"
    assert file.error is None
