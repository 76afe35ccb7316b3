"""The benchmarks of `benchmarks/`: rows once, tables as the rows have them, and the plain statements of a step."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

import ligeia
from ligeia.fitting.own_recipes import LIGEIA, OWN
from ligeia.fitting.recipes import recipe_named
from ligeia.hypersound.config import executed

CPU = torch.device("cpu")
NETWORKS = ("siren", "fmlp", "siamese", "siamese-relu", "finer", "wire", "kan", "mfn", "parallel", "local")
PAPERS = ("siren-notebook", "siamese-baseline", "siamese", "hypersound-fmlp")


ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    sys.path.insert(0, str(ROOT))  # plain `pytest` does not look there
    yield
    sys.path.pop(0)


@pytest.fixture(scope="module")
def step(importable: None) -> ModuleType:
    return import_module("benchmarks.step")


def test_tables_are_those_of_the_rows():
    report = import_module("benchmarks.report")
    tables = report.page_tables()
    again = "run `python -m benchmarks report`"
    assert report.report() == (report.RESULTS / "README.md").read_text(encoding="utf-8"), again
    for name in report.PAGES:
        page = (ROOT / name).read_text(encoding="utf-8")
        assert report.inserted(page, tables) == page, again
    pages = "".join((ROOT / name).read_text(encoding="utf-8") for name in report.PAGES)
    assert all(f"<!-- table: {name} -->" in pages for name in tables)


def test_low_rates_as_before_are_those_of_the_rate_where_nothing_has_changed():
    from ligeia.codec.transform.presets import BY_NAME, for_rate

    low_rates = import_module("benchmarks.low_rates")
    sound = ligeia.Audio(np.zeros((1, low_rates.RATE), np.float32), low_rates.RATE)
    assert for_rate(BY_NAME["speech"], 8.0, sound) == low_rates.PRESET_BEFORE != BY_NAME["speech"]


def test_the_chart_is_that_of_the_rows():
    chart = import_module("benchmarks.chart")
    panels = chart.panels()
    assert chart.digest(panels) in chart.PICTURE.read_text(encoding="utf-8"), "run `python -m benchmarks report`"
    for panel in panels:
        assert {curve.family for curve in panel.curves} == {*chart.FAMILIES[panel.title.partition(",")[0]]}
    assert chart.PICTURE.stat().st_size < 60_000


def test_peers_are_compared_at_equal_rate():
    """Between two measured rates a value lies on the line over the logarithm of the rate; beyond them there is none."""
    peers = import_module("benchmarks.peers")
    points = {"ligeia": [(8, 2.0), (32, 4.0)], "lc3": [(16, 3.5), (64, 4.0)]}
    rows = [
        {"clip": clip, "family": family, "kbps": kbps, "metrics": {"pesq_wb": pesq + more}, "error": None}
        for clip, more in (("a", 0.0), ("b", 0.4))
        for family, values in points.items()
        for kbps, pesq in values
    ]
    assert peers.at_rate(rows, "ligeia", "pesq_wb", 16) == pytest.approx({"a": 3.0, "b": 3.4})
    cells = [peers.cell(rows, family, "pesq_wb", kbps) for kbps in (16, 32, 64) for family in points]
    assert cells == ["3.20", "3.70 (0)", "4.20", "3.95 (2)", "", ""]
    assert peers.cell([row for row in rows if row["clip"] == "a" or row["kbps"] < 64], "lc3", "pesq_wb", 32) == ""
    fewer = [row for row in rows if row["clip"] == "a" or row["family"] == "ligeia"]
    assert peers.cell(fewer, "lc3", "pesq_wb", 32) == "3.75 (1 of 1)"


def test_entries_of_a_corpus_are_counted_without_recordings(monkeypatch, capsys):
    entries = import_module("benchmarks.corpus_entries")
    monkeypatch.setattr(sys, "argv", ["corpus_entries", "50"])
    entries.main()
    facts = json.loads(capsys.readouterr().out)
    assert facts["manifest_bytes"] > 50 * 100
    assert facts["peak_bytes"] >= facts["base_bytes"] > 0
    assert min(facts["manifest_seconds"], facts["again_seconds"]) > 0


def test_rows_are_measured_once(monkeypatch, tmp_path, capsys):
    rows = import_module("benchmarks.rows")
    monkeypatch.setattr(rows, "RESULTS", tmp_path)
    made = []
    for turn in (0, 1, 0, 1):
        rows.Rows("speed").add_once({"turn": turn}, lambda turn=turn: made.append(turn) or {"seconds": 1.0})
    assert made == [0, 1]
    first, second = rows.Rows("speed").rows
    assert (first["turn"], second["turn"], second["seconds"]) == (0, 1, 1.0)
    assert {"ligeia", "commit", "torch", "threads", "machine", "date"} < first.keys()
    assert capsys.readouterr().out.splitlines() == [str({"turn": turn, "seconds": 1.0}) for turn in (0, 1)]


def test_an_hour_is_made_of_repeated_blocks():
    commands = import_module("benchmarks.commands")
    tone = ligeia.Audio(np.sin(np.arange(1600) / 5)[None].astype(np.float32), 8000)
    stream = ligeia.encode(tone, settings=ligeia.EncodeSettings(network="dense", steps=2))
    sound = ligeia.decode(commands.repeated(stream, 3.0)).render()
    assert (sound.rate, sound.sample_count) == (8000, 24000)
    once = ligeia.decode(stream)
    hop, blocks = once.segments.hop, once.segments.count
    inside = sound.samples[0, hop // 4 : hop // 2]
    assert np.allclose(inside, sound.samples[0, blocks * hop + hop // 4 : blocks * hop + hop // 2], atol=1e-6)


def test_a_command_that_fails_is_an_error():
    commands = import_module("benchmarks.commands")
    assert commands.timed("--version", sound_seconds=2.0).keys() == {
        "seconds",
        "cpu_seconds",
        "peak_bytes",
        "sound_seconds",
        "speed",
    }
    with pytest.raises(RuntimeError, match="ligeia info failed: ligeia: "):
        commands.timed("info", "/no/such/file.lig")


# --- the step -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_stacked_statement_agrees(step, network):
    step.Sides(step.Case(OWN[network], 0.4), CPU).check()


@pytest.mark.parametrize("name", PAPERS)
def test_single_statement_agrees(step, name):
    step.Sides(step.Case(recipe_named(name), 0.02, plain=("single",)), CPU).check()


@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_loop_agrees(step, precision):
    sides = step.Sides(step.Case(LIGEIA, 0.2, precision, ("loop", "batched")), CPU)
    assert sides.check().keys() == {"loop", "batched"}
    assert len(sides.plain["loop"].networks) == sides.facts["blocks"] == 4


def test_every_plain_statement_is_timed(step):
    assert step.PLAIN.keys() == set(NETWORKS) == OWN.keys() - step.NO_STEP.keys()
    recipes = {case.recipe.name for case in step.cases(CPU)}
    assert recipes == {*PAPERS, *(OWN[network].name for network in NETWORKS)}


def test_what_has_no_step_is_left_out_with_a_word(step, monkeypatch, capsys):
    assert [name for name, recipe in OWN.items() if recipe.solve is not None] == list(step.NO_STEP)
    monkeypatch.setattr(step, "cases", lambda device: [])
    step.run()
    assert capsys.readouterr().out == "step: no step of `lapped`: it is solved in closed form, without an optimiser\n"


def test_another_function_is_an_error_and_no_row(step, monkeypatch):
    finer = step.PLAIN["finer"]
    monkeypatch.setitem(step.PLAIN, "finer", lambda spec, n, t: finer(replace(spec, hidden_omega=2.01), n, t))
    with pytest.raises(RuntimeError, match="ligeia finer"):
        step.Sides(step.Case(OWN["finer"], 0.2), CPU).check()


def test_another_learning_rate_is_an_error(step, monkeypatch):
    plain = step.plain_adam
    monkeypatch.setattr(
        step, "plain_adam", lambda spec, n, config: plain(spec, n, replace(config, learning_rates=(0.004, 0.06, 0.018)))
    )
    with pytest.raises(RuntimeError, match="ligeia"):
        step.Sides(step.Case(LIGEIA, 0.2), CPU).check()


def test_sides_take_turns(step, monkeypatch):
    monkeypatch.setattr(step, "CASE_SECONDS", 0.0)
    monkeypatch.setattr(step, "TURN_SECONDS", 0.0)
    heard: list[str] = []
    times = step.interleaved({"ours": lambda: heard.append("A"), "plain": lambda: heard.append("B")}, CPU)
    assert [len(each) for each in times.values()] == [step.ROUNDS[0]] * 2
    assert "".join(heard).endswith("AB" * step.ROUNDS[0])


def test_ratio_is_ours_to_plain(step):
    found = step.compared({"ours": [0.1, 0.2, 0.3], "plain": [0.2, 0.2, 0.2]}, "plain")
    assert found["ratio"] == 1.0
    assert (found["low"], found["high"]) == (0.5, pytest.approx(1.5))
    assert found["ours_ms"] == found["plain_ms"] == 200


def test_rows_are_added_once_and_make_the_table(step, monkeypatch, tmp_path):
    monkeypatch.setattr("benchmarks.rows.RESULTS", tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(step, "THREADS", (1,))
    monkeypatch.setattr(step, "CASE_SECONDS", 0.0)
    monkeypatch.setattr(step, "cases", lambda device: [step.Case(LIGEIA, 0.1, plain=("loop", "batched"))])
    assert step.step_table() == ""
    step.run()
    lines = (tmp_path / "step.jsonl").read_text().splitlines()
    assert len(lines) == 2
    monkeypatch.setattr(step, "measure", None)  # nothing is left to do
    step.run()
    table = step.step_table()
    assert "| ligeia, 0.1 s | 2 × 65 | a loop over blocks |" in table
    assert "ours ms, 1 thread " in table
    assert "There is no step of `lapped`: it is solved in closed form" in table


@pytest.fixture
def codec_speed(importable: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.setattr("benchmarks.rows.RESULTS", tmp_path)
    return import_module("benchmarks.codec_speed")


def test_speeds_of_a_busy_machine_are_not_kept(codec_speed, monkeypatch, tmp_path, capsys):
    found = {"what": "decode", "seconds": 0.5, "speed": 40.0}
    lines = [json.dumps(found | {"sound": name, "others_busy_cores": busy}) for name, busy in (("a", 0.01), ("b", 0.9))]
    monkeypatch.setattr("subprocess.run", lambda *words, **options: SimpleNamespace(stdout="\n".join(lines)))
    codec_speed.run()
    rows = [json.loads(line) for line in (tmp_path / "codec_speed.jsonl").read_text().splitlines()]
    assert {row["sound"] for row in rows} == {"a"}
    assert len(rows) == len(codec_speed.CONFIGURATIONS)
    assert "not alone (0.90 cores are taken by others)" in capsys.readouterr().out
    assert "| a | decode | compiled | 40 x | 40 x | 40 x | 40 x | 1.00 |" in codec_speed.codec_speed_table()


@pytest.mark.skipif(sys.platform != "linux", reason="what other programs take is read from /proc")
def test_busy_processes_are_not_counted_as_others(codec_speed, monkeypatch):
    monkeypatch.setattr(codec_speed, "_all_busy", lambda: codec_speed._ours(numbers))
    numbers: list[int] = []
    with codec_speed._busy(1) as spinning:
        numbers += spinning
        row = codec_speed._best(lambda: sum(range(10**6)), 0)
    assert row["seconds"] > 0
    assert row["others_busy_cores"] < 2


# --- HyperSound ---------------------------------------------------------------------------------------


SMALL = {"samples": 2048, "channels": 2, "latent": 4, "trunk": (8,), "target": {"width": 6}}


@pytest.fixture(scope="module")
def hypersound(importable: None) -> ModuleType:
    return import_module("benchmarks.hypersound")


@pytest.mark.parametrize("plain", ["batched", "loop"])
@pytest.mark.parametrize("work", ["training step", "writing"])
@pytest.mark.parametrize("network", ["fmlp", "siren"])
def test_plain_hypersound_agrees(hypersound, network, work, plain):
    case = hypersound.Case("small", executed(network=network, **SMALL), work, plain=plain)
    assert hypersound.Sides(case).check() < 1e-4


def test_other_hypersound_is_an_error_and_no_row(hypersound, monkeypatch):
    monkeypatch.setattr(hypersound, "BANDS", 127)
    with pytest.raises(RuntimeError, match="small, batched"):
        hypersound.Sides(hypersound.Case("small", executed(**SMALL))).check()


def test_rows_of_hypersound_make_its_table(hypersound, monkeypatch, tmp_path):
    step = import_module("benchmarks.step")
    monkeypatch.setattr(import_module("benchmarks.rows"), "RESULTS", tmp_path)
    monkeypatch.setattr(step, "CASE_SECONDS", 0.0)
    case = hypersound.Case("small", executed(**SMALL), plain="loop")
    monkeypatch.setattr(hypersound, "cases", lambda: [case])
    monkeypatch.setattr(hypersound, "THREADS", (1,))
    assert hypersound.hypersound_table() == ""
    hypersound.run()
    (line,) = (tmp_path / "hypersound.jsonl").read_text().splitlines()
    monkeypatch.setattr(hypersound, "measured", None)  # nothing is left to do
    hypersound.run()
    assert json.loads(line)["threads"] == 1
    (shown,) = [row for row in hypersound.hypersound_table().splitlines() if "small" in row]
    assert shown.startswith("| training step | small | float32 | a loop over sounds |")


def test_a_line_of_the_model_s_table_has_means_and_deviations(importable, monkeypatch, tmp_path):
    embed = import_module("benchmarks.embed")
    monkeypatch.setattr(import_module("benchmarks.rows"), "RESULTS", tmp_path)
    assert embed.quality_table() == embed.speed_table() == ""
    rows = import_module("benchmarks.rows").Rows("embed")
    for value in (1.0, 3.0):
        scores = dict.fromkeys(embed.SCORES, value)
        rows.add({"benchmark": "embed", "system": "one pass", "metrics": scores, "numbers_per_sample": 0.5})
    rows.add({"benchmark": "embed", "what": "a minute", "seconds": 4.0, "cpu_seconds": 2.0, "sound_seconds": 60.0})
    assert "| one pass | 2 | 0.500 | 2.0 ± 1.4 | 2.00 ± 1.41 |" in embed.quality_table()
    assert "| a minute | 4 | 2 | 30 x |" in embed.speed_table()


# --- families -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def latent(importable: None) -> ModuleType:
    return import_module("benchmarks.latent")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_thesis_loop_agrees(latent, precision):
    latent.Sides(latent.Case("small", (12, 12), 100, 4, precision=precision)).check()


def test_the_thesis_loop_has_the_same_gradients(latent):
    """Of every number of the network, by one backward pass here and two there; phases are small, and so is rounding."""
    sides = latent.Sides(latent.Case("small", (12, 12), 100, 4, first_omega=30.0, hidden_omega=5.0))
    for _ in range(2):
        ours, plain = sides.ours(), sides.plain()
        assert ours == pytest.approx(plain, rel=1e-5)
        gradients = {name: value.grad for name, value in sides.objective.module.decoder.named_parameters()}
        largest = max(float(gradient.abs().max()) for gradient in gradients.values())
        for name, gradient in gradients.items():
            assert torch.allclose(gradient, sides.plain.numbers[name].grad, rtol=1e-3, atol=1e-5 * largest), name
        assert torch.allclose(sides.objective.module.codes.values, sides.plain.codes, rtol=1e-3, atol=1e-6)
    for name, value in sides.objective.module.decoder.named_parameters():
        assert torch.allclose(value, sides.plain.numbers[name], atol=1e-6), name


def test_a_loop_that_differs_is_noticed(latent):
    sides = latent.Sides(latent.Case("small", (12, 12), 100, 4))
    with torch.no_grad():
        sides.plain.numbers["bias_2"] += 0.1
    with pytest.raises(RuntimeError, match="small: "):
        sides.check()


def test_families_are_timed_beside_the_loop(latent, monkeypatch):
    monkeypatch.setattr("benchmarks.step.CASE_SECONDS", 0.01)
    row = latent.measured(latent.Case("small", (12, 12), 100, 4))
    assert {"ours_steps", "plain_steps", "ratio", "low", "high", "apart", "numbers"} <= row.keys()
