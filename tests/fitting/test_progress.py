import pytest

from ligeia.fitting.progress import Progress


def at(done, elapsed):
    return Progress(done=done, step=1, steps=4, group=0, groups=1, loss=1.0, snr_db=None, elapsed=elapsed)


def test_the_rest_takes_as_long_as_what_was():
    assert at(0.25, 3.0).remaining == pytest.approx(9)
    assert at(1.0, 3.0).remaining == 0


def test_nothing_is_known_at_the_very_start():
    assert at(0.0, 0.5).remaining is None
