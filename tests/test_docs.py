"""Every example of the README and the docs is run, as a reader would run it."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from ligeia.cli.main import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS = re.compile(r"^<!-- run -->\n```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def examples(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    return [(page.name, text) for page in PAGES for text in pattern.findall(page.read_text())]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the example recordings, as a clone has them."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.mark.parametrize(("page", "code"), examples(PYTHON))
def test_python_examples_run(page: str, code: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    exec(compile(code, page, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize(("page", "commands"), examples(COMMANDS))
def test_commands_run(page: str, commands: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    for line in commands.splitlines():
        for command in line.split(" && "):
            words = shlex.split(command, comments=True)
            assert words[0] == "ligeia", line
            app(words[1:], standalone_mode=False)


def test_there_are_examples() -> None:
    assert examples(PYTHON)
    assert examples(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_metric_is_in_the_docs() -> None:
    from ligeia.metrics.table import METRICS

    page = (ROOT / "docs" / "metrics.md").read_text()
    assert not [name for name in METRICS if f"`{name}`" not in page], "run `python -m benchmarks report`"


def test_the_walk_through_the_code_names_what_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "src" / "ligeia"
    for named in re.findall(r"`([\w/]+\.py)`", page):
        assert list(package.rglob(named)) or (ROOT / named).is_file(), named
    pairs = re.findall(r"`(\w+)`\s+\(`([\w/]+\.py)`", page)
    assert pairs
    for name, named in pairs:
        texts = (path.read_text() for path in package.rglob(named))
        assert any(re.search(rf"^(def|class|    def) {name}\b|^{name}\b", text, re.MULTILINE) for text in texts), name
