"""Bars with deviations."""

import pytest

from ligeia.errors import InputError
from ligeia.plots.bars import Bar, plot_bars


def test_bars_are_as_long_as_their_values() -> None:
    groups = {"first": {"a": Bar(2.0, 0.5), "b": Bar(1.0)}, "second": {"a": Bar(3.0)}}
    axes = plot_bars(groups, x="error", line=2.5).axes[0]
    widths = [[patch.get_width() for patch in block.patches] for block in axes.containers if hasattr(block, "patches")]
    assert widths == [[2.0, 3.0], [1.0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert any(list(line.get_xdata()) == [2.5, 2.5] for line in axes.get_lines())


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(InputError, match="no bars"):
        plot_bars({}, x="")
    with pytest.raises(InputError, match="above 0"):
        plot_bars({"group": {"a": Bar(0.0)}}, x="", log=True)
