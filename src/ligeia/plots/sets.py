"""Sets of sounds as images: every row a sound (Zuiderveld 2021, Figures 5.1 and 5.2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ligeia.errors import InputError
from ligeia.plots.style import new_figure, one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Image = NDArray[np.float64]
"""`[sounds, columns]`."""


def plot_set_images(
    images: Mapping[str, Image], *, x: str, span: tuple[float, float], value: str, limits: tuple[float, float]
) -> "Figure":
    """Sets of sounds side by side: a row for each sound, from the top in the order given, on one scale of brightness.

    Args:
        images: the name of each set, and its image; the rows may be some of its sounds, so they are not numbered.
        x: label of the horizontal axis.
        span: values of that axis at the left and right end.
        value: label of the brightness.
        limits: values that are black and white.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not images or not all(image.size for image in images.values()):
        raise InputError("there are no sounds to draw")
    figure = new_figure(1.2 + 2.9 * len(images), 3.8)
    grid = figure.subplots(1, len(images), squeeze=False)[0]
    for axes, (name, image) in zip(grid, images.items(), strict=True):
        extent = (span[0], span[1], float(len(image)), 0.0)
        drawn = axes.imshow(
            image, aspect="auto", extent=extent, vmin=limits[0], vmax=limits[1], cmap="magma", interpolation="none"
        )
        axes.set_title(one_line(name, 40), fontsize=10, parse_math=False)
        axes.set_xlabel(x)
        axes.set_yticks([])
    grid[0].set_ylabel("sounds")
    figure.colorbar(drawn, ax=list(grid), label=value)
    return figure
