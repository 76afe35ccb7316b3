"""Figures: empty ones, saved ones, and their texts."""

from pathlib import Path

import pytest

from ligeia.errors import MissingExtra
from ligeia.plots.canvas import new_figure, save_figure, shown


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    for ending in ("svg", "png"):
        for name in "ab":
            figure = new_figure(2, 1)
            figure.subplots().plot([0, 1], [1, 0])
            save_figure(figure, tmp_path / f"{name}.{ending}")
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_texts_are_one_short_line() -> None:
    assert shown("a\n b\x07c") == "a b c"
    assert shown("x" * 99, most=10) == "x" * 9 + "…"


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_the_extra_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match=r"ligeia\[plot\]"):
        new_figure(1, 1)
    assert not list(tmp_path.iterdir())
