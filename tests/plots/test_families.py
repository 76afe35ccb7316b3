"""Pictures of codes and morphs."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.plots.families import MOST_LABELS, MOST_STEPS, plot_codes, plot_morph
from ligeia.plots.style import render

CODES = np.random.default_rng(0).standard_normal((30, 5))
TONE = Audio(np.sin(np.arange(4000) / 5)[None], 8000)


def test_codes_are_coloured_by_label() -> None:
    labels = ["ab$c"[k % 4] for k in range(30)]
    figure = plot_codes(CODES, labels, drawn=CODES[:2] + 1, path=CODES[:5], title="a <title>")
    (axes,) = figure.axes
    names = axes.get_legend_handles_labels()[1]
    assert sorted(names) == sorted([*"ab$c", "drawn", "path"])
    assert sum(len(line.get_xdata()) for line in axes.get_lines()) == 30 + 2 + 5 + 2
    assert len(render(figure, "png")) > 1000


def test_many_labels_share_a_colour() -> None:
    figure = plot_codes(CODES, [str(k) for k in range(30)])
    names = figure.axes[0].get_legend_handles_labels()[1]
    assert len(names) == MOST_LABELS + 1
    assert "others" in names


@pytest.mark.parametrize("codes", [CODES[:1], CODES[:, :1], CODES[:2]])
def test_few_codes(codes: np.ndarray) -> None:
    assert plot_codes(codes).axes


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="no codes"):
        plot_codes(np.zeros((0, 3)))
    with pytest.raises(InputError, match="no steps"):
        plot_morph([], TONE, codes=CODES, path=CODES)


@pytest.mark.parametrize("count", [1, 4, 20])
def test_steps_glide_and_envelope(count: int) -> None:
    figure = plot_morph([TONE] * count, TONE, codes=CODES, path=CODES[:3], title="x")
    images = [axes for axes in figure.axes if axes.get_images()]
    assert len(images) == min(count, MOST_STEPS) + 1
    levels = next(axes for axes in figure.axes if axes.get_ylabel().startswith("dBFS")).get_lines()[0].get_ydata()
    assert np.abs(levels + 3.01).max() < 1
    assert len(render(figure, "png")) > 1000
