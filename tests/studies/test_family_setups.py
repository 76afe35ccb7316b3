"""Setups of families: every row in print has one, with as many numbers for one of pi-GAN as in print."""

from dataclasses import asdict

import pytest

from ligeia.codec.family.concatenation import ImNetSettings
from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.hypernetwork import HypernetworkSettings
from ligeia.codec.family.wavegan import WaveGanSettings
from ligeia.errors import InputError
from ligeia.studies.ablations import ABLATIONS
from ligeia.studies.decoders import BASELINES
from ligeia.studies.family_published import HEARD, MSE, in_words, published
from ligeia.studies.family_rows import REFERENCES
from ligeia.studies.family_setups import OMEGAS, SETUPS, family_configuration, merged
from ligeia.studies.progressive import SCALINGS
from ligeia.studies.regularisation import PENALTIES

PUBLISHED_SETTINGS = {
    "wide": FilmSettings(widths=(380,) * 4),
    "deep": FilmSettings(widths=(200,) * 12),
    "shrinking": FilmSettings(widths=(840, 420, 210, 105)),
    "im_net": ImNetSettings(),
    "wavegan": WaveGanSettings(),
    "hypernetwork": HypernetworkSettings(),
}


def test_every_row_in_print_is_a_setup_of_a_study() -> None:
    studied = {*BASELINES, *ABLATIONS, *PENALTIES, *SCALINGS}
    assert set(MSE) - set(REFERENCES) <= studied
    assert studied <= set(SETUPS)
    assert set(HEARD) == set(MSE)


@pytest.mark.parametrize("name", PUBLISHED_SETTINGS)
def test_numbers_are_to_those_of_pi_gan_as_in_print(name: str) -> None:
    small, base = (family_configuration(setup, "keyboard").decoder.numbers(4000) for setup in (name, "pi_gan"))
    ratio = PUBLISHED_SETTINGS[name].numbers(16000) / FilmSettings().numbers(16000)
    assert small / base == pytest.approx(ratio, rel=0.05)


def test_omegas_are_those_in_print_in_hertz() -> None:
    decoder = family_configuration("pi_gan", "keyboard").decoder
    assert isinstance(decoder, FilmSettings)
    assert (decoder.first_omega, decoder.hidden_omega) == (880.0, 245.0)  # half a second
    decoder = family_configuration("progressive_3000_300", "keywords").decoder
    assert isinstance(decoder, FilmSettings)
    assert (decoder.first_omega, decoder.hidden_omega, decoder.groups) == (3000.0, 300.0, 8)


def test_a_change_of_an_omega_holds() -> None:
    decoder = family_configuration("pi_gan", "keyboard", changes={"decoder": {"first_omega": 100.0}}).decoder
    assert asdict(decoder)["first_omega"] == 100.0


def test_wavegan_reaches_the_samples_of_all_data_sets() -> None:
    for data in OMEGAS:
        config = family_configuration("wavegan", data)
        assert isinstance(config.decoder, WaveGanSettings)
        assert config.decoder.length >= config.data.samples


def test_frozen_setups_keep_their_mapping() -> None:
    assert not family_configuration("concat_all_frozen", "keyboard").codes.train_mapping
    assert family_configuration("concat_all", "keyboard").codes.train_mapping


@pytest.mark.parametrize("name", SETUPS)
def test_every_setup_has_a_configuration_at_paper_size(name: str) -> None:
    for data, (first, hidden) in OMEGAS.items():
        config = family_configuration(name, data, size="paper", seed=3)
        assert (config.data.samples, config.data.items, config.training.seed) == (16000, 1024, 3)
        assert config.data.selection == data
        if isinstance(config.decoder, FilmSettings) and name not in (*SCALINGS[2:], "sine_first"):
            assert (config.decoder.first_omega, config.decoder.hidden_omega) == (first, hidden)


def test_unknown_names() -> None:
    with pytest.raises(InputError, match="unknown setup"):
        family_configuration("pigan", "keyboard")
    with pytest.raises(InputError, match="unknown data set"):
        family_configuration("pi_gan", "drums")
    with pytest.raises(InputError, match="unknown data set"):
        published("pi_gan", "drums", "mse")


def test_changes_lie_on_top_of_each_other() -> None:
    tables = merged({"codes": {"batch": 1}}, {"codes": {"learning_rate": 0.1}, "loss": {"points": 2}})
    assert tables == {"codes": {"batch": 1, "learning_rate": 0.1}, "loss": {"points": 2}}


def test_values_in_print() -> None:
    assert in_words(published("wide", "keyboard", "mse")) == "1.64 ± 0.03"
    assert in_words(published("wide", "keyboard", "cdpam")) == "0.36 ± 0.20"
    assert published("wide", "keywords", "cdpam") is None
    assert in_words(published("wide", "keywords", "lsd_thesis")) == "0.20 ± 0.11"
    assert published("no_weight_norm", "keyboard", "mse") is None
