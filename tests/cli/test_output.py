"""Output of the commands, and the report of a written stream."""

import json
from math import inf, nan
from pathlib import Path

import pytest

import ligeia
from ligeia.cli.output import decibels, facts_of, keep, lines_of, plain, show, show_notes
from ligeia.codec.settings import EncodeReport
from ligeia.errors import InputError


def test_json_has_null_for_what_it_cannot_say(capsys: pytest.CaptureFixture[str]) -> None:
    show({"a": nan, "b": [inf, 1.5], "c": {"d": (1, -inf)}}, as_json=True, lines=[])
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.5], "c": {"d": [1, None]}}


def test_tables_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    show({}, as_json=False, lines=[("a", "1"), ("long", "2")])
    assert capsys.readouterr().out == "a     1\nlong  2\n"


def test_notes_go_to_stderr_and_not_beside_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_notes(["one", "two"], as_json=False)
    assert tuple(capsys.readouterr()) == ("", "note: one\nnote: two\n")
    show_notes(["one"], as_json=True)
    assert tuple(capsys.readouterr()) == ("", "")


def test_plain_leaves_the_rest_alone() -> None:
    assert plain({"x": [1, "two", None, True]}) == {"x": [1, "two", None, True]}


def test_silence_has_no_ratio() -> None:
    assert decibels(nan) == "undefined (silence)"
    assert decibels(12.25) == "12.25 dB"


REPORT = EncodeReport(snr_db=20.0, fit_snr_db=21.0, steps=7, seconds=1.5)


def stream() -> bytes:
    return ligeia.encode(ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], 8000))


def test_facts_are_those_of_the_stream() -> None:
    made = stream()
    facts = facts_of(Path("a.lig"), made, REPORT)
    assert facts["bytes"] == len(made)
    assert facts["pcm16_ratio"] == len(made) / 1600
    assert facts["kbps"] == pytest.approx(len(made) * 8 / 0.1 / 1000)
    assert (facts["snr_db"], facts["elapsed_seconds"]) == (20.0, 1.5)
    assert [name for name, _ in lines_of(facts)] == ["wrote", "SNR", "time"]


def test_the_checkpoint_goes_only_once_the_stream_is_safe(tmp_path: Path) -> None:
    folder, target = tmp_path / "state", tmp_path / "a.lig"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    target.write_bytes(b"precious")
    with pytest.raises(InputError):
        keep(target, b"new", overwrite=False, checkpoint=folder)
    assert (folder / "run.json").exists()
    keep(target, b"new", overwrite=True, checkpoint=folder)
    assert target.read_bytes() == b"new"
    assert not folder.exists()
