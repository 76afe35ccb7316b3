"""The network in numpy is the network in torch, and says what is wrong with weights."""

import numpy as np
import pytest

from ligeia.codec.synthesis import features, network
from ligeia.codec.synthesis.network import BANDS, REACH, Network
from ligeia.errors import InputError

torch = pytest.importorskip("torch")
WIDTH = 8


def arrays(width=WIDTH, size=0.05):
    random = np.random.default_rng(3)
    return {
        name: (size * random.standard_normal(shape)).astype(np.float16) for name, shape in network.shapes(width).items()
    }


def example(frames=2 * REACH + 9):
    random = np.random.default_rng(4)
    samples = (0.1 * random.standard_normal(features.HOP * (frames - 1) + features.SIZE)).astype(np.float32)
    facts = random.uniform(-12, -4, (frames, features.FACTS, BANDS)).astype(np.float32)
    return samples, facts


def test_it_is_the_torch_module():
    from ligeia.codec.synthesis.trainable import Synthesis

    module = Synthesis(WIDTH)
    module.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in arrays().items()})
    samples, facts = example()
    with torch.no_grad():
        expected = module(torch.from_numpy(samples)[None], torch.from_numpy(facts)[None])[0].numpy()
    written = features.overlap_add(Network.from_arrays(arrays(), "a test")(features.spectra(samples), facts))
    assert written.shape == expected.shape
    assert written == pytest.approx(expected, abs=1e-5)
    assert np.abs(written - samples[(REACH + 3) * 160 :][: len(written)]).max() > 1e-3


def test_without_weights_it_changes_nothing():
    samples, facts = example()
    spectrum = features.spectra(samples)
    written = Network.from_arrays(arrays(size=0.0), "a test")(spectrum, facts)
    assert written == pytest.approx(spectrum[1 + REACH : len(spectrum) - REACH], abs=1e-6)


def test_an_output_depends_on_its_surroundings_alone():
    samples, facts = example(2 * REACH + 20)
    spectrum = features.spectra(samples)
    net = Network.from_arrays(arrays(), "a test")
    whole, part = net(spectrum, facts), net(spectrum[5 : 2 * REACH + 12], facts[5 : 2 * REACH + 12])
    assert part == pytest.approx(whole[5 : 5 + len(part)], abs=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.pop("leave.bias"), r"missing leave\.bias, unexpected nothing"),
        (lambda a: a.update(other=np.zeros(1)), "missing nothing, unexpected other"),
        (lambda a: a.update({"leave.bias": np.zeros(3)}), r"leave\.bias must be \(723,\), got \(3,\)"),
        (lambda a: a.clear(), r"missing blocks\.0\.bias"),
    ],
)
def test_weights_that_do_not_match_are_named(change, said):
    changed = arrays()
    change(changed)
    with pytest.raises(InputError, match=said):
        Network.from_arrays(changed, "weights.safetensors")
