"""Codecs that run in the process that measures them, and what is measured."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.audio.reading import read_audio
from ligeia.bench import codec as here
from ligeia.bench.codec import CodecError, run_here
from ligeia.bench.in_process import ligeia, mulaw, pcm16
from ligeia.codec.inspect import inspect
from ligeia.codec.settings import DENSE_PRESETS as KNOWN
from ligeia.errors import InputError

needs_proc = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no /proc with peak memory")


def test_time_taken():
    assert 0.1 <= run_here("made", lambda: time.sleep(0.1)).seconds < 2


PEAKS = """
import numpy as np
from ligeia.bench.codec import run_here
print(run_here("made", lambda: np.ones(25_000_000).sum()).peak_bytes, run_here("made", lambda: None).peak_bytes)
"""


@needs_proc
def test_peak_memory_starts_anew():
    # In a process of its own: one that has freed much would take the memory from there.
    done = subprocess.run([sys.executable, "-c", PEAKS], capture_output=True, text=True, check=True)
    large, small = map(int, done.stdout.split())
    # 200 MB of ones, come and gone; the counters of the kernel are exact to some hundred KB.
    assert 195e6 < large - small < 210e6


def test_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(here, "CLEAR", tmp_path)
    assert run_here("made", lambda: None).peak_bytes is None
    monkeypatch.setattr(here, "CLEAR", tmp_path / "clear")
    monkeypatch.setattr(here, "STATUS", tmp_path / "status")
    assert run_here("made", lambda: None).peak_bytes is None
    (tmp_path / "status").write_text("Name: x\n")
    assert run_here("made", lambda: None).peak_bytes is None


def test_expected_errors_are_one_line_and_others_come_through():
    with pytest.raises(CodecError, match=r"^made: ZeroDivisionError: division by zero$"):
        run_here("made", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_here("made", lambda: 1 / 0, (OSError,))


@pytest.fixture
def there_and_back(write_tone, tmp_path):
    def run(codec, rate, channels):
        wav, encoded, decoded = write_tone(rate, channels), tmp_path / f"a{codec.suffix}", tmp_path / "b.wav"
        codec.encode(wav, encoded, 20)
        codec.decode(encoded, decoded, 20)
        sounds = [soundfile.read(path, dtype="int16", always_2d=True) for path in (wav, decoded)]
        assert sounds[0][1] == sounds[1][1] == rate
        return encoded, sounds[0][0], sounds[1][0]

    return run


def test_pcm16_is_the_file(there_and_back):
    encoded, before, after = there_and_back(pcm16(""), 44100, 2)
    assert (before == after).all()
    assert pcm16("").payload_bytes(encoded) == 22050 * 2 * 2 == encoded.stat().st_size - 44
    assert pcm16("").lossless


def test_mulaw_follows_the_law_of_g711(there_and_back):
    """Steps are at most 1/16 of the value, of which decoding to the middle leaves half, and 8 (of 32768) near zero."""
    encoded, before, after = there_and_back(mulaw(""), 11025, 3)
    error = np.abs(before.astype(int) - after)
    assert (error <= np.abs(before.astype(int)) / 32 + 8).all()
    assert error.any()
    assert mulaw("").payload_bytes(encoded) == 5512 * 3
    assert not mulaw("").lossless


def test_long_sounds_are_copied_in_pieces(there_and_back, monkeypatch):
    monkeypatch.setattr("ligeia.bench.in_process.AT_ONCE", 100)
    _, before, after = there_and_back(mulaw(""), 8000, 1)
    assert before.shape == after.shape


def test_version_and_settings():
    assert mulaw("").version().endswith("; G.711 mu-law in WAV")
    with pytest.raises(InputError, match="pcm16 takes no setting"):
        pcm16("16")


def test_files_that_cannot_be_used(tmp_path):
    (tmp_path / "garbage").write_bytes(b"garbage")
    with pytest.raises(CodecError, match=r"^mulaw: .*garbage"):
        mulaw("").decode(tmp_path / "garbage", tmp_path / "b.wav", 20)
    with pytest.raises(CodecError, match=r"^pcm16: .*No such file"):
        pcm16("").encode(tmp_path / "none", tmp_path / "b.wav", 20)
    assert mulaw("").payload_bytes(tmp_path / "garbage") is None
    assert mulaw("").payload_bytes(tmp_path / "none") is None


def test_settings():
    assert ligeia("24.0").setting == "24"
    assert ligeia("speech@16.0").setting == "speech@16"
    for setting in ("", "best", "0.01", "200000", "best@16", "speech@", "@16", "siren@none"):
        with pytest.raises(InputError, match=r"ligeia takes speech, .*fine, .* kbit/s from 0.1 to 100000"):
            ligeia(setting)


def test_naming_it_does_not_load_torch():
    name = "from ligeia.bench.in_process import ligeia; ligeia('fine').version()"
    program = f"import sys; {name}; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program], check=True).returncode == 0


def test_versions():
    assert ligeia("standard").version().endswith("; preset standard, seed 0, device auto")
    assert ligeia("24").version().endswith("; kbps 24, seed 0, device auto")
    assert ligeia("music@24").version().endswith("; preset music, kbps 24, seed 0, device auto")
    assert ligeia("siren@24").version().endswith("; network siren, kbps 24, seed 0, device auto")


@pytest.mark.parametrize(
    ("setting", "rate", "channels"),
    [("16", 8000, 1), ("draft", 8000, 2), ("waveform@24", 8000, 2), ("siren@16", 8000, 1)],
)
def test_there_and_back(write_tone, tmp_path, setting, rate, channels, monkeypatch):
    # Five steps are enough here: the fit has its own tests.
    monkeypatch.setattr(
        "ligeia.codec.settings.DENSE_BY_NAME", {p.name: p.__class__(**{**vars(p), "steps": 5}) for p in KNOWN}
    )
    codec, wav = ligeia(setting), write_tone(rate, channels)
    usage = codec.encode(wav, tmp_path / "a.lig", 60)
    codec.decode(tmp_path / "a.lig", tmp_path / "b.wav", 60)
    before, after = read_audio(wav), read_audio(tmp_path / "b.wav")
    assert (after.rate, after.channels, after.sample_count) == (rate, channels, before.sample_count)
    assert usage.seconds > 0
    payload, info = codec.payload_bytes(tmp_path / "a.lig"), inspect((tmp_path / "a.lig").read_bytes())
    assert payload == sum(size for part, size in info.bytes_by_part.items() if part not in ("header", "framing"))
    assert 0.5 * info.total_bytes < payload < info.total_bytes


def test_streams_that_cannot_be_used(tmp_path):
    (tmp_path / "garbage").write_bytes(b"garbage")
    with pytest.raises(CodecError, match=r"^ligeia: cannot read"):
        ligeia("draft").encode(tmp_path / "none.wav", tmp_path / "a.lig", 20)
    for name in ("garbage", "none"):
        with pytest.raises(CodecError, match=r"^ligeia: "):
            ligeia("draft").decode(tmp_path / name, tmp_path / "b.wav", 20)
        assert ligeia("draft").payload_bytes(tmp_path / name) is None
