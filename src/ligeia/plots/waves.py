"""Short waves over time, one above the other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ligeia.errors import InputError
from ligeia.plots.canvas import new_figure, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Wave = tuple[Sequence[float], Sequence[float], Sequence[float]]
"""Seconds, the original, and its model, equally long."""


def plot_waves(waves: Mapping[str, Wave]) -> "Figure":
    """Each wave as dots with its model as a line; the key is the title.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not waves:
        raise InputError("there are no waves to draw")
    figure = new_figure(8.0, 1.9 * len(waves) + 0.6)
    axes = figure.subplots(len(waves), 1, sharex=True, squeeze=False)[:, 0]
    for one, (title, (seconds, original, model)) in zip(axes, waves.items(), strict=True):
        milliseconds = [1000 * second for second in seconds]
        one.plot(milliseconds, original, ".", markersize=4, label="original")
        one.plot(milliseconds, model, linewidth=1.2, label="model")
        one.set_title(shown(title), fontsize=10)
        one.grid(alpha=0.3)
    axes[0].legend(loc="upper right", frameon=False)
    axes[-1].set_xlabel("milliseconds")
    return figure
