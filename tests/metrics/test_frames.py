"""The frames of Hu and Loizou: their number, their window, and the last one that is dropped."""

import numpy as np
import pytest

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics import frames
from ligeia.metrics.frames import frame_length, frame_pairs, mean_of_lowest, per_frame, window


@pytest.mark.parametrize(("rate", "length"), [(8000, 240), (16000, 480), (22050, 662), (44100, 1323), (134, 4)])
def test_thirty_milliseconds(rate: int, length: int) -> None:
    assert frame_length(rate) == length  # 22050: 661.5 is rounded up


def test_rate_too_low() -> None:
    with pytest.raises(InputError, match="134 Hz or more, got 133"):
        frame_length(133)


def test_window_by_hand() -> None:
    assert window(3) == pytest.approx([0.5, 1, 0.5])  # 0.5 (1 - cos(pi n / 2)), n = 1, 2, 3


@pytest.mark.parametrize(("samples", "count"), [(300, 1), (359, 1), (360, 2), (8000, 129)])
def test_last_frame_is_dropped(samples: int, count: int) -> None:
    # floor((samples - 240) / 60) at 8 kHz, where one frame more would fit
    pairs = list(frame_pairs(np.ones(samples), np.ones(samples), 8000))
    assert sum(len(x) for x, _ in pairs) == count


def test_frames_hold_what_they_should() -> None:
    ramp = np.arange(400.0)
    ((x, y),) = frame_pairs(ramp, -ramp, 8000)
    assert x.shape == (2, 240)
    assert x[1] == pytest.approx(ramp[60:300] * window(240))
    assert (y == -x).all()


def test_too_short() -> None:
    with pytest.raises(UndefinedScore, match=r"too short: 0\.0374 s, 37\.5 ms are needed"):
        list(frame_pairs(np.ones(299), np.ones(299), 8000))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 8000))
    whole = per_frame(lambda x, y: np.sum(x * y, axis=1), x, y, 8000)
    monkeypatch.setattr(frames, "BLOCK_FRAMES", 50)
    assert (per_frame(lambda x, y: np.sum(x * y, axis=1), x, y, 8000) == whole).all()


@pytest.mark.parametrize(("count", "kept"), [(1, 1), (9, 9), (10, 10), (20, 19), (30, 29), (40, 38)])
def test_mean_of_lowest(count: int, kept: int) -> None:
    # 95 % of 10 is 9.5 and of 30 is 28.5: half up
    values = np.arange(count, 0, -1.0)
    assert mean_of_lowest(values) == pytest.approx((1 + kept) / 2)
