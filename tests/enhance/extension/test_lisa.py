from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from ligeia.enhance.extension.lisa import LEARNED_RATE, REACH, Interpolated, Lisa, prepare, shapes
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.errors import InputError
from tests.enhance.extension.made_networks import all_arrays, lisa_arrays, noise


def test_it_has_the_published_number_of_parameters() -> None:
    assert sum(int(np.prod(shape)) for shape in shapes().values()) == 88_705


def test_numpy_computes_what_torch_has_learned() -> None:
    torch = pytest.importorskip("torch")
    from ligeia.enhance.extension.lisa_learning import LisaModule

    arrays, samples = lisa_arrays(), np.array(noise(8000, 0.02).samples[0])
    module = LisaModule()
    module.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})
    places = np.array([0.0, 0.25, 17.5, 100.9, 158.99, 159.5], np.float32)
    with torch.no_grad():
        expected = module(torch.from_numpy(samples)[None], torch.from_numpy(places)[None], None)[0].numpy()
    network = Lisa(arrays)
    index = np.floor(places).astype(np.int64)
    np.testing.assert_allclose(network.at(network.codes(samples), index, places - index), expected, rtol=0, atol=1e-5)


def test_a_value_depends_on_the_samples_within_reach_alone() -> None:
    network, samples = Lisa(lisa_arrays()), noise(8000, 0.02).samples[0]
    place = np.array([80]), np.array([0.3], np.float32)
    value = network.at(network.codes(samples), *place)
    changed = samples.copy()
    changed[: 80 - REACH] = changed[81 + REACH :] = 1
    np.testing.assert_allclose(network.at(network.codes(changed), *place), value, rtol=0, atol=1e-6)


def test_it_is_continuous_in_time() -> None:
    network, samples = Lisa(lisa_arrays()), noise(8000, 0.02).samples[0]
    codes = network.codes(samples)
    before = network.at(codes, np.array([50]), np.array([1 - 1e-6], np.float32))
    after = network.at(codes, np.array([51]), np.array([0], np.float32))
    np.testing.assert_allclose(before, after, rtol=0, atol=1e-4)


def test_parts_are_those_of_the_whole_and_other_rates_are_noted() -> None:
    sound = Interpolated(noise(11025, 4.0, channels=2), 44100, Lisa(lisa_arrays()))
    whole = sound.read(0, sound.sample_count)
    assert whole.shape == (2, 176_400)
    np.testing.assert_allclose(sound.read(90_001, 120_000), whole[:, 90_001:120_000], rtol=0, atol=1e-5)
    assert str(LEARNED_RATE) in sound.findings["notes"][-1]


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bands.safetensors"
    save_file(all_arrays(), path)
    settings = ExtendSettings(rate=16000, model=path)
    with pytest.raises(InputError, match="another kind"):
        prepare(noise(8000), settings)
    with pytest.raises(InputError, match="cannot read"):
        prepare(noise(8000), ExtendSettings(rate=16000, model=tmp_path / "missing"))
