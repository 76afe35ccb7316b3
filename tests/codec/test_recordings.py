"""Recordings and streams as one kind of sound."""

from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.codec.encode import encode
from ligeia.codec.recordings import is_stream, open_recording, open_sound
from ligeia.errors import InputError


def test_the_first_bytes_tell_what_it_is(tmp_path: Path) -> None:
    sound = Audio(0.3 * np.sin(np.arange(1600) / 3)[None], 8000)
    write_audio(tmp_path / "a.wav", sound)
    (tmp_path / "b.wav").write_bytes(encode(sound))
    assert (is_stream(tmp_path / "a.wav"), is_stream(tmp_path / "b.wav"), is_stream(tmp_path)) == (False, True, False)
    for name in ("a.wav", "b.wav"):
        with open_sound(tmp_path / name) as opened:
            assert (opened.rate, opened.sample_count) == (8000, 1600)
    with open_recording(tmp_path / "a.wav") as opened:
        assert opened.channels == 1
    with pytest.raises(InputError, match=r"that is a \.lig stream already"), open_recording(tmp_path / "b.wav", "that"):
        pass
