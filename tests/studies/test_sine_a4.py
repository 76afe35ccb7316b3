"""One neuron and the note A4."""

import pytest

from ligeia.studies.sine_a4 import CONFIG, Config, figures, measure, table


@pytest.fixture
def rows() -> list[dict]:
    return [{"cell": {"step": step}, **measure(Config(), {"step": step})} for step in CONFIG["paper"].steps]


def test_the_neuron_learns_the_note(rows) -> None:
    first, middle, last = rows
    assert first["hz"] == pytest.approx(440 * 0.896, rel=1e-6)
    assert first["loss"] > middle["loss"] > last["loss"]
    assert last["hz"] == pytest.approx(440, abs=0.44)  # the report's own figure, 439.56, is as close
    assert last["bytes"] == 8


def test_table_and_figure(rows) -> None:
    header, lines = table(rows)
    assert len(header) == len(lines[0])
    assert [line[0] for line in lines] == ["0", "20", "200"]
    assert set(figures(rows)) == {"waves"}
