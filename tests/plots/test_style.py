"""Figures: the same every time, and colours that are judged by numbers.

Contrast is that of WCAG 2.1; distance is taken in OKLab (Ottosson 2020), as readers see it. How readers with a missing
cone see is simulated by Machado et al. 2009 (severity 1, on linear RGB).
"""

import itertools
from pathlib import Path

import numpy as np
import pytest

from ligeia.errors import MissingExtra
from ligeia.plots.style import COLOURS, KNOWN, new_figure, one_line, render, save_figure, style_at, styles

READERS = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
    ),
}
TO_CONES = np.array(
    [[0.41222147, 0.53633254, 0.05144599], [0.2119035, 0.68069955, 0.10739696], [0.08830246, 0.28171884, 0.6299787]]
)
TO_LAB = np.array(
    [[0.21045426, 0.79361779, -0.00407205], [1.9779985, -2.42859221, 0.45059371], [0.0259040, 0.78277177, -0.80867577]]
)
LEAST_DISTANCE = 0.08
"""About four just noticeable differences (0.02 in OKLab); markers tell families apart as well."""


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(float(linear(colour) @ (0.2126, 0.7152, 0.0722)) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def seen(colour: str, reader: str) -> np.ndarray:
    return np.asarray(TO_LAB @ np.cbrt(TO_CONES @ np.clip(READERS[reader] @ linear(colour), 0, 1)))


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_same_figure_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    pictures = []
    for name in ("one", "two"):
        figure = new_figure(2, 1)
        figure.subplots().plot([0, 1], [1, 0])
        save_figure(figure, tmp_path / f"{name}.{form}")
        pictures.append((tmp_path / f"{name}.{form}").read_bytes())
    assert pictures[0] == pictures[1]
    assert b"<dc:date>" not in pictures[0]


def test_texts_are_one_short_line() -> None:
    assert one_line("a\n b\x07c") == "a b c"
    assert one_line("x" * 99, most=10) == "x" * 9 + "…"


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_the_extra_is_named() -> None:
    for call in (lambda: new_figure(1, 1), lambda: render(None, "svg")):  # type: ignore[arg-type]
        with pytest.raises(MissingExtra, match=r"ligeia\[plot\]"):
            call()


def test_colours_stand_out_from_white() -> None:
    """WCAG 2.1, 1.4.11: graphics need a contrast of 3."""
    assert all(contrast(colour, "#FFFFFF") >= 3 for colour in COLOURS)


@pytest.mark.parametrize("reader", READERS)
def test_colours_are_told_apart(reader: str) -> None:
    colours = [seen(colour, reader) for colour in COLOURS]
    distances = [np.linalg.norm(one - other) for one, other in itertools.combinations(colours, 2)]
    assert min(distances) >= LEAST_DISTANCE


def test_known_families_keep_their_style() -> None:
    alone = styles(["ligeia"])["ligeia"]
    assert styles(["aac", "a", "b", "ligeia", "opus", "z"])["ligeia"] == alone
    assert alone != styles(["opus"])["opus"]


def test_order_does_not_matter() -> None:
    names = ["ligeia", "new", "opus", "another", "codec2"]
    assert styles(names) == styles(reversed(names)) == styles(names + names)


def test_no_two_of_sixty_four_families_look_alike() -> None:
    many = list(styles([*KNOWN, *(f"codec{number}" for number in range(56))]).values())
    assert len({(style.colour, style.marker) for style in many}) == 64
    assert len({(style.colour, style.hatch) for style in many}) == 64
    assert len({(style.colour, style.stroke) for style in many[:40]}) == 40


def test_neighbours_differ_in_colour_and_in_marker_and_in_hatch() -> None:
    places = [style_at(place) for place in range(64)]
    for one, other in itertools.pairwise(places):
        assert one.colour != other.colour
        assert one.marker != other.marker
        assert one.hatch != other.hatch
