import numpy as np
import pytest
import soundfile
from made_sounds import noise

from ligeia.audio.reading import DecodedSource, SeekSource, open_source
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError


@pytest.mark.parametrize(
    ("ending", "kind"),
    [("wav", SeekSource), ("flac", SeekSource), ("ogg", DecodedSource), ("mp3", DecodedSource)],
)
def test_only_formats_with_exact_seeking_are_read_in_place(tmp_path, ending, kind):
    write_audio(tmp_path / f"a.{ending}", noise(2, 4000))
    source = open_source(tmp_path / f"a.{ending}")
    assert type(source) is kind
    assert source.read(100, 350).shape == (250, 2)
    source.close()


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM", "ULAW", "PCM_U8"])
def test_subtypes_of_old_are_read_the_same_at_any_place(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", noise(1, 6000).samples[0], 8000, subtype=subtype)
    whole = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)[0]
    source = open_source(tmp_path / "a.wav")
    for start in (5900, 3001, 0, 17):
        assert np.array_equal(source.read(start, start + 90), whole[start : start + 90])
    source.close()


def test_an_mp3_that_is_cut_says_how_much_is_left(tmp_path):
    write_audio(tmp_path / "a.mp3", noise(1, 100000))
    data = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"promises 100000 frames, \d+ can be read"):
        open_source(tmp_path / "a.mp3")


def test_decoded_samples_outlive_the_file(tmp_path):
    write_audio(tmp_path / "a.ogg", noise(1, 3000))
    source = open_source(tmp_path / "a.ogg")
    (tmp_path / "a.ogg").unlink()
    assert np.abs(source.read(0, 3000)).max() > 0.05
    source.close()
