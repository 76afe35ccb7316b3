"""How much sound a file of a size may hold."""

import pytest

from ligeia.audio.limits import MOST_BYTES, MOST_SECONDS, TIMES, is_plausible


@pytest.mark.parametrize(
    ("what", "size", "rate", "channels", "hours"),
    [
        ("an hour of speech at 6 kbit/s", 2_700_000, 48000, 1, 1),
        ("an hour of stereo silence", 540_000, 44100, 2, 1),
        ("an audio book of 40 hours at 32 kbit/s", 576_000_000, 44100, 1, 40),
        ("a WAV file of a week", 2 * 8000 * 604800, 8000, 1, 168),
    ],
)
def test_honest_recordings(what, size, rate, channels, hours):
    assert is_plausible(size, rate=rate, channels=channels, sample_count=hours * 3600 * rate)


@pytest.mark.parametrize(
    ("what", "size", "rate", "channels", "hours"),
    [
        ("an hour of silence in 8 channels", 1_300_000, 48000, 8, 1),
        ("a month of silence at 100 Hz", 1000, 100, 1, 720),
    ],
)
def test_bombs(what, size, rate, channels, hours):
    assert not is_plausible(size, rate=rate, channels=channels, sample_count=hours * 3600 * rate)


def test_the_bounds():
    most = int(MOST_SECONDS)
    assert is_plausible(1, rate=1, channels=1, sample_count=most)
    assert not is_plausible(1, rate=1, channels=1, sample_count=most + 1)
    assert is_plausible(1, rate=2**31 - 1, channels=1, sample_count=MOST_BYTES // 4)
    assert not is_plausible(1, rate=2**31 - 1, channels=1, sample_count=MOST_BYTES // 4 + 1)
    size = MOST_BYTES
    assert is_plausible(size, rate=1, channels=1, sample_count=TIMES * size // 4)
    assert not is_plausible(size, rate=1, channels=1, sample_count=TIMES * size // 4 + 1)
