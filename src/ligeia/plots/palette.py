"""One colour and one marker per family of codecs, the same in every picture; nothing here draws.

The colours are told apart by readers with protanopia, deuteranopia and tritanopia too, and stand out from the
background: `tests/test_palette.py` computes both (Machado et al. 2009; WCAG 2.1, 1.4.11: contrast of 3 at least).
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

Outline = tuple[tuple[float, float], ...]
"""Corners `(x, y)` of a closed shape about the origin, y upwards, in units of the marker's radius.

Corners lie as far out as shapes of about equal weight need."""

DARK_BACKGROUND = "#15181D"
"""What `Style.dark` is drawn on; `Style.light` is drawn on white."""
KNOWN = ("ligeia", "opus", "mp3", "aac", "vorbis", "flac", "encodec", "dac")
"""Families with a fixed place, so that they keep their colour whoever else takes part."""
MARKERS = ("circle", "square", "up", "diamond", "down", "plus", "cross", "star")
_COLOURS = (  # on white, on the dark background: red, blue, gold, green, violet, slate, pink, sky
    ("#DD2340", "#F0503C"),
    ("#1864E6", "#5577FE"),
    ("#CC8203", "#BEB80C"),
    ("#00790F", "#91FD76"),
    ("#712888", "#AC6BAB"),
    ("#25262C", "#EDF2F8"),
    ("#C245A1", "#FE8EAB"),
    ("#3C94DF", "#33C8FC"),
)


@dataclass(frozen=True)
class Style:
    """How a family looks."""

    light: str
    """Colour on white, `#RRGGBB`."""
    dark: str
    """Colour on `DARK_BACKGROUND`, `#RRGGBB`."""
    marker: str
    """One of `MARKERS`."""
    dashed: bool = False
    """Whether its line is dashed: from the ninth family on, when the colours come round again."""


def styles(families: Iterable[str]) -> dict[str, Style]:
    """A style for each family: its own place for one of `KNOWN`, the free places in order of name for the others.

    Example:
        >>> styles(["opus", "new"])["opus"] == styles(["opus"])["opus"]
        True
    """
    names = sorted(set(families))
    slots = {name: KNOWN.index(name) for name in names if name in KNOWN}
    free = (slot for slot in itertools.count() if slot not in set(slots.values()))
    others = [name for name in names if name not in KNOWN]
    places = {**slots, **dict(zip(others, free, strict=False))}
    return {name: _style(places[name]) for name in names}


def _style(slot: int) -> Style:
    turn = slot // len(_COLOURS)
    # The second round begins far from the colours that are sure to be there; 5 and 6 differ by 1, so no pair repeats.
    light, dark = _COLOURS[(slot + 5 * turn) % len(_COLOURS)]
    return Style(light, dark, MARKERS[(slot + 6 * turn) % len(MARKERS)], dashed=turn > 0)


def outline(marker: str) -> Outline:
    """The shape of one of `MARKERS`, for whoever draws it.

    Raises:
        KeyError: there is no such marker.
    """
    shapes = {
        "circle": lambda: _ring(24, 0, (1.0,)),
        "square": lambda: _ring(4, 45, (1.25,)),
        "up": lambda: _ring(3, 90, (1.35,)),
        "diamond": lambda: _ring(4, 90, (1.3,)),
        "down": lambda: _ring(3, -90, (1.35,)),
        "plus": lambda: _arms(0),
        "cross": lambda: _arms(45),
        "star": lambda: _ring(10, 90, (1.55, 0.7)),
    }
    return shapes[marker]()


def _ring(corners: int, turn: float, radii: tuple[float, ...]) -> Outline:
    """Corners evenly about the origin from `turn` degrees on, at these distances by turns."""
    return tuple(_polar(radii[n % len(radii)], turn + 360 * n / corners) for n in range(corners))


def _arms(turn: float) -> Outline:
    """Four arms, 1.25 long and 0.7 wide: twelve corners."""
    half, length = 0.35, 1.25
    tip, edge = math.hypot(length, half), math.degrees(math.atan2(half, length))
    arm = [(tip, -edge), (tip, edge), (half * math.sqrt(2), 45.0)]
    return tuple(_polar(radius, turn + 90 * n + angle) for n in range(4) for radius, angle in arm)


def _polar(radius: float, degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees)
    return round(radius * math.cos(angle), 4), round(radius * math.sin(angle), 4)
