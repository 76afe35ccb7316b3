import doctest

import numpy as np
import pytest
import torch

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.enhance import noise_estimate as module
from ligeia.enhance.noise_estimate import heads_alone, noise_estimate
from ligeia.errors import InputError
from ligeia.networks import NoiseLayer, Parallel, Siamese, Siren

TWINS = {
    "first head": Siamese(channels=2, shared_width=7, head_width=5, octaves=3),
    "mean": Siamese(channels=2, shared_width=7, head_width=5, octaves=3, average=True),
    "relu": NoiseLayer(first_width=6, shared_width=5, head_width=8, octaves=3),
    "ensemble": Parallel(networks=2, width=5, ensemble=True),
}
each = pytest.mark.parametrize("spec", TWINS.values(), ids=TWINS)


def inr_of(spec, gains=(0.5, 0.0, 0.25), seed=0):
    cut = Segments(250, 90, 20)
    numbers = {name: value.detach() for name, value in spec.build(blocks=3, seed=seed).named_parameters()}
    return ligeia.INR(spec, numbers, 8000, cut, torch.tensor(gains))


@each
def test_heads_are_sounds_with_blocks_gains_and_fades(spec):
    inr = inr_of(spec)
    modules = spec.build(blocks=3, seed=0).double()
    t = torch.arange(110, dtype=torch.float64) * 2 / 110 - 1
    said = modules.heads(t.unsqueeze(0)).detach().numpy()  # heads, blocks, n, channels
    alone = heads_alone(inr)
    assert len(alone) == 2
    for head, one in enumerate(alone):
        expected = np.zeros((spec.channels, 290))
        for block in range(3):
            faded = said[head, block] * float(inr.gains[block]) * inr.segments.window(block)[:, None]
            expected[:, 90 * block : 90 * block + 110] += faded.T
        assert one.render().samples == pytest.approx(expected[:, :250], abs=1e-5)
        assert (one.rate, one.report["head"]) == (8000, head)


@each
def test_the_sound_is_the_first_head_or_the_mean(spec):
    inr = inr_of(spec)
    heads = [one.render().samples for one in heads_alone(inr)]
    expected = np.mean(heads, axis=0) if spec.averaged else heads[0]
    assert inr.render().samples == pytest.approx(expected, abs=1e-6)


@each
@pytest.mark.parametrize("head", [0, 1])
@pytest.mark.parametrize("alpha", [2.0, 0.5, -1.0])
def test_equation_four(spec, head, alpha):
    inr = inr_of(spec)
    f = [one.render().samples.astype(float) for one in heads_alone(inr)]
    expected = alpha * (f[head] - (f[0] + f[1]) / 2)
    found = noise_estimate(inr, head=head, alpha=alpha)
    assert np.array_equal(found.samples, expected.astype(np.float32))
    assert found.rate == inr.rate


def test_by_default_it_is_the_difference_of_the_heads():
    inr = inr_of(TWINS["first head"])
    first, second = (one.render().samples for one in heads_alone(inr))
    assert np.abs(noise_estimate(inr).samples - (first - second)).max() < 1e-7
    assert np.array_equal(noise_estimate(inr, head=1).samples, -noise_estimate(inr).samples)
    assert np.abs(noise_estimate(inr).samples).max() > 0.01


def test_more_heads_differ_from_the_mean_of_all():
    inr = inr_of(Parallel(networks=4, width=5, ensemble=True))
    noises = [noise_estimate(inr, head=head, alpha=1.0).samples for head in range(4)]
    assert np.abs(np.sum(noises, axis=0)).max() < 1e-7
    assert np.abs(noises[3]).max() > 1e-3


def test_a_stream_keeps_the_heads():
    inr = inr_of(TWINS["mean"])
    copy = ligeia.decode(ligeia.encode_inr(inr))
    assert np.array_equal(noise_estimate(copy).samples, noise_estimate(inr).samples)
    head = heads_alone(inr)[1]
    assert np.array_equal(ligeia.decode(ligeia.encode_inr(head)).render().samples, head.render().samples)


def test_silence_has_no_noise():
    assert not noise_estimate(inr_of(TWINS["first head"], gains=(0.0, 0.0, 0.0))).samples.any()


def test_what_has_no_heads_is_refused():
    for spec in (Siren(width=4), Parallel(networks=2, width=4)):
        with pytest.raises(InputError, match="head"):
            noise_estimate(inr_of(spec))
    with pytest.raises(InputError, match="two heads"):
        noise_estimate(heads_alone(inr_of(TWINS["first head"]))[0])


@pytest.mark.parametrize("settings", [{"head": 2}, {"head": -1}, {"alpha": float("nan")}, {"alpha": float("inf")}])
def test_settings_out_of_range(settings):
    (name,) = settings
    with pytest.raises(InputError, match=name):
        noise_estimate(inr_of(TWINS["first head"]), **settings)


def test_the_docstring_runs():
    assert doctest.testmod(module).failed == 0
