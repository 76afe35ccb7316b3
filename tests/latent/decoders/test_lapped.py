"""The windowed-sine decoder: counts, the two ways to sound, and the closed form."""

import numpy as np
import pytest
import torch

from ligeia.codec.family.lapped import LappedSettings, coefficients_of, plane_of, sound_of
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.decoders.lapped import LappedDecoder, truncated

SAMPLES = 500
PLAIN = {"frame_size": 64, "stretches": 2, "borders": (16, 40), "ranks": (4, 2, 0, 3, 1, 0)}


def sounds(items=12, seed=3):
    drawn = np.random.default_rng(seed).standard_normal((items, SAMPLES)).cumsum(axis=1)
    return torch.from_numpy((drawn / np.abs(drawn).max()).astype(np.float32))


def linear(**more):
    return LappedDecoder(LappedSettings(code=10, **{**PLAIN, **more}), samples=SAMPLES, seed=1)


def test_counts_are_exact():
    # 500 samples are 8 frames of 64, stretches of 4: (4 + 3) atoms of 4 by 16, (2 + 1) of 4 by 24.
    assert LappedSettings(code=10, **PLAIN).numbers(SAMPLES) == 7 * 64 + 3 * 96
    mapped = LappedSettings(code=3, mapping_layers=1, **PLAIN)
    assert mapped.numbers(SAMPLES) == 7 * 64 + 3 * 96 + (3 + 1) * 10


def test_sine_by_sine_is_the_fast_transform():
    decoder = linear()
    codes = torch.randn(2, 10, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        fast = decoder(codes, grid(SAMPLES))
    slow = decoder(codes, grid(SAMPLES).double().requires_grad_()).detach()
    assert (fast - slow).abs().max() < 2e-4 * fast.abs().max()


def test_numpy_has_the_same_function():
    decoder = linear()
    codes = torch.randn(3, 10, generator=torch.Generator().manual_seed(2))
    arrays = {name: value.numpy() for name, value in decoder.state_dict().items()}
    sound = sound_of(decoder.settings, coefficients_of(decoder.settings, arrays, codes.numpy(), SAMPLES), SAMPLES)
    with torch.no_grad():
        assert np.abs(decoder(codes, grid(SAMPLES)).numpy() - sound).max() < 1e-5 * np.abs(sound).max()


def test_error_in_coefficients_is_error_in_samples():
    settings, waveforms = linear().settings, sounds().numpy()
    plane = plane_of(settings, waveforms)
    assert np.square(plane).sum() == pytest.approx(np.square(waveforms).sum(), rel=1e-5)
    assert np.abs(sound_of(settings, plane, SAMPLES) - waveforms).max() < 1e-5


def error_of(decoder, codes, waveforms):
    with torch.no_grad():
        return float((decoder(codes, grid(SAMPLES)) - waveforms).square().sum())


def test_solving_gives_the_least_error():
    decoder, waveforms = linear(), sounds()
    codes = decoder.solve(waveforms)
    best = error_of(decoder, codes, waveforms)
    generator = torch.Generator().manual_seed(4)
    for value in [*decoder.parameters()]:
        before = value.detach().clone()
        with torch.no_grad():
            value += 1e-3 * torch.randn(value.shape, generator=generator)
        assert error_of(decoder, codes, waveforms) > best
        with torch.no_grad():
            value.copy_(before)
    assert error_of(decoder, codes + 1e-2 * torch.randn(codes.shape, generator=generator), waveforms) > best


def test_more_atoms_leave_less():
    waveforms = sounds()
    errors = []
    for ranks in ((1,) * 6, (2,) * 6, (4,) * 6, (12,) * 6):
        decoder = LappedDecoder(LappedSettings(**{**PLAIN, "ranks": ranks, "code": sum(ranks)}), samples=SAMPLES)
        errors.append(error_of(decoder, decoder.solve(waveforms), waveforms))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-6 * float(waveforms.square().sum())  # twelve sounds have rank 12 in every tile


def test_closed_codes_find_those_of_members():
    decoder = linear()
    codes = torch.randn(3, 10, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        waveforms = decoder(codes, grid(SAMPLES))
    assert (decoder.closed_codes(waveforms) - codes).abs().max() < 1e-3


def test_one_linear_layer_makes_a_shorter_code():
    waveforms = sounds()
    decoder = LappedDecoder(LappedSettings(code=3, mapping_layers=1, **PLAIN), samples=SAMPLES)
    codes = decoder.solve(waveforms)
    assert codes.shape == (12, 3)
    unmapped = linear()
    assert error_of(decoder, codes, waveforms) > error_of(unmapped, unmapped.solve(waveforms), waveforms)
    shuffled = codes.roll(1, dims=0)
    assert error_of(decoder, codes, waveforms) < 0.8 * error_of(decoder, shuffled, waveforms)
    deep = LappedDecoder(LappedSettings(code=3, mapping_layers=2, **PLAIN), samples=SAMPLES)
    assert deep.solve(waveforms) is None
    assert deep.closed_codes(waveforms) is None


def test_truncation_is_nearest():
    matrix = torch.randn(6, 9, generator=torch.Generator().manual_seed(1))
    codes, rows = truncated(matrix, 2)
    values = torch.linalg.svdvals(matrix)
    assert float((matrix - codes @ rows).square().sum()) == pytest.approx(float(values[2:].square().sum()), rel=1e-4)
    assert torch.allclose(codes.square().mean(0), torch.ones(2), atol=1e-4)
