import numpy as np
import pytest

from ligeia.enhance.extension.envelope import FLOOR, LAYOUTS, MIDDLE, NARROW, REACH, SCALE, WIDE, Envelope, log_powers
from ligeia.errors import InputError
from tests.enhance.extension.made_networks import envelope_arrays, noise


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_bands_meet_where_the_known_band_ends(layout) -> None:
    assert layout.inputs[-1] == layout.known
    assert layout.outputs[-1] == layout.size // 2 + 1
    assert layout.rate / layout.size == 31.25
    assert layout.hop * 4 == layout.size
    squares = np.square(layout.window()).reshape(4, -1).sum(axis=0)
    np.testing.assert_allclose(squares, 2, atol=1e-6)


def test_the_edges_of_the_layouts_in_hertz() -> None:
    assert NARROW.known * 31.25 == pytest.approx(0.922 * 4000, abs=16)
    assert WIDE.known * 31.25 == pytest.approx(0.922 * 8000, abs=16)


def test_log_powers_are_those_of_bands() -> None:
    spectra = np.array([[0, 0, 3, 4, 0]], np.complex64)
    values = log_powers(spectra, (0, 2, 4))
    np.testing.assert_allclose(values[0, 1], (np.log10(12.5) - MIDDLE) * SCALE, rtol=1e-6)
    np.testing.assert_allclose(values[0, 0], (np.log10(FLOOR) - MIDDLE) * SCALE, rtol=1e-6)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_numpy_computes_what_torch_has_learned(layout) -> None:
    torch = pytest.importorskip("torch")
    from ligeia.enhance.extension.envelope_learning import EnvelopeModule

    arrays = envelope_arrays(layout, width=6)
    module = EnvelopeModule(len(layout.inputs) - 1, 6, len(layout.outputs) - 1, dropout=0.5).eval()
    prefix = f"{layout.name}."
    module.load_state_dict({name.removeprefix(prefix): torch.from_numpy(value) for name, value in arrays.items()})
    features = layout.features(layout.spectra(noise(layout.rate).samples[0]))
    with torch.no_grad():
        expected = module(torch.from_numpy(features)[None])[0].numpy()
    powers = Envelope(layout, arrays)(features)
    assert powers.shape == (len(features) - 2 * REACH, len(layout.outputs) - 1)
    np.testing.assert_allclose((np.log10(powers) - MIDDLE) * SCALE, expected, rtol=0, atol=1e-4)


def test_arrays_of_another_network_are_refused() -> None:
    with pytest.raises(InputError, match="another kind"):
        Envelope(NARROW, envelope_arrays(WIDE))
    arrays = envelope_arrays(NARROW)
    arrays["narrow.leave.bias"] = np.zeros(3, np.float32)
    with pytest.raises(InputError, match=r"narrow\.leave\.bias must be"):
        Envelope(NARROW, arrays)
