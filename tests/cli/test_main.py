import errno

import pytest
from tests.cli.conftest import Ligeia

from ligeia.cli import main
from ligeia.errors import InputError


def test_help_and_version(ligeia: Ligeia) -> None:
    shown = ligeia("--help")
    assert shown.code == 0
    assert all(verb in shown.out for verb in ("encode", "decode", "info", "fit"))
    assert ligeia("--version").out.startswith("ligeia ")


def test_an_unknown_verb_is_wrong_usage(ligeia: Ligeia) -> None:
    assert ligeia("sing").code == 2


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("two\nlines"), 1, "ligeia: two lines"),
        (MemoryError(), 1, "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device", "a.lig"), 1, "a.lig: No space left"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_become_one_line(
    ligeia: Ligeia, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    def broken() -> None:
        raise error

    monkeypatch.setattr(main, "app", broken)
    outcome = ligeia("info", "x")
    assert outcome.code == code
    assert said in outcome.line
