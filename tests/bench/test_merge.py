"""Rows of several runs in one report: which belong together, and what the reader is told of the others."""

import json
from pathlib import Path

import pytest

from ligeia.bench.merge import rows_for_report
from ligeia.bench.run import ROWS, BenchSettings, facts_of
from ligeia.datasets.suite import Clip
from ligeia.errors import InputError
from ligeia.records.environment import ENVIRONMENTS
from ligeia.records.journal import Row

SETTINGS = BenchSettings(metrics=("snr",))


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    paths = [tmp_path / name for name in ("a.wav", "b.wav")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return [Clip(path.name, path, "speech") for path in paths]


def row(clip: Clip, codec: str, **changes: object) -> Row:
    facts = {name: value for name, value in facts_of(clip).items() if name != "path"}
    family, _, setting = codec.partition(":")
    more: Row = {"seconds_limit": None, "codec": codec, "family": family, "setting": setting, "version": "1"}
    measured: Row = {"error": None, "kbps": 8.0, "metrics": {"snr": 1.0}, "environment": "e"}
    return facts | more | measured | changes


def write(folder: Path, rows: list[Row], environments: object = None) -> Path:
    (folder / ROWS).write_text("".join(json.dumps(one) + "\n" for one in rows))
    (folder / ENVIRONMENTS).write_text(json.dumps(environments or {"e": {"workers": 1}}))
    return folder


def test_rows_of_all_runs_on_these_clips(clips: list[Clip], tmp_path: Path) -> None:
    all_rows = [row(clip, codec) for codec in ("opus:8", "mp3:32") for clip in clips]
    kept, notes = rows_for_report(clips, write(tmp_path, all_rows), SETTINGS)
    assert (kept, notes) == (all_rows, [])
    only, _ = rows_for_report(clips, tmp_path, SETTINGS, codecs={"mp3:32"})
    assert only == all_rows[2:]


def test_others_are_left_out_and_counted(clips: list[Clip], tmp_path: Path) -> None:
    a, b = clips
    stranger = Clip("c.wav", a.path, "speech")
    rows = [
        *(row(clip, "opus:8") for clip in clips),
        row(stranger, "opus:8"),
        row(a, "mp3:32", seconds_limit=10.0),
        row(b, "mp3:32", seconds_limit=10.0),
        row(a, "mp3:64", clip_sha256="0"),
        row(a, "mp3:96", group=""),
    ]
    kept, notes = rows_for_report(clips, write(tmp_path, rows), SETTINGS)
    assert kept == rows[:2]
    assert notes == [
        "1 row on clips that are not in this suite: not in the report",
        "2 rows on the first 10 s of each clip: not in the report",
        "1 row on clips that have changed since: not in the report",
        "1 row on clips that were in other groups: not in the report",
    ]


def test_what_makes_rows_unequal_is_said(clips: list[Clip], tmp_path: Path) -> None:
    a, b = clips
    rows = [
        row(a, "opus:8"),
        row(b, "opus:8", version="2", environment="f"),
        row(a, "mp3:32"),
        row(a, "flac", metrics={"mse": 0.0}),
        row(b, "flac", error="broke", metrics=None),
    ]
    environments = {"e": {"workers": 1, "date": "today"}, "f": {"workers": 2, "date": "today"}}
    _, notes = rows_for_report(clips, write(tmp_path, rows, environments), SETTINGS)
    assert notes[0] == "not measured on all clips of a group, so that medians are of others: mp3:32 (1)"
    assert notes[1] == "measured without snr: flac"
    assert notes[2].startswith("rows of several versions: opus:8;")
    assert "not comparable" in notes[3]


def test_another_day_is_no_other_environment(clips: list[Clip], tmp_path: Path) -> None:
    rows = [row(clips[0], "opus:8"), row(clips[1], "opus:8", environment="f")]
    environments = {"e": {"workers": 1, "date": "today"}, "f": {"workers": 1, "date": "tomorrow"}}
    assert rows_for_report(clips, write(tmp_path, rows, environments), SETTINGS)[1] == []


def test_no_rows(clips: list[Clip], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no rows for these clips and codecs$"):
        rows_for_report(clips, tmp_path, SETTINGS)
    write(tmp_path, [row(clips[0], "opus:8", seconds_limit=3.0)])
    with pytest.raises(InputError, match=r"holds no rows .* \(1 row on the first 3 s of each clip"):
        rows_for_report(clips, tmp_path, SETTINGS)


def test_metrics_of_other_groups_are_not_missed(clips: list[Clip], tmp_path: Path) -> None:
    """Each group may have metrics of its own; unequal is what differs within one."""
    a, b = clips[0], Clip("b.wav", clips[1].path, "music")
    rows = [
        row(a, "opus:8"),
        row(b, "opus:8", metrics={"mse": 0.0}),
        row(b, "mp3:32", metrics={"snr": 1.0, "pesq_wb": None}),
    ]
    settings = BenchSettings(metrics=("snr", "mse", "pesq_wb"))
    _, notes = rows_for_report([a, b], write(tmp_path, rows), settings)
    assert notes == ["measured without mse: mp3:32", "measured without snr: opus:8"]
    _, notes = rows_for_report([a, b], write(tmp_path, rows[:2]), settings)
    assert notes == []
