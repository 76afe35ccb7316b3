import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ligeia.cli import main, sources
from ligeia.errors import InputError

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


def test_help_and_version(ligeia: "Ligeia") -> None:
    shown = ligeia("--help")
    assert shown.code == 0
    assert all(verb in shown.out for verb in ("encode", "decode", "info", "fit"))
    assert ligeia("--version").out.startswith("ligeia ")


def test_an_unknown_verb_is_wrong_usage(ligeia: "Ligeia") -> None:
    assert ligeia("sing").code == 2


def test_ctrl_c_in_a_verb_is_130(ligeia: "Ligeia", lig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(sources, "read_stream", interrupted)
    outcome = ligeia("info", lig)
    assert (outcome.code, outcome.line) == (130, "ligeia: interrupted; nothing was written")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("two\nlines"), 1, "ligeia: two lines"),
        (MemoryError(), 1, "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device", "a.lig"), 1, "a.lig: No space left"),
    ],
)
def test_errors_become_one_line(
    ligeia: "Ligeia", monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    def broken() -> None:
        raise error

    monkeypatch.setattr(main, "app", broken)
    outcome = ligeia("info", "x")
    assert outcome.code == code
    assert said in outcome.line
