import pytest
from made_rows import ENVIRONMENTS, METRICS, benchmark, failure, metric, row

from ligeia.bench.report import ABREAST, Document, document
from ligeia.plots.style import styles


@pytest.fixture(scope="module")
def report() -> Document:
    return document(benchmark(), ENVIRONMENTS, METRICS, "opus")


def test_facts(report: Document) -> None:
    assert report.facts == "6 clips, 13 codecs, 75 measurements, 2 failed."
    assert report.metrics == ("snr", "stoi", "lsd")
    assert report.styles == styles(["opus", "mp3", "ligeia", "dac", "flac"])


def test_groups_have_charts_and_tables(report: Document) -> None:
    assert [group.name for group in report.groups] == ["music", "speech"]
    speech = report.groups[1]
    assert [chart.metric for chart in speech.charts] == ["snr", "stoi", "lsd"]
    assert speech.charts[0].title == "speech: snr over rate"
    assert [chart.label for chart in speech.charts] == [
        "snr in dB (higher is better)",
        "stoi (higher is better)",
        "lsd in dB (lower is better)",
    ]
    assert [part.heading for part in speech.parts] == ["Rate and quality", "Time and memory", "Beside opus"]
    assert all(part.table for part in speech.parts)


def test_appendix(report: Document) -> None:
    tables = {part.heading: part for part in report.appendix}
    assert list(tables) == ["Failures", "Undefined values", "Remarks", "Metrics", "Codecs", "Environment"]
    assert [len(part.table.lines) for part in tables.values()] == [1, 1, 1, 3, 5, 5]
    assert document([row()], {}, {}, "opus").appendix[0].text == "None."


def test_order_of_rows_does_not_matter(report: Document) -> None:
    assert document(reversed(benchmark()), ENVIRONMENTS, METRICS, "opus") == report


def test_of_repeated_rows_the_last_counts(report: Document) -> None:
    stale = [failure(one["clip"], one["codec"], "old") for one in benchmark()]
    assert document(stale + benchmark(), ENVIRONMENTS, METRICS, "opus") == report


def test_many_metrics_are_spread_over_tables() -> None:
    names = [f"m{number}" for number in range(2 * ABREAST + 1)]
    rows = [row(metrics=dict.fromkeys(names, 1.0))]
    parts = document(rows, {}, {name: metric(name) for name in [*names, "absent"]}, "opus").groups[0].parts
    titles = [title for part in parts for title in part.table.header if title.startswith("m")]
    assert [title.split()[0] for title in titles if title != "metric"] == names
    assert max(len(part.table.header) for part in parts) <= ABREAST + 5


def test_without_the_anchor_the_report_says_so() -> None:
    (group,) = document([row()], {}, METRICS, "vorbis").groups
    assert "nothing by vorbis" in group.parts[-1].text
    assert not group.parts[-1].table


def test_metrics_without_points_have_no_chart() -> None:
    rows = [row(metrics={"snr": "inf", "stoi": None, "lsd": 3.0})]
    report = document(rows, {}, METRICS, "opus")
    assert [chart.metric for chart in report.groups[0].charts] == ["lsd"]
    assert report.metrics == ("lsd",)


def test_no_rows_make_an_empty_report() -> None:
    report = document([], {}, METRICS, "opus")
    assert report.facts == "0 clips, 0 codecs, 0 measurements, 0 failed."
    assert report.groups == ()
