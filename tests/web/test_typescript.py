"""Tests that are written in TypeScript run in the same command, and the types of the API are those of its routes."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "scripts" / "build_page.py"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    """The names of the program that writes the schema."""
    return runpy.run_path(str(ROOT / "scripts" / "openapi.py"))


@pytest.fixture(scope="module")
def tools() -> None:
    """Skips where the tools of the page are not installed."""
    if not runpy.run_path(str(BUILD))["installed"]():
        pytest.skip("no tools of the page in web/node_modules: run `make page`")


@pytest.mark.slow
@pytest.mark.usefixtures("tools")
@pytest.mark.skipif(not list((ROOT / "web").glob("[ap]*/**/*.test.ts*")), reason="there are no tests in TypeScript yet")
def test_the_tests_in_typescript_pass() -> None:
    done = subprocess.run([sys.executable, BUILD, "--test"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]


def test_the_schema_is_that_of_the_routes(openapi: dict[str, Any]) -> None:
    assert openapi["SCHEMA"].read_text(encoding="utf-8") == openapi["schema_text"](), "run `python scripts/openapi.py`"


@pytest.mark.usefixtures("tools")
def test_the_types_are_those_of_the_schema(openapi: dict[str, Any], tmp_path: Path) -> None:
    openapi["write_types"](tmp_path / "schema.d.ts")
    there = openapi["TYPES"].read_text(encoding="utf-8")
    assert (tmp_path / "schema.d.ts").read_text(encoding="utf-8") == there, "run `python scripts/openapi.py`"
