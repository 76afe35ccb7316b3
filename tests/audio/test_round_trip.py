import shutil

import numpy as np
import pytest
import soundfile
from made_sounds import noise, steps

from ligeia.audio import writing as sinks
from ligeia.audio.reading import open_audio, read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import AudioWriter, write_audio

EXACT = [("wav", 16), ("wav", 24), ("wav", 32), ("flac", 16), ("flac", 24)]
KINDS = [("wav", None), ("wav", "FLOAT"), ("flac", None), ("ogg", None), ("opus", None), ("mp3", None)]
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


@pytest.mark.parametrize(("ending", "bits"), EXACT)
def test_whole_number_samples_come_back_bit_for_bit(tmp_path, ending, bits):
    audio = Audio(steps(bits), 44100)
    write_audio(tmp_path / f"a.{ending}", audio, subtype=f"PCM_{bits}")
    assert soundfile.info(str(tmp_path / f"a.{ending}")).subtype == f"PCM_{bits}"
    assert np.array_equal(read_audio(tmp_path / f"a.{ending}").samples, audio.samples)


def test_float_samples_come_back_bit_for_bit_beyond_full_scale_too(tmp_path):
    audio = noise(6, 5000, 192000, level=3.0)
    write_audio(tmp_path / "a.wav", audio, subtype="float")
    again = read_audio(tmp_path / "a.wav")
    assert again.rate == 192000
    assert np.array_equal(again.samples, audio.samples)


@pytest.mark.parametrize("ending", ["wav", "flac"])
@pytest.mark.parametrize("bits", [16, 24])
def test_whole_number_output_saturates(tmp_path, ending, bits):
    write_audio(tmp_path / f"a.{ending}", Audio(np.array([[1.0, 1.5, 1e9, -1.0, -1.5]]), 8000), subtype=f"PCM_{bits}")
    top = 1 - 2.0 ** (1 - bits)
    assert read_audio(tmp_path / f"a.{ending}").samples.tolist() == [[top, top, top, -1.0, -1.0]]


def test_default_subtype_is_16_bits_and_rounds_to_the_nearest(tmp_path):
    audio = noise(1, 1000, level=0.2)
    write_audio(tmp_path / "a.wav", audio)
    assert soundfile.info(str(tmp_path / "a.wav")).subtype == "PCM_16"
    assert np.abs(read_audio(tmp_path / "a.wav").samples - audio.samples).max() <= 2.0**-16


@pytest.mark.parametrize("ending", ["ogg", "opus", "mp3"])
def test_lossy_formats_keep_length_place_and_most_of_the_sound(tmp_path, ending):
    time = np.arange(24017) / 48000
    audio = Audio(np.stack([np.sin(2000 * time), np.sin(3100 * time)]) * 0.3, 48000)
    write_audio(tmp_path / f"a.{ending}", audio)
    again = read_audio(tmp_path / f"a.{ending}")
    assert (again.sample_count, again.channels, again.rate) == (24017, 2, 48000)
    error = (again.samples - audio.samples)[:, 2000:-2000]
    assert np.sum(error**2) < 0.01 * np.sum(audio.samples**2)


@pytest.mark.parametrize(("ending", "subtype"), KINDS)
def test_block_wise_is_the_whole_at_any_place(tmp_path, ending, subtype):
    path = tmp_path / f"a.{ending}"
    write_audio(path, noise(2, 50017, 48000), subtype=subtype)
    with soundfile.SoundFile(path) as sound:
        sequential = sound.read(dtype="float32", always_2d=True).T
    random = np.random.default_rng(1)
    with open_audio(path) as file:
        assert file.sample_count == sequential.shape[1] == 50017
        for start in [0, 50016, 49000, *random.integers(0, 50017, 60).tolist()]:
            block = file.read(start, start + 1500)
            assert block.dtype == np.float32
            assert np.array_equal(block, sequential[:, start : start + 1500])


@pytest.mark.parametrize(("ending", "subtype"), KINDS)
def test_tiny_sounds(tmp_path, ending, subtype):
    for count in (1, 2, 100):
        write_audio(tmp_path / f"{count}.{ending}", noise(1, count, 48000), subtype=subtype)
        assert read_audio(tmp_path / f"{count}.{ending}").samples.shape == (1, count)


@pytest.mark.parametrize(
    ("rate", "ending"),
    [(8000, "wav"), (11025, "flac"), (44100, "ogg"), (96000, "flac"), (192000, "wav"), (192000, "flac"), (8000, "ogg")],
)
def test_rates_and_six_channels(tmp_path, ending, rate):
    write_audio(tmp_path / f"a.{ending}", noise(6, 3000, rate))
    with open_audio(tmp_path / f"a.{ending}") as file:
        assert (file.channels, file.rate, file.sample_count) == (6, rate, 3000)
        assert file.seconds == 3000 / rate


@pytest.mark.parametrize(("ending", "subtype"), KINDS)
def test_blocks_written_are_the_whole_written(tmp_path, ending, subtype):
    audio = noise(2, 40000, 48000)
    write_audio(tmp_path / f"whole.{ending}", audio, subtype=subtype)
    path = tmp_path / f"blocks.{ending}"
    with AudioWriter(path, rate=48000, channels=2, subtype=subtype) as writer:
        for start in range(0, 40000, 7001):
            writer.write(audio.samples[:, start : start + 7001])
    assert np.array_equal(read_audio(path).samples, read_audio(tmp_path / f"whole.{ending}").samples)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_beyond_the_limit_of_wav_comes_rf64(tmp_path, monkeypatch, subtype):
    monkeypatch.setattr(sinks, "WAV_LIMIT", 30000)
    audio = Audio(steps(16, frames=40000), 44100)
    write_audio(tmp_path / "a.wav", audio, subtype=subtype)
    assert soundfile.info(str(tmp_path / "a.wav")).format == "RF64"
    assert soundfile.info(str(tmp_path / "a.wav")).subtype == subtype
    assert np.array_equal(read_audio(tmp_path / "a.wav").samples, audio.samples)
    assert [item.name for item in tmp_path.iterdir()] == ["a.wav"]


@needs_ffmpeg
def test_other_endings_go_through_ffmpeg(tmp_path):
    audio = Audio(steps(16), 32000)
    write_audio(tmp_path / "a.aiff", audio)
    again = read_audio(tmp_path / "a.aiff")
    assert again.rate == 32000
    assert np.abs(again.samples - audio.samples).max() <= 2.0**-15
    write_audio(tmp_path / "a.m4a", noise(2, 20000))
    with open_audio(tmp_path / "a.m4a") as file:
        assert (file.rate, file.channels) == (44100, 2)
        assert abs(file.sample_count - 20000) < 2048
        assert np.array_equal(file.read(1000, 3000), file.read(0, file.sample_count)[:, 1000:3000])


@pytest.mark.data
def test_recordings_are_read_as_libsndfile_reads_them(data_folder):
    names = sorted((data_folder / "edge").iterdir())
    assert names
    for name in names:
        whole, rate = soundfile.read(name, dtype="float32", always_2d=True)
        with open_audio(name) as file:
            assert (file.rate, file.sample_count) == (rate, len(whole))
            middle = len(whole) // 2
            assert np.array_equal(file.read(middle, middle + 999), whole[middle : middle + 999].T)
