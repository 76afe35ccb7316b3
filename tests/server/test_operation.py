"""What operators read and run names what there is: settings, options, tests of threats, containers."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ligeia.cli.main import app
from ligeia.server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "LIGEIA_SERVE_"
ROW = re.compile(rf"^\| `{PREFIX}(\w+)` \| (?:`(--[\w-]+)`)? ?\| ([^|]*) \|", re.MULTILINE)


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def command() -> Any:
    """`ligeia serve`, as its words are parsed."""
    return vars(typer.main.get_command(app))["commands"]["serve"]


def written(default: Any) -> str | None:
    """A default as the table has it; None where it has words instead."""
    if default is None or callable(default):
        return None
    if isinstance(default, list):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_the_table_has_every_setting_and_its_default(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {name.lower(): default.strip(" `") for name, _, default in ROW.findall(page)}
    assert rows.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        default = written(field.default if field.default_factory is None else None)
        if default is not None:
            assert rows[name].removesuffix(".0") == default.removesuffix(".0"), name


def test_the_table_has_every_option(page: str, command: Any) -> None:
    named = {option for _, option, _ in ROW.findall(page) if option}
    there = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert named <= there
    settings = {name for name in there if name.removeprefix("--").replace("-", "_") in Settings.model_fields}
    assert settings <= named


def test_every_threat_has_its_tests(page: str) -> None:
    """In the form `test_file.py::test_name`, or of a whole file."""
    section = page.split("\n## Threats\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 12
    for threat, _, tests in rows:
        named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", tests)
        assert named, threat
        for file, name in named:
            paths = [*ROOT.glob(f"tests/**/{file}")]
            assert paths, file
            assert any(f"def {name}" in path.read_text(encoding="utf-8") for path in paths), f"{file}::{name}"


def test_commands_of_the_page_can_be_parsed(page: str, command: Any) -> None:
    lines = [line.partition(" #")[0] for line in re.findall(r"^ligeia serve.*$", page, re.MULTILINE)]
    assert len(lines) >= 3
    for line in lines:
        command.make_context("serve", shlex.split(line)[2:])


def test_containers_are_given_settings_and_options_that_exist(compose: dict[str, Any], command: Any) -> None:
    environments = [service.get("environment", {}) for service in compose["services"].values()]
    named = {name for names in environments for name in names if name.startswith("LIGEIA_")}
    assert named
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}
    ours = [service for service in compose["services"].values() if service["image"] == "ligeia"]
    assert len(ours) == 2
    for service in ours:
        command.make_context("serve", list(service["command"]))
        assert service["environment"][f"{PREFIX}DATABASE"].startswith("postgresql+psycopg://")
        assert service["cap_drop"] == ["ALL"]


def test_the_image_is_made_of_what_there_is() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source.removeprefix('./')}" in (ROOT / ".dockerignore").read_text(encoding="utf-8"), source
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    wanted = re.search(r'"\.\[([\w,]+)\]"', text)
    assert wanted is not None
    assert {*wanted[1].split(",")} <= extras.keys()
    assert {name.lower() for name in re.findall(rf"{PREFIX}(\w+)=", text)} <= Settings.model_fields.keys()
    assert "\nUSER ligeia\n" in text
    assert "\nHEALTHCHECK " in text
