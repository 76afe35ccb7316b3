"""Write the table of what the thesis on families of sounds found and what the rows of our studies say.

    python scripts/family_claims.py results/studies docs/studies/conditional_inrs.md

It reads the rows of `decoders`, `ablations`, `regularisation` and `progressive` at laptop size, and with five times
the steps ("hour"), writes `conditional_inrs-SIZE.md` and `.html` beside them, and puts each table into the page,
between its two comments.
"""

import re
import sys
from pathlib import Path

from ligeia.records.report import Section, to_markdown, write_report
from ligeia.studies.family_claims import CLAIMS, claims_table
from ligeia.studies.run import known_rows, study_named

SIZES = ("laptop", "hour")
BEGIN, END = "<!-- claims, {size}: written by scripts/family_claims.py -->", "<!-- end -->"


def main() -> None:
    """Read, judge, write."""
    folder, page = map(Path, sys.argv[1:])
    names = list(dict.fromkeys(claim.study for claim in CLAIMS))
    for size in SIZES:
        rows = {name: list(known_rows(study_named(name), folder, size).values()) for name in names}
        table = claims_table(rows, with_rows=size != SIZES[0])
        heading = "conditional_inrs: what the thesis found, what we find"
        facts = f"Zuiderveld 2021, chapters 6 and 7. Size: {size}, {sum(map(len, rows.values()))} rows."
        report = Section(heading=heading, paragraphs=(facts,), table=table)
        for path in write_report(report, folder, stem=f"conditional_inrs-{size}"):
            print(path)
        _put(page, BEGIN.format(size=size), to_markdown(Section(table=table), {}).strip())


def _put(page: Path, begin: str, text: str) -> None:
    """Put a table between the two comments of a page that begin it and end it."""
    block = f"{begin}\n\n{text}\n\n{END}"
    old = re.compile(f"{re.escape(begin)}.*?{END}", re.DOTALL)
    page.write_text(old.sub(lambda _: block, page.read_text()))


if __name__ == "__main__":
    main()
