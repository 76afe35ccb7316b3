from math import sqrt

import numpy as np
import pytest
import torch

from ligeia.dsp import stft
from ligeia.dsp.mel import mel_filters
from ligeia.errors import InputError
from ligeia.fitting.batches import Samples
from ligeia.fitting.config import FitConfig
from ligeia.fitting.spectral import MelDistance, StftDistance, fitting_sizes, left_out, magnitudes
from ligeia.metrics.spectral import mr_stft

RATE = 8000
TERMS = [StftDistance(3000), MelDistance(3000, RATE)]
NAMES = ["stft", "mel"]


def noise(blocks=2, length=3000, channels=2, seed=0, dtype=torch.float64):
    return torch.randn(blocks, length, channels, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def batch_of(targets, valid=None):
    valid = torch.ones(targets.shape[:2], dtype=torch.bool) if valid is None else valid
    return Samples(targets, valid, closed=False).whole()


def hypersound(x, y):
    """The distance as HyperSound's paper and code state it, resolution by resolution in numpy."""
    total = 0.0
    for size in (2048, 1024, 512, 256, 128):
        spectra = [stft.magnitudes(signal, size=size, hop=size // 4, pad_mode="reflect") for signal in (x, y)]
        p, t = (np.sqrt(np.maximum(s**2, 1e-8)) @ mel_filters(RATE, size, 128).T for s in spectra)
        total += np.mean(np.abs(p - t)) + sqrt(np.mean((p - t) ** 2))
    return total / 5


def test_stft_distance_is_that_of_the_metric():
    targets, values = noise(), 0.3 * noise(seed=1)
    found = StftDistance(3000)(values, batch_of(targets))
    for block in range(2):
        each = [
            mr_stft(reference=targets[block, :, c].numpy(), estimate=values[block, :, c].numpy(), rate=RATE)
            for c in range(2)
        ]
        assert float(found[block]) == pytest.approx(np.mean(each), rel=1e-9)


def test_mel_distance_is_hypersounds():
    targets, values = noise(), 0.3 * noise(seed=1)
    found = MelDistance(3000, RATE)(values, batch_of(targets))
    for block in range(2):
        each = [hypersound(values[block, :, c].numpy(), targets[block, :, c].numpy()) for c in range(2)]
        assert float(found[block]) == pytest.approx(np.mean(each), rel=1e-9)


def test_small_transforms_leave_mel_bands_empty_as_in_the_paper():
    filters = dict(zip((2048, 1024, 512, 256, 128), MelDistance(3000, 22_050).filters, strict=True))
    empty = {size: int((matrix.sum(1) == 0).sum()) for size, matrix in filters.items()}
    assert (empty[2048], empty[256], empty[128]) == (0, 20, 46)


def test_magnitudes_of_a_tone():
    time = torch.arange(1024, dtype=torch.float64)
    found = magnitudes(torch.sin(2 * torch.pi * 16 / 128 * time).unsqueeze(0), 128, 32, 128)
    assert found.shape == (1, 65, 33)
    # Half the sum of the window, which is 64, in the tone's bin; far from it nothing but the floor.
    assert torch.allclose(found[0, 16, 4:-4], torch.full((25,), 32.0, dtype=torch.float64), rtol=1e-6)
    assert torch.allclose(found[0, 40, 4:-4], torch.full((25,), 1e-4, dtype=torch.float64), rtol=1e-6)


@pytest.mark.parametrize("term", TERMS, ids=NAMES)
def test_equal_sounds_have_no_distance_and_no_slope(term):
    targets = noise(dtype=torch.float32)
    values = targets.clone().requires_grad_()
    distance = term(values, batch_of(targets))
    distance.sum().backward()
    assert distance.tolist() == [0, 0]
    assert not values.grad.isnan().any()


@pytest.mark.parametrize("term", TERMS, ids=NAMES)
def test_blocks_do_not_mix(term):
    targets, values = noise(), noise(seed=1)
    whole = term(values, batch_of(targets))
    for block in range(2):
        alone = term(values[block : block + 1], batch_of(targets[block : block + 1]))
        assert float(alone) == pytest.approx(float(whole[block]), rel=1e-12)


@pytest.mark.parametrize("term", TERMS, ids=NAMES)
def test_what_is_past_the_end_has_no_influence(term):
    valid = torch.ones(2, 3000, dtype=torch.bool)
    valid[1, 2000:] = False
    found = []
    for padding in (0.0, 1e3):
        targets, values = noise(), noise(seed=1)
        targets[1, 2000:] = values[1, 2000:] = padding
        values.requires_grad_()
        distance = term(values, batch_of(targets, valid))
        distance.sum().backward()
        found.append((distance.detach(), values.grad))
    assert torch.equal(found[0][0], found[1][0])
    assert not found[1][1][1, 2000:].any()


@pytest.mark.parametrize("term", TERMS, ids=NAMES)
def test_a_silent_channel_does_not_drown_the_other(term):
    targets, values = noise(dtype=torch.float32), noise(seed=1, dtype=torch.float32)
    loud = float(term(values, batch_of(targets))[0])
    targets[:, :, 1] = 0
    distance = term(values.requires_grad_(), batch_of(targets))
    distance.sum().backward()
    assert 0 < float(distance.detach()[0]) < 10 * loud
    assert values.grad.isfinite().all()


# --- batches that are too short --------------------------------------------------------------------------


def test_transforms_that_cannot_be_mirrored_are_left_out():
    assert MelDistance(1025, RATE).sizes == [2048, 1024, 512, 256, 128]
    assert MelDistance(1024, RATE).sizes == [1024, 512, 256, 128]
    short = noise(length=65)
    assert MelDistance(65, RATE)(short, batch_of(0.5 * short)).shape == (2,)
    assert [size for size, _, _ in StftDistance(300).resolutions] == [512]


@pytest.mark.parametrize(("sizes", "least"), [((512, 1024), 257), ((128,), 65)])
def test_where_none_is_left_the_error_says_how_many_samples_it_takes(sizes, least):
    assert fitting_sizes(sizes, least, "mel_weight") == [min(sizes)]
    with pytest.raises(InputError, match=f"mel_weight needs at least {least} .* sees {least - 1}: lower the stride"):
        fitting_sizes(sizes, least - 1, "mel_weight")


def test_what_is_left_out_is_said():
    config = FitConfig(stride=1, mel_weight=1.0)
    assert left_out(config, 1025) == []
    (said,) = left_out(config, 500)
    assert "mel_weight does without transforms of 2048, 1024 samples" in said
    both = left_out(FitConfig(stride=1, mel_weight=1.0, stft_weight=1.0), 500)
    assert [text.split()[0] for text in both] == ["stft_weight", "mel_weight"]
    assert left_out(FitConfig(stride=1), 10) == []
