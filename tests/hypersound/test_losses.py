"""Losses against formulas that are written out, in loops, in numpy."""

import numpy as np
import pytest
import torch

from ligeia.dsp.mel import mel_filters
from ligeia.dsp.stft import magnitudes
from ligeia.errors import InputError
from ligeia.hypersound.losses import LossConfig, ReconstructionLoss, frequency_weights
from ligeia.metrics.spectral import RESOLUTIONS
from ligeia.training.processes import Processes

RATE, SAMPLES = 22050, 3000


def clips(seed: int) -> torch.Tensor:
    return torch.from_numpy(0.1 * np.random.default_rng(seed).standard_normal((3, SAMPLES))).float()


TARGET, ESTIMATE = clips(0), clips(1) + 0.5 * clips(0)


def slow_magnitudes(clip: torch.Tensor, size: int, weights: np.ndarray | float = 1.0) -> np.ndarray:
    """[bins, frames], floored as the paper's program does it."""
    plain = magnitudes(clip.double().numpy(), size=size, hop=size // 4, pad_mode="reflect").T
    return weights * np.sqrt(np.maximum(plain**2, 1e-8))


def slow_weights(count: int, power: float, blend: float) -> np.ndarray:
    total = sum(j**power for j in range(1, count + 1))
    return np.array([[(1 - blend) + blend * count * i**power / total] for i in range(1, count + 1)])


def slow_as_executed(power: float = 0.0, blend: float = 1.0) -> float:
    """The reference's section 4.6: errors of linear mel magnitudes, weighted by mel band, roots over the batch."""
    distances, weights = [], slow_weights(128, power, blend)
    for size in (2048, 1024, 512, 256, 128):
        filters = mel_filters(RATE, size, 128)
        errors = np.array(
            [
                filters @ slow_magnitudes(x, size) - filters @ slow_magnitudes(y, size)
                for x, y in zip(TARGET, ESTIMATE, strict=True)
            ]
        )
        distances.append(np.mean(weights * np.abs(errors)) + np.sqrt(np.mean(weights * errors**2)))
    return float((TARGET - ESTIMATE).abs().mean()) + float(np.mean(distances))


def value(config: LossConfig, **more) -> float:
    return float(ReconstructionLoss(config, RATE, SAMPLES)(ESTIMATE, TARGET, **more))


def test_the_loss_as_executed() -> None:
    assert value(LossConfig()) == pytest.approx(slow_as_executed(), rel=1e-5)


@pytest.mark.parametrize(("power", "blend"), [(1.0, 1.0), (0.5, 0.3), (0.2, 0.0)])
def test_frequency_weighting_as_executed(power: float, blend: float) -> None:
    expected = slow_as_executed(power, blend)
    assert value(LossConfig(frequency_power=power), blend=blend) == pytest.approx(expected, rel=1e-5)


def test_frequency_weighting_of_the_paper_weights_bins() -> None:
    config = LossConfig(frequency_power=1.0, weighting="bin", waveform=0.0, sizes=(512,))
    weights, filters = slow_weights(257, 1.0, 1.0), mel_filters(RATE, 512, 128)
    errors = np.array(
        [
            filters @ slow_magnitudes(x, 512, weights) - filters @ slow_magnitudes(y, 512, weights)
            for x, y in zip(TARGET, ESTIMATE, strict=True)
        ]
    )
    expected = np.abs(errors).mean() + np.sqrt(np.square(errors).mean())
    assert value(config) == pytest.approx(float(expected), rel=1e-5)


def test_the_terms_of_parallel_wavegan() -> None:
    sizes, hops, windows = zip(*RESOLUTIONS, strict=True)
    options = {"bands": 0, "sizes": sizes, "hops": hops, "windows": windows}
    config = LossConfig(waveform=0.0, linear=0.0, log=1.0, convergence=1.0, **options)
    from ligeia.metrics.spectral import mr_stft

    distances = [
        mr_stft(reference=x.numpy(), estimate=y.numpy(), rate=RATE) for x, y in zip(TARGET, ESTIMATE, strict=True)
    ]
    assert value(config) == pytest.approx(float(np.mean(distances)), rel=1e-5)


def test_the_distance_of_log_mel_magnitudes() -> None:
    config, filters = LossConfig(waveform=0.0, linear=0.0, log=1.0, sizes=(512,)), mel_filters(RATE, 512, 128)
    changes = [
        np.log(
            np.maximum(filters @ slow_magnitudes(x, 512), 1e-5) / np.maximum(filters @ slow_magnitudes(y, 512), 1e-5)
        )
        for x, y in zip(TARGET, ESTIMATE, strict=True)
    ]
    assert value(config) == pytest.approx(float(np.abs(changes).mean()), rel=1e-4)


def test_weights_of_frequencies() -> None:
    for power in (0.0, 0.2, 1.0):
        weights = frequency_weights(128, power)
        assert float(weights.sum()) == pytest.approx(128, rel=1e-5)
        assert float(weights[-1] / weights[0]) == pytest.approx(128**power, rel=1e-5)


def test_the_curriculum_is_a_function_of_the_epoch_alone() -> None:
    config = LossConfig(frequency_power=1.0, curriculum_epochs=500)
    assert [config.blend(epoch) for epoch in (0, 125, 500, 501, 10**6)] == [0, 0.25, 1, 1, 1]
    assert LossConfig(curriculum_epochs=0).blend(0) == 1
    loss = ReconstructionLoss(config, RATE, SAMPLES)
    late = float(loss(ESTIMATE, TARGET, blend=config.blend(600)))
    loss(ESTIMATE, TARGET, blend=config.blend(100))
    assert float(loss(ESTIMATE, TARGET, blend=config.blend(600))) == late, "as after a resume"


def test_the_weighted_loss_is_differentiated() -> None:
    config = LossConfig(frequency_power=1.0, log=0.5, convergence=0.5, sizes=(64, 32), bands=8)
    loss = ReconstructionLoss(config, RATE, 100)
    target, estimate = TARGET[:, :100].double(), ESTIMATE[:, :100].double().requires_grad_()
    loss(estimate, target).backward()
    direction = torch.randn(estimate.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    step = 1e-4
    with torch.no_grad():
        rise = loss(estimate + step * direction, target) - loss(estimate - step * direction, target)
    assert float((estimate.grad * direction).sum()) == pytest.approx(float(rise) / (2 * step), rel=1e-2)


class Pair(Processes):
    """One of two processes, which knows what the other one will say."""

    def __init__(self) -> None:
        super().__init__(count=2)
        object.__setattr__(self, "said", [])

    def average(self, tensors) -> None:
        """Take the mean of what both have said, once both have."""
        for tensor in tensors:
            self.said.append(tensor.clone())
            if len(self.said) >= 2:
                tensor.copy_((self.said[0] + self.said[1]) / 2)


def test_the_root_is_that_of_the_whole_batch_whoever_has_its_parts() -> None:
    """Loss and gradient of two processes with halves of a batch are, on average, those of one process."""
    loss = ReconstructionLoss(LossConfig(waveform=0.0, sizes=(128, 64), bands=16, frequency_power=0.5), RATE, 300)
    target = torch.cat([TARGET[:2, :300], 0.01 * TARGET[:2, 300:600]])
    estimate = torch.cat([ESTIMATE[:2, :300], 0.02 * ESTIMATE[:2, 300:600]]).requires_grad_()
    whole = loss(estimate, target)
    (expected,) = torch.autograd.grad(whole, estimate)
    pair, halves = Pair(), (slice(0, 2), slice(2, 4))
    for half in halves:
        loss(estimate[half], target[half], processes=pair)
    parts = [loss(estimate[half], target[half], processes=pair) for half in halves]
    assert float(sum(parts).detach()) / 2 == pytest.approx(float(whole.detach()), rel=1e-5)
    (found,) = torch.autograd.grad(sum(parts) / 2, estimate)
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-6 * float(expected.abs().max()) + 1e-9)
    apart = [loss(estimate[half], target[half]) for half in halves]
    assert float(sum(apart).detach()) / 2 != pytest.approx(float(whole.detach()), rel=1e-2), (
        "the mean of two roots is another"
    )


def test_silence_and_perfection_have_gradients() -> None:
    loss = ReconstructionLoss(LossConfig(log=1.0, convergence=1.0), RATE, SAMPLES)
    for target in (torch.zeros(2, SAMPLES), TARGET):
        estimate = target.clone().requires_grad_()
        loss(estimate, target).backward()
        assert torch.isfinite(estimate.grad).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"waveform": 0.0, "spectral": 0.0}, "the loss is 0"),
        ({"waveform": -1.0}, "waveform must lie between"),
        ({"sizes": ()}, "sizes must be transforms"),
        ({"hops": (100,)}, "hops must be empty or hold one"),
        ({"sizes": (256,), "windows": (300,)}, "windows must be empty or hold one"),
        ({"frequency_power": -0.5}, "frequency_power must lie"),
        ({"weighting": "octave"}, "weighting must be one of band, bin"),
    ],
    ids=str,
)
def test_settings_are_checked(settings, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LossConfig(**settings)


def test_transforms_must_fit_in_clips() -> None:
    with pytest.raises(InputError, match=r"less than twice a clip of 1000 samples, got \[2048\]"):
        ReconstructionLoss(LossConfig(), RATE, 1000)
