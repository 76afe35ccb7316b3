"""Write the table of what the thesis on families of sounds found and what the rows of our studies say.

    python scripts/family_claims.py results/studies docs/studies/conditional_inrs.md

It reads the rows of `decoders`, `ablations`, `regularisation` and `progressive` at laptop size, writes
`conditional_inrs-laptop.md` and `.html` beside them, and puts the table into the page, between its two comments.
"""

import re
import sys
from pathlib import Path

from ligeia.records.report import Section, to_markdown, write_report
from ligeia.studies.family_claims import CLAIMS, claims_table
from ligeia.studies.run import known_rows, study_named

BEGIN, END = "<!-- claims: written by scripts/family_claims.py -->", "<!-- end -->"


def main() -> None:
    """Read, judge, write."""
    folder, page = map(Path, sys.argv[1:])
    names = list(dict.fromkeys(claim.study for claim in CLAIMS))
    rows = {name: list(known_rows(study_named(name), folder, "laptop").values()) for name in names}
    table = claims_table(rows)
    heading = "conditional_inrs: what the thesis found, what we find"
    facts = f"Zuiderveld 2021, chapters 6 and 7. Size: laptop, {sum(map(len, rows.values()))} rows."
    report = Section(heading=heading, paragraphs=(facts,), table=table)
    for path in write_report(report, folder, stem="conditional_inrs-laptop"):
        print(path)
    text = to_markdown(Section(table=table), {}).strip()
    block = f"{BEGIN}\n\n{text}\n\n{END}"
    page.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: block, page.read_text(), flags=re.DOTALL))


if __name__ == "__main__":
    main()
