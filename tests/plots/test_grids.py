"""One value over two settings."""

import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.plots.grids import plot_depth, plot_heatmap, plot_matrix

CELLS = {(2, 1): 1.0, (4, 1): 0.1, (2, 3): 0.001}


def test_cells_lie_where_they_belong() -> None:
    image = plot_heatmap(CELLS, x="width", y="layers", value="MSE").axes[0].get_images()[0].get_array()
    assert image[0].tolist() == [0, -1]
    assert image[1, 0] == pytest.approx(-3)
    assert np.ma.is_masked(image[1, 1]) or np.isnan(image[1, 1])


def test_three_dimensions() -> None:
    axes = plot_depth(CELLS, x="width", y="layers", value="MSE").axes[0]
    assert axes.get_zlabel() == "log10 MSE"


def test_nothing_to_draw() -> None:
    for plot in (plot_heatmap, plot_depth):
        with pytest.raises(InputError, match="no cells"):
            plot({}, x="", y="", value="")


def test_named_rows_and_columns_keep_their_order() -> None:
    cells = {("mse", "noise"): 0.25, ("mse", "clipping"): None, ("csig", "noise"): 1.0}
    axes = plot_matrix(cells, value="correlation").axes[0]
    image = axes.get_images()[0]
    assert image.get_clim() == (0, 1)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mse", "csig"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["noise", "clipping"]
    values = np.ma.filled(image.get_array(), np.nan)
    assert np.array_equal(values, [[0.25, np.nan], [1.0, np.nan]], equal_nan=True)
    assert [text.get_text() for text in axes.texts] == ["0.25", "1.00"]
    with pytest.raises(InputError, match="no cells"):
        plot_matrix({}, value="")
