import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.blocks import Segments
from ligeia.errors import InputError


@st.composite
def cuts(draw):
    hop = draw(st.integers(1, 60))
    return Segments(draw(st.integers(1, 400)), hop, draw(st.integers(0, hop)))


@given(cuts(), st.integers(1, 3))
def test_join_undoes_split(cut, channels):
    sound = np.random.default_rng(cut.sample_count).uniform(-1, 1, (channels, cut.sample_count)).astype(np.float32)
    pieces = cut.split(sound)
    assert pieces.shape == (cut.count, channels, cut.length)
    assert np.abs(cut.join(pieces) - sound).max() < 1e-6


@given(cuts())
def test_weights_sum_to_one_at_every_sample(cut):
    total = np.zeros((cut.count - 1) * cut.hop + cut.length)
    for b, start in enumerate(cut.starts):
        window = cut.window(b)
        assert window.dtype == np.float64
        assert ((window >= 0) & (window <= 1)).all()
        total[start : start + cut.length] += window
    assert len(total) >= cut.sample_count
    assert np.abs(total - 1).max() < 1e-15


@given(cuts())
def test_segments_cover_the_sound_and_each_adds_something(cut):
    assert cut.starts.tolist() == [b * cut.hop for b in range(cut.count)]
    assert cut.stop(cut.count - 1) == cut.sample_count
    for b in range(1, cut.count):
        assert cut.stop(b) > cut.stop(b - 1)
        assert cut.stop(b - 1) == min(cut.starts[b] + cut.overlap, cut.sample_count)


def test_the_fade_is_the_raised_cosine():
    window = Segments(100, 10, 4).window(1)
    fade = np.sin(np.pi / 2 * (np.arange(4) + 0.5) / 4) ** 2
    assert np.array_equal(window, np.concatenate([fade, np.ones(6), 1 - fade]))


def test_the_cross_fade_blends_neighbours():
    cut = Segments(14, 8, 4)
    pieces = np.zeros((cut.count, 1, cut.length))
    pieces[1] = 1
    joined = cut.join(pieces)[0]
    assert cut.count == 2
    assert np.allclose(joined[8:12], cut.window(1)[:4])
    assert (joined[:8] == 0).all()
    assert (joined[12:] == 1).all()


def test_one_segment_has_no_fade():
    assert (Segments(5, 10, 3).window(0) == 1).all()
    assert Segments(13, 10, 3).count == 1
    assert Segments(14, 10, 3).count == 2


@pytest.mark.parametrize("settings", [(0, 1, 0), (1, 0, 0), (10, 4, 5), (10, 4, -1)])
def test_refused_settings(settings):
    with pytest.raises(InputError):
        Segments(*settings)


def test_refused_shapes_and_numbers():
    cut = Segments(10, 4, 2)
    for call in (
        lambda: cut.split(np.zeros((1, 11))),
        lambda: cut.split(np.zeros(10)),
        lambda: cut.join(np.zeros((3, 1, 6))),
        lambda: cut.join(np.zeros((2, 1, 5))),
        lambda: cut.window(2),
        lambda: cut.stop(-1),
    ):
        with pytest.raises(InputError):
            call()


def test_importing_it_imports_nothing_heavy():
    code = "import sys, ligeia.audio.signal, ligeia.audio.blocks; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "ligeia.audio.blocks" in loaded
    assert not {"soundfile", "soxr", "scipy", "torch"} & set(loaded)
