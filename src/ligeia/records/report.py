"""Reports: sections of text, tables and pictures, written as Markdown, as picture files, and as one HTML page.

The page needs nothing else: its pictures are inside. Names and messages in rows come from strangers: the template
(`report.html`) escapes all text, and a content security policy lets nothing run and nothing be loaded.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligeia.audio.atomic import write_bytes
from ligeia.errors import MissingExtra
from ligeia.plots.style import one_line, render
from ligeia.records.tables import Table, escaped, markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "report.html"
NO_PICTURES = "The pictures and the HTML page are left out: {reason}."
LONGEST_NAME = 60
"""Characters of a picture's file name that are kept."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure that is drawn when the report is written."""

    name: str
    """Name of its files, without the ending; whatever it holds, they get a harmless name."""
    title: str
    """Caption, and text in its place."""
    draw: "Callable[[], Figure]"
    """Draws it, or raises `MissingExtra`."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a report, or a whole one; what it lacks is left out."""

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    """Plain text, shown as it is."""
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None
    sections: tuple["Section", ...] = ()
    """Its parts, one heading deeper."""


def write_report(report: Section, folder: Path, *, stem: str = "report") -> list[Path]:
    """Write STEM.md, STEM.html, and each picture as .svg and .png; each appears whole or not at all.

    Equal reports give equal bytes; files of those names are replaced. Without matplotlib or Jinja2 there is the
    Markdown alone, and it says so.

    Returns:
        The paths written.

    Raises:
        InputError: a file cannot be written.
    """
    names = picture_names(report)
    files: dict[str, bytes] = {}
    problem = ""
    try:
        figures = {name: picture.draw() for picture, name in names.items()}
        for name, figure in figures.items():
            files |= {f"{name}.svg": render(figure, "svg"), f"{name}.png": render(figure, "png")}
        page = to_html(report, {picture: files[f"{name}.svg"] for picture, name in names.items()})
        files = {f"{stem}.html": page.encode(), **files}
    except MissingExtra as error:
        problem, names, files = NO_PICTURES.format(reason=error), {}, {}
    files = {f"{stem}.md": to_markdown(report, names, problem).encode(), **files}
    for name, data in files.items():
        write_bytes(folder / name, data, overwrite=True)
    return [folder / name for name in files]


def to_markdown(report: Section, names: Mapping[Picture, str], problem: str = "") -> str:
    """The report in Markdown, with the pictures that have a name; a `problem` is reported before the first part."""
    head = Section(heading=report.heading, paragraphs=report.paragraphs + ((problem,) if problem else ()))
    rest = Section(pictures=report.pictures, table=report.table, sections=report.sections)
    blocks = [*_blocks(head, 1, names), *_blocks(rest, 1, names)]
    return "\n\n".join(block.rstrip("\n") for block in blocks) + "\n"


def _blocks(section: Section, level: int, names: Mapping[Picture, str]) -> Iterator[str]:
    if section.heading:
        yield f"{'#' * level} {escaped(section.heading)}"
    yield from (escaped(text) for text in section.paragraphs)
    yield from (
        f"![{escaped(picture.title)}]({names[picture]}.svg)" for picture in section.pictures if picture in names
    )
    if section.table:
        yield markdown(section.table)
    for part in section.sections:
        yield from _blocks(part, level + 1, names)


def to_html(report: Section, images: Mapping[Picture, bytes]) -> str:
    """The report as one page; `images` are the SVG files of its pictures.

    Raises:
        MissingExtra: Jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader
    except ImportError as error:
        raise MissingExtra("Jinja2", "plot") from error

    def address(picture: Picture) -> str:
        return f"data:image/svg+xml;base64,{base64.b64encode(images[picture]).decode()}"

    def digest(text: str) -> str:
        return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

    environment = Environment(
        loader=PackageLoader("ligeia.records", package_path=""),
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"address": address, "digest": digest}
    return environment.get_template(TEMPLATE).render(report=report)


def _shown(value: Any) -> Any:
    """Plain text on one line, without control characters; the template's own parts stay as they are."""
    return one_line(value) if type(value) is str else value


def picture_names(report: Section) -> dict[Picture, str]:
    """The name of each picture's files, without ending: plain names, no two alike.

    Names that had to be changed get a piece of their hash, and so does one that is taken.
    """
    names: dict[Picture, str] = {}
    for picture in _all_pictures(report):
        name = _plain(picture.name)
        taken = name in names.values()
        names[picture] = f"{name}-{_mark(f'{picture.name}/{picture.title}/{len(names)}')}" if taken else name
    return names


def _all_pictures(section: Section) -> Iterator[Picture]:
    yield from section.pictures
    for part in section.sections:
        yield from _all_pictures(part)


def _plain(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:LONGEST_NAME].strip("-.")
    return plain if plain and plain == name else f"{plain}-{_mark(name)}".lstrip("-")


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
