import numpy as np
import pytest
import soundfile
from made_sounds import noise

from ligeia.audio.formats import ForwardFile
from ligeia.audio.writing import write_audio


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "opus", "mp3"])
def test_blocks_are_the_whole(tmp_path, ending):
    write_audio(tmp_path / f"a.{ending}", noise(2, 40000, 48000))
    whole = soundfile.read(tmp_path / f"a.{ending}", always_2d=True)[0]
    with ForwardFile(tmp_path / f"a.{ending}") as sound:
        blocks = [sound.read(3000, always_2d=True) for _ in range(15)]
    assert np.array_equal(np.concatenate(blocks), whole)
