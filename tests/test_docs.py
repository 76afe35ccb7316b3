"""Every example of the README and the docs is run, as a reader would run it."""

import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import ligeia
from ligeia.cli.main import app
from ligeia.networks import BY_NAME, BY_WIRE_ID
from ligeia.networks.registered import registered_names

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS = re.compile(r"^<!-- run -->\n```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def examples(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    return [(page.name, text) for page in PAGES for text in pattern.findall(page.read_text())]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the example recordings, as a clone has them, but for one that takes long to mend: it is shorter."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    clipped = tmp_path / "examples" / "clipped_memo.flac"
    memo = ligeia.read_audio(clipped)
    ligeia.write_audio(clipped, ligeia.Audio(memo.samples[:, : round(1.5 * memo.rate)], memo.rate), overwrite=True)
    return tmp_path


@pytest.fixture
def own_networks() -> Iterator[None]:
    """What an example registers is not known to the next test of this process."""
    yield
    for name in registered_names():
        del BY_WIRE_ID[BY_NAME.pop(name).wire_id]


@pytest.mark.usefixtures("own_networks")
@pytest.mark.parametrize(("page", "code"), examples(PYTHON))
def test_python_examples_run(page: str, code: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raising nothing is the claim; what an example promises, it asserts itself."""
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
    assert len(NOTEBOOKS) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert not [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")]
    assert f"]({path.name})" in (path.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path: Path, tmp_path: Path) -> None:
    """By the program that `make notebooks` runs; every notebook shows at least one picture."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    command = [sys.executable, ROOT / "scripts" / "run_notebooks.py", path, "-o", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / path.name).read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_the_demo_runs(tmp_path: Path) -> None:
    """What `make demo` runs; it takes streams apart as a user would."""
    command = [sys.executable, ROOT / "scripts" / "demo.py", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"demo.lig", "demo.decoded.wav", "demo.png"}


def test_every_option_is_in_the_docs() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = {word.rstrip("-") for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)}
    commands: dict[str, Any] = dict(vars(typer.main.get_command(app))["commands"])
    commands |= {f"corpus {verb}": command for verb, command in vars(commands.pop("corpus"))["commands"].items()}
    undocumented = [
        f"{verb} {'/'.join(names)}"
        for verb, command in commands.items()
        for parameter in command.params
        for names in (parameter.opts, parameter.secondary_opts)
        if any(name.startswith("-") for name in names) and not {*names} & named
    ]
    assert not undocumented


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = [(page.parent / target).resolve() for target in LINK.findall(page.read_text())]
        waiting += [target for target in targets if target.suffix == ".md" and target not in {*reached, *waiting}]
    assert not {*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"} - reached


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    """The names of the program that writes docs/api.md."""
    return runpy.run_path(str(ROOT / "scripts" / "api_page.py"))


def test_the_api_page_is_that_of_the_docstrings(api: dict[str, Any]) -> None:
    assert api["PAGE"].read_text(encoding="utf-8") == api["page"](), "run `make docs`"


def test_the_api_page_has_every_public_name(api: dict[str, Any]) -> None:
    text = api["page"]()
    assert not [name for name in ligeia.__all__ if name != "__version__" and f"\n### {name}\n" not in text]
    anchors = {re.sub(r"[^\w-]", "", line.lower()) for line in re.findall(r"^### (.*)$", text, re.MULTILINE)}
    assert {*re.findall(r"\]\(#([\w-]+)\)", text)} <= anchors


def test_public_names_say_what_they_are(api: dict[str, Any]) -> None:
    for one in api["public_names"]():
        assert one.doc, one.name
        if type(one.node).__name__ == "ClassDef":
            assert all(doc for node, doc in api["members"](one) if type(node).__name__ == "FunctionDef"), one.name


def test_docstrings_become_markdown(api: dict[str, Any]) -> None:
    doc = "Return a sound.\n\nArgs:\n    rate: in Hz,\n        whole.\n\nRaises:\n    InputError: none.\n"
    doc += "\nExample:\n    >>> 1\n    1"
    assert api["markdown"](doc, {"InputError": "inputerror"}).split("\n\n") == [
        "Return a sound.",
        "**Arguments**",
        "- `rate`: in Hz, whole.",
        "**Raises**",
        "- [`InputError`](#inputerror): none.",
        "```pycon\n>>> 1\n1\n```",
    ]


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
