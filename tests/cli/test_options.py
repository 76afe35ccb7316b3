import inspect
from pathlib import Path
from typing import get_args

import pytest

from ligeia.cli.encode import encode
from ligeia.cli.fit import fit
from ligeia.codec.settings import EncodeSettings
from ligeia.fitting.config import FitConfig


@pytest.mark.parametrize(
    "option", ["network", "preset", "kbps", "quality", "width", "steps", "seed", "device", "quantisation_aware"]
)
def test_encode_s_defaults_are_the_api_s(option: str) -> None:
    assert inspect.signature(encode).parameters[option].default == getattr(EncodeSettings(), option)


@pytest.mark.parametrize("option", ["seed", "device"])
def test_fit_s_defaults_are_the_api_s(option: str) -> None:
    assert inspect.signature(fit).parameters[option].default == getattr(FitConfig(), option)


@pytest.mark.parametrize("verb", [encode, fit])
def test_every_option_has_a_help_text(verb: object) -> None:
    for name, parameter in inspect.signature(verb).parameters.items():  # type: ignore[arg-type]
        kind, option = get_args(parameter.annotation)[:1], parameter.annotation.__metadata__[0]
        assert option.help, name
        assert kind != (Path,) or option.metavar, name
