import errno
import os
import subprocess
import sys
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

    monkeypatch.setattr(sources, "opened_stream", interrupted)
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


def test_help_loads_nothing_heavy() -> None:
    program = "import sys, ligeia.cli.main; print(*sorted({'numpy', 'scipy', 'torch', 'soundfile'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done


def test_too_little_memory_even_to_begin_is_one_line(ligeia: "Ligeia", monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ImportError("libx.so: failed to map segment from shared object")

    monkeypatch.setattr(main, "app", broken)
    assert ligeia("info", "x").line == "ligeia: not enough memory for this"

    def missing() -> None:
        raise ImportError("cannot import name 'x' from 'y'")

    monkeypatch.setattr(main, "app", missing)
    with pytest.raises(ImportError):
        ligeia("info", "x")


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX pipe")
def test_a_pipe_that_nobody_reads_ends_the_command_silently(
    ligeia: "Ligeia", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def gone(*_: object) -> bytes:
        raise BrokenPipeError

    monkeypatch.setattr(sources, "opened_stream", gone)
    monkeypatch.setattr(os, "dup2", lambda *_: None)  # the output of these tests is still wanted
    outcome = ligeia("info", tmp_path / "a.lig")
    assert (outcome.code, outcome.err) == (141, "")
