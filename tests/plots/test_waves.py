"""Short waves, one above the other."""

import pytest

from ligeia.errors import InputError
from ligeia.plots.waves import plot_waves


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
