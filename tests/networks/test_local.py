import numpy as np
import pytest
import torch

from ligeia.audio.blocks import Segments
from ligeia.networks.coordinates import hz_to_omega
from ligeia.networks.local import LEAST_FADE, Local
from ligeia.networks.spec import LinearOutput

CUTS = [(1, 0.25), (2, 1.0), (3, 0.5), (8, 0.25), (5, LEAST_FADE), (256, 1.0)]


def test_parameters_are_those_of_the_networks():
    spec = Local(windows=8, width=16, depth=3)
    # each window: w + w, two times w^2 + w, w output weights; one output bias for all
    assert spec.parameters == 8 * (2 * 16 + 2 * (16**2 + 16) + 16) + 1
    assert sum(value.numel() for value in spec.build(blocks=2).parameters()) == 2 * spec.parameters


def test_shapes_follow_the_layers():
    assert Local(channels=2, windows=3, width=4, depth=2).shapes() == {
        "weight_0": (1, 12),
        "bias_0": (12,),
        "weight_1": (4, 12),
        "bias_1": (12,),
        "output_weight": (12, 2),
        "output_bias": (2,),
    }


def windows_at(spec, t):
    """[windows, n]."""
    return spec.weights(spec.own_coordinates(torch.as_tensor(t).unsqueeze(0)))[0].numpy()


@pytest.mark.parametrize(("windows", "fade"), CUTS)
def test_windows_sum_to_one(windows, fade):
    spec = Local(windows=windows, fade=fade)
    w = windows_at(spec, np.linspace(-1.01, 1.01, 5001))
    assert np.abs(w.sum(0) - 1).max() < 1e-12
    assert (w >= 0).all()
    assert (np.count_nonzero(w, axis=0) <= 2).all()


def test_windows_are_raised_cosines_of_their_cell():
    spec = Local(windows=4, fade=0.5)  # cells of half a unit; fades of a quarter around -0.5, 0, 0.5
    w = windows_at(spec, np.array([-1.0, -0.63, -0.5, -0.44, -0.37, -0.2, 0.0, 0.99]))
    assert w[1] == pytest.approx([0, 0, 0.5, np.sin(np.pi / 2 * 0.185 / 0.25) ** 2, 1, 1, 0.5, 0], abs=1e-12)
    assert w[0] == pytest.approx([1, 1, 0.5, np.cos(np.pi / 2 * 0.185 / 0.25) ** 2, 0, 0, 0, 0], abs=1e-12)
    assert w[3, -1] == 1


def test_windows_are_those_of_the_blocks_of_a_stream():
    cut = Segments(sample_count=340, hop=80, overlap=20)  # cells of 80 samples; the first and the last reach 10 further
    spec = Local(windows=4, fade=20 / 80)
    middle = np.arange(340) + 0.5  # the cross-fade of blocks is symmetric about sample and a half
    w = windows_at(spec, -1 + 2 * (middle - 10) / 320)
    for m in range(4):
        expected = np.zeros(340)
        expected[cut.starts[m] : cut.starts[m] + cut.length] = cut.window(m)
        assert np.abs(w[m] - expected).max() < 1e-12


def test_reach_is_the_windows_part_of_the_block():
    spec = Local(windows=8, fade=0.25)
    assert spec.reach == 1.25 / 8
    own = spec.own_coordinates(torch.tensor([[-1.0, -0.875, -0.875 + spec.reach]], dtype=torch.float64))
    assert own[0, 0].tolist() == pytest.approx([-0.8, 0, 1])
    # a tone of 500 Hz turns by as much per second in a window's own coordinate as in the block's
    assert hz_to_omega(500, 2.0 * spec.reach) == pytest.approx(hz_to_omega(500, 2.0) * spec.reach)


@pytest.mark.parametrize(("windows", "fade"), CUTS[:-1])
@pytest.mark.parametrize("shared", [True, False])
def test_the_formula(windows, fade, shared):
    spec = Local(channels=2, windows=windows, fade=fade, width=4, depth=3)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    times = np.random.default_rng(0).uniform(-1, 1, (1 if shared else 2, 40))
    found = module(torch.from_numpy(times)).detach().numpy()[1]
    size = 2 / windows
    for t, value in zip(times[-1], found, strict=True):
        expected = n["output_bias"].copy()
        for m in range(windows):
            low, high = -1 + m * size, -1 + (m + 1) * size  # its cell
            rise = np.clip((t - low) / (fade * size) + 0.5, 0, 1) if m else 1
            fall = np.clip((high - t) / (fade * size) + 0.5, 0, 1) if m < windows - 1 else 1
            w = np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
            g, own = np.array([(t - (low + high) / 2) / ((1 + fade) * size / 2)]), slice(4 * m, 4 * m + 4)
            for k in range(3):
                g = np.sin(g @ n[f"weight_{k}"][:, own] + n[f"bias_{k}"][own])
            expected += w * (g @ n["output_weight"][own])
        assert np.abs(value - expected).max() < 1e-9  # the narrowest fade is a two-thousandth of the range


def test_features_are_linear_in_the_output_and_zero_outside_a_window():
    module = Local(windows=4, width=3, fade=0.5).build(blocks=2, seed=1).double()
    assert isinstance(module, LinearOutput)
    times = torch.tensor([[-0.75, -0.5, 0.1]], dtype=torch.float64)
    features = module.features(times)
    assert features.shape == (2, 3, 12)
    assert (module(times) - features @ module.output_weight - module.output_bias.unsqueeze(1)).abs().max() < 1e-13
    seen = features.reshape(2, 3, 4, 3).abs().sum(-1) > 0
    assert seen.tolist() == [[[True, False, False, False], [True, True, False, False], [False, True, True, False]]] * 2


def test_only_what_a_window_sees_is_evaluated(monkeypatch):
    from ligeia.networks import local

    seen = []
    inner = local.sine_chains
    monkeypatch.setattr(local, "sine_chains", lambda n, inputs, *rest: seen.append(inputs) or inner(n, inputs, *rest))
    Local(windows=8, fade=0.25, width=4).build(blocks=3)(torch.linspace(-1, 1, 800).unsqueeze(0))
    # 100 points in a cell and a quarter of them beside it: an eighth on either side
    assert seen[0].shape[0] == 24
    assert seen[0].shape[1] in range(120, 128)


def test_the_sound_is_smooth_across_borders():
    module = Local(windows=4, width=8, fade=0.3, first_bound=5.0).build(seed=1).double()
    for border in (-0.5, -0.5 - 0.075, -0.5 + 0.075, 0.0):
        near = torch.tensor([[border - 1e-7, border + 1e-7]], dtype=torch.float64, requires_grad=True)
        values = module(near)[0, :, 0]
        (slopes,) = torch.autograd.grad(values.sum(), near)
        assert abs(float(values.detach().diff())) < 1e-6
        assert abs(float(slopes.diff())) < 1e-4  # slopes of about one, that change by about a hundred per unit
