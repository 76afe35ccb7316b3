"""Sets of sounds as images."""

import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.plots.sets import plot_set_images

AXES = {"x": "Hz", "span": (0.0, 4000.0), "value": "dB", "limits": (-80.0, 0.0)}


def test_sets_share_one_scale_and_keep_their_rows() -> None:
    images = {"one": np.arange(6.0).reshape(2, 3) - 90, "two": np.zeros((5, 3))}
    figure = plot_set_images(images, **AXES)
    drawn = {axes.get_title(): axes.get_images()[0] for axes in figure.axes if axes.get_images()}
    assert np.array_equal(drawn["one"].get_array(), images["one"])
    assert all(image.get_clim() == (-80, 0) for image in drawn.values())
    left, right, bottom, top = drawn["two"].get_extent()
    assert (left, right, bottom > top) == (0, 4000, True), "the first row is on top"


@pytest.mark.parametrize("images", [{}, {"none": np.zeros((0, 3))}])
def test_nothing_to_draw(images: dict[str, np.ndarray]) -> None:
    with pytest.raises(InputError, match="no sounds"):
        plot_set_images(images, **AXES)
