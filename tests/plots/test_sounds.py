"""Sounds over time, and a recording beside its reconstruction."""

from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.errors import InputError, MissingExtra
from ligeia.plots.sounds import plot_before_after, plot_waves


def test_one_row_for_each_wave() -> None:
    figure = plot_waves({"a": ([0, 0.001], [0, 1], [1, 0]), "b": ([0, 0.001], [0, 1], [0, 1])})
    first, second = figure.axes
    assert [one.get_title() for one in (first, second)] == ["a", "b"]
    dots, line = first.get_lines()
    assert dots.get_ydata().tolist() == [0, 1]
    assert line.get_xdata().tolist() == [0, 1]  # milliseconds


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="no waves"):
        plot_waves({})


TONE = Audio(np.sin(np.arange(4000) / 5)[None], 8000)


def test_before_and_after_share_their_scales_at_any_rate(tmp_path: Path) -> None:
    after = Audio(0.5 * np.sin(np.arange(24000) / 30)[None], 48000)
    figure = plot_before_after(TONE, after, marks=[(0.1, 0.2)])
    images = [axes for axes in figure.axes if axes.images]
    assert [axes.get_ylim() for axes in images] == [(0, 24)] * 2
    # A tone has the level of its amplitude at 8 and at 48 kHz: half as loud is 6.0 dB below.
    loudest = [float(axes.images[0].get_array().max()) for axes in images]
    np.testing.assert_allclose(loudest, [0, -6.02], rtol=0, atol=0.1)
    waves = [axes for axes in figure.axes if axes.lines]
    assert [axes.get_ylabel() for axes in waves] == ["before", "after"]
    assert len({(axes.get_ylim(), axes.get_xlim()) for axes in waves}) == 1
    figure.savefig(tmp_path / "a.png")


def test_a_sample_of_silence_before_and_after() -> None:
    silence = Audio(np.zeros((2, 1)), 8000)
    assert plot_before_after(silence, silence).axes


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_the_extra_is_named() -> None:
    with pytest.raises(MissingExtra, match=r"ligeia\[plot\]"):
        plot_before_after(TONE, TONE)
