"""Values over a setting."""

import pytest

from ligeia.errors import InputError
from ligeia.plots.lines import plot_lines


def test_series_are_lines_in_order_of_x() -> None:
    figure = plot_lines({"one": [(2, 20.0), (1, 10.0)], "two": [(1, 1.0)]}, x="steps", y="loss", log="xy")
    (axes,) = figure.axes
    first, _ = axes.get_lines()
    assert first.get_xdata().tolist() == [1, 2]
    assert first.get_ydata().tolist() == [10, 20]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]


def test_a_scatter_has_no_lines() -> None:
    (line,) = plot_lines({"one": [(1, 2.0)]}, x="", y="", joined=False).axes[0].get_lines()
    assert line.get_linestyle() == "None"


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="no points"):
        plot_lines({"one": []}, x="", y="")
