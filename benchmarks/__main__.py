"""Runs the benchmarks named on the command line, or all; rows that are there already are not measured again."""

import sys

from benchmarks import decode, fit, size, startup
from benchmarks.clips import DATA
from benchmarks.report import write_report

ALL = {"startup": startup.run, "decode": decode.run, "size": size.run, "fit": fit.run}
NEED_DATA = ("size", "fit")


def main() -> None:
    """Run, then make the report."""
    names = sys.argv[1:] or list(ALL)
    if unknown := [name for name in names if name not in (*ALL, "report")]:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(ALL)}, report")
    for name in names:
        if name in NEED_DATA and not DATA.is_dir():
            print(f"{name}: skipped, there are no recordings in {DATA} (set LIGEIA_DATA)")
        elif name in ALL:
            ALL[name]()
    write_report()


if __name__ == "__main__":
    main()
