import pytest

from ligeia.codec.settings import SIREN_BY_NAME as BY_NAME
from ligeia.codec.settings import SIREN_DEFAULT as DEFAULT
from ligeia.codec.settings import SIREN_PRESETS as PRESETS
from ligeia.codec.settings import bits_per_sample
from ligeia.errors import InputError


def test_quality_doubles_every_two():
    assert [bits_per_sample(quality) for quality in (0, 2, 10)] == [0.25, 0.5, 8.0]
    for quality in (-0.1, 10.1, float("nan")):
        with pytest.raises(InputError):
            bits_per_sample(quality)


def test_presets_by_name():
    assert [BY_NAME[preset.name] for preset in PRESETS] == list(PRESETS)
    assert DEFAULT in BY_NAME
    assert [p.quality for p in PRESETS] == sorted(p.quality for p in PRESETS)
    assert [p.steps for p in PRESETS] == sorted(p.steps for p in PRESETS)
