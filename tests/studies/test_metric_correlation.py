"""Ratings and metrics: ranks by hand, signs that differ, and files that are not as they should be."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_ratings import write_rated_tones
from scipy.stats import spearmanr
from typer.testing import CliRunner

from ligeia.cli.main import app
from ligeia.errors import InputError
from ligeia.records.journal import Row
from ligeia.records.statistics import rank_correlation
from ligeia.studies.family_published import published
from ligeia.studies.metric_correlation import (
    CHANCE,
    CONFIG,
    STUDY,
    Config,
    by_chance,
    cells,
    lines,
    measure,
    metrics_of_rows,
    strengths,
)
from ligeia.studies.ratings import digest_of, read_ratings
from ligeia.studies.run import STUDIES, run_study, with_inputs

QUICK = ("mse", "snr", "multi_stft_mse", "dft_negative")


def rows_of(config: Config) -> list[Row]:
    return [measure(config, cell) | {"cell": cell} for cell in cells(config)]


def row(name: str, group: str, rating: str = "overall", **correlations: float | None) -> Row:
    cell = {"set": name, "rating": rating}
    return {"cell": cell, "group": group, "setups": list("abcde"), "correlations": correlations}


def write(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text(json.dumps(entries))
    return path


def entry(setup: str, overall: Any = 1, **more: Any) -> dict[str, Any]:
    return {"set": "keyboard", "setup": setup, "overall": overall, **more}


# --- correlation -------------------------------------------------------------------------------------------


def test_metrics_of_recordings_follow_made_ratings(tmp_path: Path) -> None:
    """More noise is rated lower, and every error grows with it; the quality has two setups swapped."""
    config = Config(ratings=str(write_rated_tones(tmp_path)), metrics=QUICK)
    rows = rows_of(config)
    assert len(rows) == 9
    found = {(row["cell"]["set"], row["cell"]["rating"]): row["correlations"] for row in rows}
    swapped = spearmanr([9, 5, 7, 3, 1], [1, 2, 3, 4, 5]).statistic
    for name in ("keyboard", "diverse", "keywords"):
        assert found[name, "overall"]["mse"] == pytest.approx(-1)
        assert found[name, "overall"]["snr"] == pytest.approx(1)
        assert found[name, "noise"]["mse"] == pytest.approx(1)
        assert found[name, "quality"]["mse"] == pytest.approx(swapped)
    table = strengths(rows)
    assert {column for _, column in table} == {
        f"{group}, {rating}" for group in ("notes", "keywords") for rating in ("overall", "quality", "noise")
    }
    assert table["mse", "notes, overall"] == pytest.approx(1)
    assert table["snr", "keywords, quality"] == pytest.approx(-swapped)


def test_sets_of_a_group_are_averaged_and_opposite_signs_cancel() -> None:
    rows = [
        row("keyboard", "notes", mse=-0.9, csig=0.5, snr=None, cdpam=None),
        row("diverse", "notes", mse=-0.7, csig=-0.6, snr=0.4, cdpam=None),
        row("keywords", "keywords", mse=0.3, csig=-0.893),
    ]
    table = strengths(rows)
    assert table["mse", "notes, overall"] == pytest.approx(0.8)
    assert table["csig", "notes, overall"] == 0
    assert table["snr", "notes, overall"] == pytest.approx(0.4), "what is undefined in one set does not count"
    assert table["cdpam", "notes, overall"] is None
    assert table["csig", "keywords, overall"] == pytest.approx(0.893), "one set keeps its strength, whatever its sign"
    made = {line["metric"]: line for line in lines(rows)}
    assert made["mse"]["best"] == "notes, overall"
    tied = lines([row("keyboard", "notes", mse=-0.9, snr=0.9), row("words", "words", mse=0.1, snr=0.2)])
    assert [line["best"] for line in tied] == ["notes, overall", "notes, overall; words, overall", ""]
    assert made["csig"]["best"] == "keywords, overall"
    assert made[CHANCE]["strength"]["notes, overall"] == by_chance(5)


def test_chance_is_the_critical_value_of_tables() -> None:
    # Critical values of Spearman's rho at 5 %, two-sided: 0.886 at 6 pairs, 0.648 at 10, 0.447 at 20.
    for setups, critical in ((6, 0.886), (10, 0.648), (20, 0.447)):
        assert by_chance(setups) == pytest.approx(critical, abs=0.06)


def test_metrics_come_from_rows_of_a_study_of_families(tmp_path: Path) -> None:
    """Means over seeds; rows that failed, and values that are undefined, do not count."""
    scores = tmp_path / "decoders-laptop.jsonl"
    made = [
        {"cell": {"data": "keyboard", "setup": setup, "seed": seed}, "error": None, "metrics": metrics}
        for setup, seed, metrics in (
            ("a", 0, {"mse": 1.0, "snr": None, "no metric": 3}),
            ("a", 1, {"mse": 3.0, "snr": 5.0}),
            ("b", 0, {"mse": 4.0, "snr": None}),
            ("c", 0, {"mse": 9.0, "snr": 1.0}),
            ("d", 0, {}),
        )
    ]
    made.append({"cell": {"data": "keyboard", "setup": "b", "seed": 1}, "error": "diverged", "metrics": {"mse": 99}})
    scores.write_text("".join(json.dumps(line) + "\n" for line in made))
    means = metrics_of_rows(scores)
    assert means["keyboard", "a"] == {"mse": 2.0, "snr": 5.0}
    assert means["keyboard", "b"]["mse"] == 4.0
    ratings = write(tmp_path / "r.json", entry("a", 9), entry("b", 5), entry("c", 1))
    (only,) = rows_of(Config(ratings=str(ratings), scores=str(scores)))
    assert only["correlations"] == {"mse": -1, "snr": None}
    assert only["scores"]["snr"] == [5.0, None, 1.0]
    write(ratings, entry("a", 9), entry("b", 5), entry("d", 1))
    with pytest.raises(InputError, match=r"d of keyboard is rated, but .*jsonl has no such row"):
        rows_of(Config(ratings=str(ratings), scores=str(scores)))
    scores.write_text('{"cell": {"frames": 3}, "error": null, "metrics": {"mse": 1}}\n')
    with pytest.raises(InputError, match="is it of the study decoders"):
        metrics_of_rows(scores)
    with pytest.raises(InputError, match="no such file"):
        metrics_of_rows(tmp_path / "none.jsonl")


def test_ratings_without_metrics_are_refused(tmp_path: Path) -> None:
    ratings = write(tmp_path / "r.json", entry("a", 9), entry("b", 5), entry("c", 1))
    with pytest.raises(InputError, match=r"a of keyboard is rated, but names no .*: no file of scores is named"):
        rows_of(Config(ratings=str(ratings)))


def test_rows_of_other_ratings_do_not_count(tmp_path: Path) -> None:
    ratings = write_rated_tones(tmp_path / "rated", ("keyboard",))
    study = with_inputs(replace(STUDY, sizes={"laptop": replace(CONFIG["laptop"], metrics=("mse",))}), "laptop", {
        "ratings": ratings, "scores": None,
    })  # fmt: skip
    before = run_study(study, tmp_path)
    assert run_study(study, tmp_path) == json.loads(json.dumps(before))
    text = ratings.read_text().replace("setup 4,1,", "setup 4,10,")
    ratings.write_text(text)
    after = run_study(study, tmp_path)
    assert after[0]["correlations"] != before[0]["correlations"]


# --- files -----------------------------------------------------------------------------------------------


def test_csv_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("set,setup,overall,noise,group\nwords,a,1,,\nwords,b,2.5,3,speech\nwords,c,0,1,\n")
    entries = ({"set": "words", "setup": "a", "overall": 1}, {"set": "words", "setup": "c", "overall": 0, "noise": 1})
    middle = {"set": "words", "setup": "b", "overall": 2.5, "noise": "3", "group": "speech"}
    as_json = read_ratings(write(tmp_path / "r.json", entries[0], middle, entries[1]))
    assert as_json == read_ratings(tmp_path / "r.csv")
    assert [one.group for one in as_json] == ["words", "speech", "words"]
    assert [one.ratings for one in as_json] == [
        {"overall": 1},
        {"overall": 2.5, "noise": 3},
        {"overall": 0, "noise": 1},
    ]
    assert read_ratings(write(tmp_path / "k.json", *map(entry, "abc")))[0].group == "notes"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([entry("a"), entry("b")], "at least 3 setups of a set, and keyboard has 2"),
        ([], "there are none"),
        ([entry("a"), entry("a"), entry("b")], "rates a of keyboard twice"),
        ([entry("a", "good")], "rating 1: overall must be a number, got 'good'"),
        ([entry("a", "nan")], "overall must be a number"),
        ([entry("a"), {"set": "x", "overall": 1}], "rating 2: setup is missing"),
        ([entry("a", None)], "there is no rating"),
        ([entry("a", reference="x.wav")], "must both be named"),
        ([entry("a", reference="x.wav", estimate="y.wav")], "does not exist"),
        ([3], "a JSON file holds a list of objects"),
    ],
)
def test_damaged_ratings_are_refused(tmp_path: Path, entries: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_ratings(write(tmp_path / "r.json", *entries))


def test_files_that_are_no_ratings(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("{")
    (tmp_path / "r.csv").write_bytes(b"\xff\xfe")
    for name, message in (("r.json", "not a file of ratings"), ("r.csv", "not a file"), ("none.csv", "cannot read")):
        with pytest.raises(InputError, match=message):
            read_ratings(tmp_path / name)
    assert digest_of(tmp_path / "r.json", None) != digest_of(tmp_path / "r.csv", None)


# --- the command -----------------------------------------------------------------------------------------


def test_without_ratings_one_line_says_what_is_needed(tmp_path: Path) -> None:
    for config in CONFIG.values():
        with pytest.raises(InputError, match=r"needs ratings .*a CSV .* set, setup, overall, quality"):
            cells(config)
    done = CliRunner().invoke(app, ["study", "metric_correlation", "-o", str(tmp_path / "out")])
    assert isinstance(done.exception, InputError)
    assert not (tmp_path / "out").exists()


def test_the_command_takes_ratings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(STUDY, sizes={"laptop": Config(metrics=("mse", "snr"))})
    monkeypatch.setitem(STUDIES, "metric_correlation", small)
    ratings = write_rated_tones(tmp_path / "rated", ("keywords",))
    arguments = ["study", "metric_correlation", "-o", str(tmp_path / "out"), "--ratings", str(ratings)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    table = (tmp_path / "out" / "metric_correlation-laptop.md").read_text()
    assert "| snr | 1.00 |" in table
    with pytest.raises(InputError, match="sine_a4 takes no ratings; it is for: metric_correlation"):
        with_inputs(STUDIES["sine_a4"], "laptop", {"ratings": ratings})


# --- what the page says of the results in print ----------------------------------------------------------------

SILENT = ("im_net_ae", "im_net", "sine_last", "relu", "concat_middle", "concat_all")
AUDIBLE = (
    *("wavegan_ae", "pi_gan_ae", "wavegan", "pi_gan", "sine_first"),
    *("mapping_1", "mapping_5", "wide", "deep", "shrinking"),
)
NAMES = {"CDPAM": "cdpam", "MSE": "mse", "STFT error": "multi_stft_mse", "CSIG": "csig_unclipped", "LSD": "lsd_thesis"}


def printed_correlation(data: str, metrics: list[str], setups: tuple[str, ...]) -> float:
    values = [[published(setup, data, NAMES[metric]) for setup in setups] for metric in metrics]
    return rank_correlation(*([value[0] for value in each if value is not None] for each in values))


def test_the_page_computes_right_with_the_results_in_print() -> None:
    """Every line "set | one metric and another | sixteen setups | ten audible ones" of the page."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "studies" / "metric_correlation.md").read_text()
    found = re.findall(r"^\| (\w+) \| ([\w ]+) and ([\w ]+) \| (−?[\d.]+) \| (−?[\d.]+) \|$", page, re.MULTILINE)
    assert len(found) == 7
    for data, first, second, *numbers in found:
        both = [printed_correlation(data, [first, second], setups) for setups in ((*AUDIBLE, *SILENT), AUDIBLE)]
        assert [float(number.replace("−", "-")) for number in numbers] == pytest.approx(both, abs=0.0051), (data, first)
