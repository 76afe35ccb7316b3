"""The windowed-sine decoder: counts, the two ways to sound, and the closed form."""

import numpy as np
import pytest
import torch

from ligeia.codec.family.lapped import LappedSettings, coefficients_of, noise_of, plane_of, sound_of
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.decoders.lapped import LappedDecoder

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


def test_hidden_units_lose_nothing_where_they_are_as_many_as_sounds():
    waveforms, direct = sounds(), linear()
    best = error_of(direct, direct.solve(waveforms), waveforms)
    deep = LappedDecoder(LappedSettings(code=3, mapping_layers=2, mapping_width=24, **PLAIN), samples=SAMPLES)
    assert error_of(deep, deep.solve(waveforms), waveforms) == pytest.approx(best, rel=1e-3)
    assert deep.closed_codes(waveforms) is None


DETAILED = {"code": 10 + 3 * 8, "details": 8, "dictionary": 60, "shape_frames": 2, "shape_bins": 4, **PLAIN}


def test_details_lower_the_error():
    waveforms, plain = sounds(), linear()
    decoder = LappedDecoder(LappedSettings(**DETAILED), samples=SAMPLES)
    codes = decoder.solve(waveforms)
    assert codes.shape == (12, 34)
    assert error_of(decoder, codes, waveforms) < error_of(plain, plain.solve(waveforms), waveforms)
    blank = codes.clone()
    blank[:, 12::3] = 0
    assert error_of(decoder, codes, waveforms) < error_of(decoder, blank, waveforms)


def test_details_are_the_same_in_numpy():
    decoder = LappedDecoder(LappedSettings(**DETAILED), samples=SAMPLES)
    waveforms = sounds()
    decoder.solve(waveforms)
    codes = decoder.closed_codes(sounds(items=3, seed=8))
    arrays = {name: value.detach().numpy() for name, value in decoder.state_dict().items()}
    plane = coefficients_of(decoder.settings, arrays, codes.numpy(), SAMPLES)
    with torch.no_grad():
        assert np.abs(decoder.plane(codes).numpy() - plane).max() < 1e-5


def test_details_describe_sounds_that_were_never_seen():
    decoder, unseen = LappedDecoder(LappedSettings(**DETAILED), samples=SAMPLES), sounds(items=3, seed=8)
    decoder.solve(sounds())
    codes = decoder.closed_codes(unseen)
    blank = codes.clone()
    blank[:, 12::3] = 0
    assert error_of(decoder, codes, unseen) < 0.7 * error_of(decoder, blank, unseen)


def test_gradients_reach_shapes_and_values_but_no_places():
    decoder = LappedDecoder(LappedSettings(**DETAILED), samples=SAMPLES)
    codes = decoder.solve(sounds()).requires_grad_()
    decoder(codes, grid(SAMPLES)).square().sum().backward()
    tail = codes.grad[:, 10:].view(12, 8, 3)
    assert tail[..., :2].abs().max() == 0
    assert tail[..., 2].abs().max() > 0
    assert decoder.shapes.grad.abs().max() > 0


def test_noise_fills_what_is_left_and_no_more():
    waveforms, plain = sounds(), linear()
    filled = linear(fill=True)
    codes = plain.solve(waveforms)
    assert torch.equal(filled.solve(waveforms), codes)
    assert (
        error_of(plain, codes, waveforms) < error_of(filled, codes, waveforms) < 1.5 * error_of(plain, codes, waveforms)
    )
    arrays = {name: value.detach().numpy() for name, value in filled.state_dict().items()}
    with torch.no_grad():
        found, said = filled.plane(codes), filled.said(codes)
        assert np.abs(found.numpy() - coefficients_of(filled.settings, arrays, codes.numpy(), SAMPLES)).max() < 1e-5
        assert (filled.plane(2 * codes) - 2 * found).abs().max() < 1e-5
    empty = (found - said)[:, :, 40:]
    assert empty.abs().max() > 0


def test_noise_is_white():
    noise = noise_of(LappedSettings(code=10, **PLAIN), 64 * 400).ravel()
    assert abs(float(noise.mean())) < 0.02
    assert float(np.square(noise).mean()) == pytest.approx(1, abs=0.02)
    assert abs(float((noise[1:] * noise[:-1]).mean())) < 0.02
    assert noise[:3].tolist() == noise_of(LappedSettings(code=10, **PLAIN), SAMPLES).ravel()[:3].tolist()
