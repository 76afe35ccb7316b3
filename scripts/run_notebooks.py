"""Run the notebooks of `notebooks/`, and write them with their outputs to another folder.

Usage: python scripts/run_notebooks.py [NOTEBOOK ...] [-o DIR]
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 600
"""Longest time of a cell."""


def run(path: Path, folder: Path) -> None:
    """Run a notebook where it lies, and write it with its outputs to `folder`."""
    os.environ.pop("MPLBACKEND", None)  # pictures go to the notebook, whatever scripts are told here
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(book, timeout=SECONDS, resources={"metadata": {"path": str(path.parent)}})
    try:
        client.execute()
    except CellExecutionError as error:
        sys.exit(f"{path.name} failed:\n{error}")
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, folder / path.name)
    print(f"wrote {folder / path.name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted((ROOT / "notebooks").glob("*.ipynb")))
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "notebooks-out")
    arguments = parser.parse_args()
    for each in arguments.notebooks:
        run(each, arguments.output)
