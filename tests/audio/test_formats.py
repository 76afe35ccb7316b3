from pathlib import Path

import pytest

from ligeia.audio.formats import FORMATS, check_limits, checked_subtype, format_for
from ligeia.errors import InputError


def test_endings_name_formats_in_any_case():
    assert format_for(Path("a.WAV")) is FORMATS[".wav"]
    assert format_for(Path("a.m4a")) is None
    with pytest.raises(InputError, match="ending"):
        format_for(Path("wav"))


def test_the_first_subtype_is_the_default():
    assert checked_subtype(FORMATS[".flac"], None) == "PCM_16"
    assert checked_subtype(FORMATS[".flac"], "pcm_24") == "PCM_24"
    with pytest.raises(InputError, match="PCM_16, PCM_24"):
        checked_subtype(FORMATS[".flac"], "PCM_32")


@pytest.mark.parametrize(("ending", "rate"), [(".opus", 44100), (".mp3", 7999), (".flac", 655360), (".ogg", 200001)])
def test_rates_that_are_refused(ending, rate):
    with pytest.raises(InputError, match=f"do not take {rate} Hz"):
        check_limits(FORMATS[ending], rate, 1)


@pytest.mark.parametrize("ending", FORMATS)
def test_channels_are_limited(ending):
    most = FORMATS[ending].channels
    check_limits(FORMATS[ending], 48000, most)
    for channels in (0, most + 1):
        with pytest.raises(InputError, match="channels"):
            check_limits(FORMATS[ending], 48000, channels)
