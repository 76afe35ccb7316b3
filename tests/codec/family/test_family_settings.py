"""Settings of decoders: kinds, limits, shapes."""

import pytest

from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.settings import SETTINGS, settings_kind
from ligeia.errors import InputError


@pytest.mark.parametrize("kind", SETTINGS)
def test_every_kind_is_found_by_its_name(kind):
    settings = settings_kind(kind)
    assert settings.kind == kind
    assert settings().shapes(16000)
    assert settings(**settings().table()) == settings()


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("code", [0, 2**14 + 1])
def test_a_code_out_of_range_is_named(kind, code):
    with pytest.raises(InputError, match=f"code must lie between 1 and 16384, got {code}"):
        settings_kind(kind)(code=code)


def test_an_unknown_kind_is_named():
    with pytest.raises(InputError, match="unknown decoder 'flim'"):
        settings_kind("flim")


@pytest.mark.parametrize(
    "changes",
    [
        {"widths": ()},
        {"widths": (0,)},
        {"mapping_layers": -1},
        {"first_omega": 0},
        {"hidden_omega": float("nan")},
        {"groups": 300},
        {"noise": (-1.0, 0.0)},
        {"activations": "cosine"},
    ],
)
def test_film_settings_out_of_range(changes):
    with pytest.raises(InputError, match="must"):
        FilmSettings(**changes)
