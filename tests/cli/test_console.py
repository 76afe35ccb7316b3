"""What a command says, and where."""

import json

import pytest

from ligeia.cli import progress
from ligeia.cli.console import Console
from ligeia.progress import Progress

HALF = Progress(done=0.5, elapsed=1.0, stage="analysis")


def test_reports_and_notes(capsys: pytest.CaptureFixture[str]) -> None:
    def said(console: Console) -> tuple[str, str]:
        console.notes(["mind this"])
        console.report({"bytes": 3}, [("wrote", "a.lig")])
        return tuple(capsys.readouterr())  # type: ignore[return-value]

    assert said(Console()) == ("wrote  a.lig\n", "note: mind this\n")
    assert said(Console(quiet=True)) == ("", "")
    assert said(Console(aside=True)) == ("", "note: mind this\nwrote  a.lig\n")
    out, err = said(Console(as_json=True, quiet=True))
    assert (json.loads(out), err) == ({"bytes": 3}, "")
    out, err = said(Console(as_json=True, aside=True))
    assert (out, json.loads(err)) == ("", {"bytes": 3})


def test_the_progress_of_one_of_several_is_that_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    console = Console().of_part("2/4 b.wav", 0.25, 0.75, started=0.0)
    with console.progress() as watch:
        assert watch is not None
        watch(HALF)
    assert capsys.readouterr().err.startswith(" 50 %  2/4 b.wav  analysis")
    console.notes(["mind this"])
    assert capsys.readouterr().err == "note: 2/4 b.wav: mind this\n"
    with Console(quiet=True).progress() as nothing, Console(as_json=True).progress() as nothing_either:
        assert nothing is nothing_either is None
