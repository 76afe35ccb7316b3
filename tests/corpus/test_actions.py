"""Each action takes plain settings, and is found by its name; tests/cli/test_corpus.py compares what it writes."""

from dataclasses import asdict
from pathlib import Path

import pytest

from ligeia.codec.encode import encode
from ligeia.codec.rendering import Rendered
from ligeia.corpus.actions import decode, denoise, embed, score
from ligeia.corpus.actions import encode as encoding_action
from ligeia.corpus.actions.table import ACTIONS, action_named, function_of
from ligeia.corpus.order import Order
from ligeia.corpus.places import digest_of
from ligeia.errors import InputError, SettingsError
from tests.corpus.conftest import Run, rows_of, write_tone


def test_the_table_knows_its_functions() -> None:
    modules = {"encode": encoding_action, "decode": decode, "score": score, "denoise": denoise, "embed": embed}
    assert {name: function_of(name) for name in ACTIONS} == {name: module.make for name, module in modules.items()}
    with pytest.raises(SettingsError, match="is not a valid action"):
        action_named("sing")


def test_the_digest_is_that_of_what_decides_the_results(order: Order) -> None:
    fields = vars(order)
    assert Order(**fields).digest == Order(**{**fields, "sources": "/elsewhere", "state": Path("x")}).digest
    assert Order(**{**fields, "settings": {**order.settings, "kbps": 8.0}}).digest != order.digest
    assert Order(**{**fields, "whole_names": True}).digest != order.digest
    models = [Order(**{**fields, "settings": {"model": path, "model_sha256": "0"}}) for path in ("/a/m", "/b/m")]
    assert models[0].digest == models[1].digest


def test_a_model_that_has_changed_ends_the_run(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", 440.0)
    settings = {"kind": "family", "model": "notes", "model_sha256": "0" * 64, "seed": 0, "options": {"steps": None}}
    with pytest.raises(SettingsError, match="is not the model that this run began with"):
        embed.make(tmp_path / "a.wav", tmp_path / "a.lig", settings)
    with pytest.raises(SettingsError, match="no family of that name"):
        embed.make(tmp_path / "a.wav", tmp_path / "a.lig", settings | {"model": "none"})
    with pytest.raises(InputError):
        embed.model_file("atoms", "none")


@pytest.fixture
def scoring(sources: Path, tmp_path: Path) -> Order:
    """Compare the recordings with their streams; of some there is only one."""
    streams = tmp_path / "streams"
    (streams / "deep").mkdir(parents=True)
    for name in ("a.wav", "deep/c.wav"):
        (streams / name).with_suffix(".lig").write_bytes(encode(sources / name, quality=8))
    (streams / "only.lig").write_bytes(b"x")
    comparison = score.Comparison(("snr", "pesq_wb"), None, "kept", True, 0.5)
    return Order(
        action="score", sources=str(sources), results=str(tmp_path / "out"), state=tmp_path / "out",
        estimates=str(streams), settings=asdict(comparison) | {"metrics": list(comparison.metrics)},
    )  # fmt: skip


def test_pairs_are_rows_and_so_are_files_without_a_partner(scoring: Order, run: Run) -> None:
    totals, worked = run(scoring)
    assert worked == ["a.wav", "deep/c.wav"]
    rows = {row["output"]: row for row in rows_of(Path(scoring.results))}
    assert rows["b"]["error"] == "b.flac has no estimate"
    assert rows["only"]["error"] == "only.lig has no reference"
    assert rows["a"]["estimate_sha256"] == digest_of(Path(str(scoring.estimates)) / "a.lig")
    assert totals.figures["snr"].count == 2
    assert totals.figures["pesq_wb"].count == 0  # a fifth of a second is too short for it
    assert [said.count for said in totals.remarks if said.text.startswith("pesq_wb: ")] == [2]
    assert run(scoring)[1] == []
    (Path(scoring.sources) / "only.wav").write_bytes((Path(scoring.sources) / "a.wav").read_bytes())
    assert run(scoring)[1] == ["only.wav"]


def test_damage_is_a_row_or_is_salvaged(sources: Path, tmp_path: Path, run: Run) -> None:
    streams = tmp_path / "streams"
    streams.mkdir()
    whole = encode(sources / "a.wav")
    (streams / "cut.lig").write_bytes(whole[:-20])
    (streams / "text.lig").write_text("no stream")
    for salvage, failed in ((False, 2), (True, 1)):
        results = tmp_path / f"out{salvage}"
        settings = asdict(Rendered(salvage=salvage)) | {"format": ".wav", "subtype": None}
        order = Order(action="decode", sources=str(streams), results=str(results), state=results, settings=settings)
        totals, _ = run(order)
        assert totals.failed == failed
        assert [said.text for said in totals.remarks] == (["1 damaged blocks are silent"] if salvage else [])
