"""Spectra come back as sound at any rate, and the network in numpy is the network in torch."""

import numpy as np
import pytest

from ligeia.enhance.denoising.suppressor import features, network
from ligeia.enhance.denoising.suppressor.features import BINS, HOP, OVERLAP, PHASE_BINS, samples_of, spectra_of
from ligeia.enhance.denoising.suppressor.network import OPEN, REACH, TAPS, Gains, Network, clearness
from ligeia.errors import InputError

WIDTH = 8


def arrays(width=WIDTH, size=0.05):
    random = np.random.default_rng(3)
    return {
        name: (size * random.standard_normal(shape)).astype(np.float16) for name, shape in network.shapes(width).items()
    }


def noise(count=16000, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


@pytest.mark.parametrize("rate", [1, 120, 8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("count", [1, 479, 8000])
def test_spectra_come_back_as_sound(rate, count):
    samples = noise(count)
    spectrum = spectra_of(samples, rate)
    assert samples_of(spectrum, rate)[:count] == pytest.approx(samples, abs=1e-6)


def test_a_bin_has_the_same_value_at_every_rate():
    seconds = [np.arange(rate // 2) / rate for rate in (16000, 48000)]
    low, high = (
        spectra_of((0.1 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32), rate)
        for time, rate in zip(seconds, (16000, 48000), strict=True)
    )
    assert high[5:-5, :BINS] == pytest.approx(low[5:-5], abs=1e-3)
    assert np.abs(low[10, 30]) > 0.5  # 1 kHz


def test_neighbours_are_turned_to_now():
    time = np.arange(8000) / 16000
    tone = np.exp(2j * np.pi * (1000 / 30 * 40) * time)  # in the middle of the bin 40
    spectrum = spectra_of(tone.real.astype(np.float32))
    before, after = features.before_and_after(spectrum)
    assert before[20, 40] == pytest.approx(spectrum[20, 40], abs=0.01)
    assert after[20, 40] == pytest.approx(spectrum[20, 40], abs=0.01)
    assert not before[0].any()
    assert not after[-1].any()


def test_gains_filter_along_time():
    spectrum = spectra_of(noise())
    filters = np.zeros((len(spectrum), TAPS, PHASE_BINS), np.complex64)
    gains = Gains(np.full(spectrum.shape, 0.5, np.float32), filters)
    assert gains.applied(spectrum) == pytest.approx(spectrum * 0.5, abs=1e-6)
    filters[:, 0] = 1j
    before, _ = features.before_and_after(spectrum)
    assert gains.applied(spectrum)[:, :PHASE_BINS] == pytest.approx(
        spectrum[:, :PHASE_BINS] * 0.5 + 1j * before, abs=1e-5
    )


def test_what_is_clear_is_left_alone():
    ones = np.ones((20, BINS), np.float32)
    for ratio, share in ((0.0, 0.0), (9.0, 0.5), (20.0, 1.0)):
        assert clearness(ones, ones * np.float32(10 ** (ratio / 10))) == pytest.approx(ones * share, abs=1e-3)
    assert not clearness(0 * ones, 0 * ones).any()


def test_without_weights_it_lets_most_through():
    gains = Network.from_arrays(arrays(size=0.0), "a test")(spectra_of(noise()))
    assert gains.real == pytest.approx(1 / (1 + np.exp(-OPEN)), abs=1e-6)
    assert not gains.filters.any()


def test_an_output_depends_on_its_surroundings_alone():
    spectrum = spectra_of(noise(HOP * (2 * REACH + 40)))
    net = Network.from_arrays(arrays(), "a test")
    other = spectrum.copy()
    other[:10] = 1
    other[10 + 2 * REACH + 5 :] = 1
    a, b = net(spectrum), net(other)
    assert np.array_equal(a.real[12 + REACH], b.real[12 + REACH])
    assert np.abs(a.real[REACH] - b.real[REACH]).max() > 0


def test_it_is_the_torch_module():
    torch = pytest.importorskip("torch")
    from ligeia.enhance.denoising.suppressor.trainable import Suppressor

    module = Suppressor(WIDTH)
    module.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in arrays().items()})
    samples = noise()
    with torch.no_grad():
        expected = module(torch.from_numpy(np.pad(samples, OVERLAP * HOP))[None])[0].numpy()
    spectrum = spectra_of(samples)
    speech = Network.from_arrays(arrays(), "a test")(spectrum).applied(spectrum)
    taken = spectrum - speech
    written = samples_of(speech + clearness(np.abs(taken) ** 2, np.abs(speech) ** 2) * taken)
    assert written == pytest.approx(expected, abs=1e-5)
    assert np.abs(written - samples).max() > 1e-3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.pop("leave.bias"), r"missing leave\.bias, unexpected nothing"),
        (lambda a: a.update(more=np.zeros(2)), "missing nothing, unexpected more"),
        (lambda a: a.update({"leave.bias": np.zeros(3)}), r"leave\.bias must be \(961,\), got \(3,\)"),
    ],
)
def test_wrong_weights_are_refused(change, said):
    wrong = dict(arrays())
    change(wrong)
    with pytest.raises(InputError, match=said):
        Network.from_arrays(wrong, "a file")
