import pytest

from ligeia.audio.signal import rendered_frames
from ligeia.errors import InputError


@pytest.mark.parametrize(
    ("seconds", "rate", "start", "stop", "frames"),
    [
        (1.0, 8000, 0.0, None, 8000),
        (1.0, 8000, 0.5, 9.0, 4000),
        (0.1, 44100, 0.0, None, 4410),
        (1.0, 10, 0.25, 0.251, 1),
    ],
)
def test_samples_of_a_stretch(seconds, rate, start, stop, frames):
    assert rendered_frames(seconds, rate, start, stop) == frames


@pytest.mark.parametrize(("start", "stop"), [(-0.1, None), (0.5, 0.4), (1.1, None), (float("nan"), None)])
def test_no_such_stretch(start, stop):
    with pytest.raises(InputError, match="start and stop"):
        rendered_frames(1.0, 8000, start, stop)
