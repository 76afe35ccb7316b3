"""The one look of all pictures: empty figures, colours and markers by family, files that are the same every time.

The colours are told apart by readers with protanopia, deuteranopia and tritanopia too, and stand out from white:
`tests/plots/test_style.py` computes both (Machado et al. 2009; WCAG 2.1, 1.4.11: contrast of 3 at least).
"""

import io
import itertools
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ligeia.audio.atomic import write_bytes
from ligeia.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KNOWN = ("ligeia", "opus", "mp3", "aac", "vorbis", "flac", "encodec", "dac")
"""Families with a fixed place, so that they keep their colour whoever else takes part."""
COLOURS = ("#DD2340", "#1864E6", "#CC8203", "#00790F", "#712888", "#25262C", "#C245A1", "#3C94DF")
"""Red, blue, gold, green, violet, slate, pink, sky."""
MARKERS = "os^DvPX*<>ph"
"""matplotlib's markers: points of different series that lie in one place can still be told apart."""
Stroke = str | tuple[float, tuple[float, ...]]
"""A pattern of lines as matplotlib takes it: a name, or an offset with lengths of dashes and gaps in points."""
STROKES: tuple[Stroke, ...] = ("-", (0, (5, 3)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (9, 3)), (0, (3, 1, 1, 1, 1, 1)))
"""Solid, dashed, dotted, dash-dotted, long dashes, dash-dot-dotted."""
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "---", "+++", "ooo", "|||", "**", "OO")
"""Patterns of bars."""
GRID: dict[str, Any] = {"color": "#D8DBE1", "linewidth": 0.7}
"""The look of grid lines."""
DOTS_PER_INCH = 150
Form = Literal["svg", "png", "pdf"]
_TIMELESS: dict[Form, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""Metadata left out of files: the time and the version of matplotlib."""
FORMS: dict[str, Form] = {f".{form}": form for form in _TIMELESS}
"""Formats of pictures by the ending of a file."""


@dataclass(frozen=True)
class Style:
    """The look of a family."""

    colour: str
    """Colour on white, `#RRGGBB`."""
    marker: str
    """One of `MARKERS`."""
    stroke: Stroke = "-"
    """Pattern of lines: another one each time that the colours come round again."""
    hatch: str = ""
    """Pattern of bars, as colours alone do not tell them apart in print."""


def styles(families: Iterable[str]) -> dict[str, Style]:
    """A style for each family: its own place for one of `KNOWN`, the free places in order of name for the others.

    Example:
        >>> styles(["opus", "new"])["opus"] == styles(["opus"])["opus"]
        True
    """
    names = sorted(set(families))
    places = {name: KNOWN.index(name) for name in names if name in KNOWN}
    free = (place for place in itertools.count() if place not in set(places.values()))
    others = [name for name in names if name not in KNOWN]
    all_places = {**places, **dict(zip(others, free, strict=False))}
    return {name: style_at(all_places[name]) for name in names}


def style_at(place: int) -> Style:
    """Return the style of a place: a family's, or that of a series among others.

    The first 64 differ in colour or marker, and in colour or hatch; neighbours differ in both.
    """
    turn = place // len(COLOURS)
    colour = (place + 5 * turn) % len(COLOURS)  # the second round begins far from the colours that are sure to be there
    marker, hatch = MARKERS[(place + 10 * turn) % len(MARKERS)], HATCHES[(place + 3 * turn) % len(HATCHES)]
    return Style(COLOURS[colour], marker, STROKES[turn % len(STROKES)], hatch)


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of `width` by `height` inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except (ImportError, OSError) as error:
        raise MissingExtra("matplotlib", "plot") from error
    return Figure(figsize=(width, height), layout="constrained")


def render(figure: "Figure", form: Form) -> bytes:
    """The bytes of a picture file; the same figure gives the same bytes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    new_figure(1, 1)  # says what is missing
    from matplotlib import rc_context

    file = io.BytesIO()
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "ligeia"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a name in a script that the font lacks
        figure.savefig(file, format=form, dpi=DOTS_PER_INCH, metadata=_TIMELESS[form])
    return file.getvalue()


def save_figure(figure: "Figure", path: Path, *, overwrite: bool = True) -> None:
    """Write a picture as its ending says (.svg, .png, .pdf); it appears whole or not at all.

    Raises:
        InputError: it cannot be written, or exists and `overwrite` is false.
        MissingExtra: matplotlib is not installed.
    """
    write_bytes(path, render(figure, FORMS[path.suffix.lower()]), overwrite=overwrite)


def remark(figure: "Figure", text: str) -> None:
    """Put a remark below a figure that has none, in small letters."""
    figure.supxlabel(one_line(text, 120), fontsize=8, color="#555A64", parse_math=False)


def one_line(text: str, most: int | None = None) -> str:
    """Text on one line, cut to `most` characters; what cannot be seen (controls, direction marks) becomes a space.

    Example:
        >>> one_line("a\\n\\u202eb  c"), one_line("abcde", 4)
        ('a b c', 'abc…')
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"
