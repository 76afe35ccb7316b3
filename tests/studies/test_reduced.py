"""The size `reduced`: cells for clips and seeds, narrower networks, frequencies kept in hertz."""

from dataclasses import dataclass, replace

import pytest

from ligeia.networks import Siamese, Siren
from ligeia.networks.coordinates import omega_to_hz
from ligeia.studies.reduced import Repeats, narrowed, octaves_in_hz, omega_in_hz, repeated


@dataclass(frozen=True, kw_only=True)
class Config:
    """The CONFIG of a study whose cells are not repeated."""


@dataclass(frozen=True, kw_only=True)
class Reduced(Repeats, Config):
    """The one of its reduced size."""


def test_clips_and_seeds_of_a_setting_follow_each_other() -> None:
    cells = repeated(Reduced(clips=(0, 4), seeds=(0, 1)), [{"width": 2}, {"width": 3}])
    assert [(cell["seed"], cell["clip"], cell["width"]) for cell in cells] == [
        (0, 0, 2), (0, 4, 2), (1, 0, 2), (1, 4, 2), (0, 0, 3), (0, 4, 3), (1, 0, 3), (1, 4, 3),
    ]  # fmt: skip
    assert repeated(Config(), [{"width": 2}]) == [{"width": 2}]


@pytest.mark.parametrize("share", [0.5, 0.1, 0.02])
@pytest.mark.parametrize(
    "spec", [Siren(width=256, depth=5), Siamese(octaves=12), Siamese(shared_depth=0, head_depth=3)]
)
def test_narrower_networks_have_about_so_many_parameters(spec, share: float) -> None:
    aimed = share * spec.parameters
    narrow = narrowed(spec, aimed)
    assert narrow.parameters == pytest.approx(aimed, rel=0.15)
    assert replace(narrow, **{name: getattr(spec, name) for name in _widths(spec)}) == spec


def _widths(spec) -> list[str]:
    return [field.name for field in spec.stored_fields() if "width" in field.name]


def test_proportions_of_the_layers_stay() -> None:
    narrow = narrowed(Siamese(shared_width=256, head_width=128), 30_000)
    assert narrow.shared_width == pytest.approx(2 * narrow.head_width, abs=1)
    assert narrowed(Siren(width=8, depth=2), 1).width == 1


def test_frequencies_stay() -> None:
    shorter = omega_in_hz(3000, seconds=0.4, of=10)
    assert omega_to_hz(shorter, 0.4) == pytest.approx(omega_to_hz(3000, 10))
    octaves = octaves_in_hz(16, seconds=0.625, of=10, rate=16000)
    assert 2 ** (octaves - 1) / 0.625 == 2**15 / 10
    assert 2 ** (octaves_in_hz(16, seconds=1, of=1, rate=8000) - 1) / 1 < 8000  # and no further than half the rate
    assert octaves_in_hz(2, seconds=0.01, of=10, rate=8000) == 1
