"""Write the table of what the thesis on families of sounds found and what the rows of our studies say.

    python scripts/family_claims.py results/studies

It reads the rows of `decoders`, `ablations`, `regularisation` and `progressive` at laptop size, and writes
`conditional_inrs-laptop.md` and `.html` beside them.
"""

import sys
from pathlib import Path

from ligeia.records.report import Section, write_report
from ligeia.studies.family_claims import CLAIMS, claims_table
from ligeia.studies.run import known_rows, study_named


def main() -> None:
    """Read, judge, write."""
    folder = Path(sys.argv[1])
    names = list(dict.fromkeys(claim.study for claim in CLAIMS))
    rows = {name: list(known_rows(study_named(name), folder, "laptop").values()) for name in names}
    table = claims_table(rows)
    heading = "conditional_inrs: what the thesis found, what we find"
    facts = f"Zuiderveld 2021, chapters 6 and 7. Size: laptop, {sum(map(len, rows.values()))} rows."
    for path in write_report(
        Section(heading=heading, paragraphs=(facts,), table=table), folder, stem="conditional_inrs-laptop"
    ):
        print(path)


if __name__ == "__main__":
    main()
