"""Rows of the paper's tables at a reduced scale: what a row is about stays, and as many numbers for each sample."""

from math import pi

import pytest

from ligeia.hypersound.configuration import configuration_names
from ligeia.studies import hypersound_compression, hypersound_targets, hypersound_variants, hypersound_weighting
from ligeia.studies.hypersound_scale import MATERIALS, Scale, row, with_network

SCALE = Scale()


def test_every_row_of_the_tables_has_a_cell() -> None:
    """The cells at paper size are the shipped configurations of the tables, each once."""
    rows = {
        *(f"table_2_fmlp_cr_{ratio:g}" for ratio in hypersound_compression.CONFIG["paper"].ratios),
        *(f"table_2_siren_{first}_{hidden}" for first, hidden in hypersound_compression.CONFIG["paper"].omegas),
        *(f"table_3_{name}" for name in hypersound_variants.CONFIG["paper"].variants),
        *(f"table_4_p_{power:g}" for power in hypersound_weighting.CONFIG["paper"].powers),
        *(f"table_5_{name}" for name in hypersound_targets.CONFIG["paper"].recordings),
    }
    assert rows == {name for name in configuration_names() if name.startswith("table_")}


@pytest.mark.parametrize("name", [name for name in configuration_names() if name.startswith("table_")])
def test_a_reduced_row_stays_what_it_is_about(name: str) -> None:
    paper, small = row(name, None), row(name, SCALE)
    assert small.model.samples == SCALE.samples
    for field in ("variant", "reading", "shared_layers", "network", "norm"):
        assert getattr(small.model, field) == getattr(paper.model, field)
    assert small.loss.frequency_power == paper.loss.frequency_power
    assert small.loss.weighting == paper.loss.weighting
    quotient = paper.training.learning_rates[0] / 1e-4
    assert small.training.learning_rates[0] == pytest.approx(quotient * SCALE.learning_rate)
    density = paper.model.spec().parameters / paper.model.samples
    width = small.model.target["width"]
    assert small.model.spec().parameters / small.model.samples == pytest.approx(density, rel=max(0.1, 0.8 / width))


def test_the_first_frequency_of_siren_stays_in_hz() -> None:
    def hertz(name: str, scale: Scale | None) -> float:
        model = row(name, scale).model
        return float(model.target["first_omega"] / (pi * model.samples / model.rate))

    assert hertz("table_2_siren_2000_30", None) == pytest.approx(428, abs=1)
    assert hertz("table_2_siren_2000_30", SCALE) == pytest.approx(hertz("table_2_siren_2000_30", None))


def test_the_weighting_takes_a_fifth_of_the_run() -> None:
    loss = row("table_4_p_1", SCALE).loss
    epochs = SCALE.steps * SCALE.batch / SCALE.epoch
    assert loss.blend(epochs / 5) == pytest.approx(1)
    assert loss.blend(epochs / 10) == pytest.approx(0.5)


def test_changes_times_and_rate() -> None:
    longer = row("table_3_additive", SCALE, seed=3, times=3, rate=100, model={"reading": "paper"})
    assert longer.training.steps == 3 * SCALE.steps
    assert longer.training.seed == 3
    assert longer.training.learning_rates == (100 * SCALE.learning_rate,)
    assert longer.model.reading == "paper"


@pytest.mark.parametrize("network", ["siren", "finer", "mfn"])
def test_other_networks_have_about_as_many_numbers(network: str) -> None:
    config = row("table_2_fmlp_cr_1", SCALE)
    other = with_network(config, network)
    assert other.model.network == network
    assert other.model.numbers == pytest.approx(config.model.numbers, rel=0.25)


def test_speakers_of_suites_are_not_learned_from() -> None:
    from ligeia.datasets.provenance import held_out

    assert not set(MATERIALS["speech"].speakers) & held_out().speakers
