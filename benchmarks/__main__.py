"""python -m benchmarks [--fresh] [startup|decode|lapped|step|size|fit|conformance|codecs|report ...]: these, or all.

Rows that are there already are not measured again, so that an interrupted run goes on; --fresh drops them first.
"""

import sys

from benchmarks import codecs, conformance, decode, fit, lapped, size, startup, step
from benchmarks.clips import DATA
from benchmarks.inserted import insert_tables
from benchmarks.report import write_report
from benchmarks.rows import Rows

ALL = {
    "startup": startup.run,
    "decode": decode.run,
    "lapped": lapped.run,
    "step": step.run,
    "size": size.run,
    "fit": fit.run,
    "conformance": conformance.run,
    "codecs": codecs.run,
}
NEED_DATA = ("lapped", "size", "fit", "conformance", "codecs")


def main() -> None:
    """Run, then make the report."""
    names = [word for word in sys.argv[1:] if word != "--fresh"] or list(ALL)
    if unknown := [name for name in names if name not in (*ALL, "report")]:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(ALL)}, report")
    for name in names:
        if "--fresh" in sys.argv and name in ALL:
            codecs.fresh() if name == "codecs" else Rows(name).path.unlink(missing_ok=True)
        if name in NEED_DATA and not DATA.is_dir():
            print(f"{name}: skipped, there are no recordings in {DATA} (set LIGEIA_DATA)")
        elif name in ALL:
            ALL[name]()
    write_report()
    insert_tables()


if __name__ == "__main__":
    main()
