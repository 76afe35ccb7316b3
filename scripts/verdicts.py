"""Write the table of all verdicts in docs/studies.md: what the sections "Verdicts" of the pages of studies say.

    python scripts/verdicts.py

A page ends in such a section: a table of claims, with what is in print, what the rows say, and a verdict that begins
with one of three phrases.
"""

import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "studies.md"
STUDIES = (
    "sine_a4",
    "width_depth",
    "duration",
    "perception",
    "siamese_tables",
    "siamese_compression",
    "omega",
    "omega_search",
    "upper_bound",
    "activations",
)
"""The studies whose pages judge a paper, in the order of the table of studies."""
HEADER = ["claim", "in print", "rows", "verdict"]
PHRASES = ("holds", "does not hold", "cannot be decided here")
BEGIN, END = "<!-- verdicts: written by scripts/verdicts.py -->", "<!-- end -->"


def verdicts(text: str) -> list[tuple[str, str]]:
    """Return claims and verdicts of a page.

    Raises:
        ValueError: the page does not end in such a table, or a line of it says something else.
    """
    _, found, section = text.partition("\n## Verdicts\n")
    if not found or "\n## " in section:
        raise ValueError('it does not end in a section "Verdicts"')
    lines = [re.split(r"(?<!\\)\|", line.strip("| \n")) for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    if not cells or cells[0] != HEADER:
        raise ValueError(f"its table of verdicts must begin with {' | '.join(HEADER)}")
    for line in cells[2:]:
        _check(line)
    return [(line[0], line[3]) for line in cells[2:]]


def _check(line: list[str]) -> None:
    """Raise `ValueError` unless a line has four cells, and a verdict that can stand on another page."""
    if len(line) != len(HEADER) or not all(line):
        raise ValueError(f"it needs {len(HEADER)} cells with text, got {line}")
    if not line[3].startswith(PHRASES):
        raise ValueError(f"{line[3]!r} is not a verdict: it must begin with {', '.join(PHRASES)}")
    if "](" in line[0] + line[3]:
        raise ValueError(
            f"{line[0]!r}: links belong in the other two columns, as claim and verdict stand elsewhere too"
        )


def table(folder: Path = DOCS / "studies") -> str:
    """Return the table of the verdicts of all pages.

    Raises:
        ValueError: a page has no such table; the message names it.
    """
    lines = ["| study | the claim | verdict |", "| --- | --- | --- |"]
    for name in STUDIES:
        text = (folder / f"{name}.md").read_text(encoding="utf-8")
        try:
            found = verdicts(text)
        except ValueError as error:
            raise ValueError(f"{name}.md: {error}") from error
        lines += [f"| [{name}](studies/{name}.md#verdicts) | {claim} | {verdict} |" for claim, verdict in found]
    return "\n".join(lines)


def page(text: str, content: str) -> str:
    """Return the page with this table between its two comments."""
    old = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if len(old.findall(text)) != 1:
        raise ValueError(f"{PAGE.name} needs one place for the table, between {BEGIN} and {END}")
    return old.sub(lambda _: f"{BEGIN}\n\n{content}\n\n{END}", text)


if __name__ == "__main__":
    try:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
    except ValueError as error:
        sys.exit(str(error))
