from dataclasses import replace
from math import pi, sqrt

import numpy as np
import pytest
import torch

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.fitting.config import FitConfig
from ligeia.fitting.fit import fit
from ligeia.fitting.own_recipes import LIGEIA, MIN_WIDTH, local_siren, widest, within_density
from ligeia.fitting.plan import Recipe, Shape
from ligeia.fitting.recipes import BY_NAME, RECIPES, recipe_named
from ligeia.networks.coordinates import span_seconds, to_coordinates
from ligeia.networks.siren import MAX_WIDTH, Siren

MONO = Shape(samples=220_500, rate=22_050, channels=1)
"""The ten-second clip of the papers."""


def design(name, shape=MONO):
    return recipe_named(name).design(shape)


# --- counts -----------------------------------------------------------------------------------------

COUNTS = {
    "siamese-baseline": 140_545,
    "siren-audio": 198_145,  # (1*256 + 256) + 3 * (256*256 + 256) + (256 + 1)
    "siren-notebook": 198_145,
    "inr-denoising": 790_273,  # (1*256 + 256) + 12 * (256*256 + 256) + (256 + 1)
    "siren-pytorch": 198_145,
    "hypersound-siren": 33_031,
    "inr-collection": 461_313,
    "siamese": 140_546,  # (33*256 + 256) + (256*256 + 256) + 2 * (256*128 + 128) + 2 * (128 + 1)
    "mahdi-siamese": 33_666,  # (33*128 + 128) + (128*64 + 64) + (64*64 + 64) + 2 * (64*128 + 128) + 2 * (128 + 1)
    "hypersound-fmlp": 34_741,
    "siren2": 149_185,  # (222 + 222) + 3 * (222*222 + 222) + (222 + 1)
}


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_parameter_counts_of_the_papers(name, count):
    assert design(name).parameters == count


def test_every_paper_is_counted():
    assert {*COUNTS, "ligeia"} == set(BY_NAME)


def test_the_plain_network_of_siamese_siren():
    assert Siren(width=256, depth=3).parameters == 132_353


@pytest.mark.parametrize(("depth", "width", "count"), [(5, 256, 263_937), (6, 512, 1_314_817), (7, 512, 1_577_473)])
def test_resized_networks_have_the_counts_of_the_web_app(depth, width, count):
    spec = recipe_named("siren-notebook").resized(width=width, depth=depth).design(MONO)
    assert spec.parameters == count


@pytest.mark.parametrize(("width", "count"), [(28, 3333), (44, 8053), (63, 16318), (127, 65406), (255, 261886)])
def test_resized_networks_have_the_counts_of_hypersound(width, count):
    assert recipe_named("hypersound-siren").resized(width=width).design(MONO).parameters == count


def test_more_channels_only_widen_the_output():
    stereo = Shape(samples=220_500, rate=22_050, channels=2)
    assert design("siamese-baseline", stereo).parameters == 140_545 + 257


# --- formulas: each restated on its own, from the papers and not from the specs ------------------------


def half_open(n):
    return -1 + 2 * np.arange(n) / n


def closed(n):
    return np.linspace(-1, 1, n)


def encoded(t):
    """[t, sin(pi t), cos(pi t), sin(2 pi t), ... cos(2^15 pi t)]."""
    columns = [t]
    for i in range(16):
        columns += [np.sin(2**i * pi * t), np.cos(2**i * pi * t)]
    return np.stack(columns, axis=1)


def sines(x, layers, omegas):
    """y = sin(omega (W x + b)) for each layer but the last, which is linear."""
    for (weight, bias), omega in zip(layers[:-1], omegas, strict=True):
        x = np.sin(omega * (x @ weight + bias))
    return x @ layers[-1][0] + layers[-1][1]


def hypersound(x, layers):
    """x <- omega x, then sin(W x + b); the input of the last layer is multiplied by omega as well."""
    for (weight, bias), omega in zip(layers[:-1], [2000, 30, 30, 30, 30], strict=True):
        x = np.sin((omega * x) @ weight + bias)
    return (30 * x) @ layers[-1][0] + layers[-1][1]


def ligeias_first_layer(units, bound):
    """Weights bound (i + r) / units and biases 2 pi r; r from Knuth's 64-bit generator, its upper 32 bits."""
    state, r = 1, []
    for _ in range(2 * units):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        r.append((state >> 32) / 2**32)
    return bound * (np.arange(units) + r[:units])[None] / units, 2 * pi * np.array(r[units:])


def ligeia(t, layers):
    """The first layer is fixed: tones of up to 1600 Hz in a block of 60 samples at 8 kHz."""
    units = len(layers[1][0])
    first = ligeias_first_layer(units, round(pi * 1600 * 60 / 8000))
    return sines(t[:, None], [first, *layers[1:]], [1, 1])


FORMULAS = {
    "ligeia": (half_open, ligeia),
    "siamese-baseline": (closed, lambda t, layers: sines(encoded(t), layers, [100, 100, 100])),
    "siren-audio": (closed, lambda t, layers: sines(100 * t[:, None], layers, [30, 30, 30, 30])),
    "siren-notebook": (closed, lambda t, layers: sines(t[:, None], layers, [3000, 30, 30, 30])),
    "inr-denoising": (closed, lambda t, layers: sines(t[:, None], layers, [3000] + [30] * 12)),
    "siren-pytorch": (closed, lambda t, layers: sines(t[:, None], layers, [30, 1, 1, 1])),
    "hypersound-siren": (closed, lambda t, layers: hypersound(t[:, None], layers)),
    "inr-collection": (half_open, lambda t, layers: sines(t[:, None], layers, [1760] + [245] * 7)),
    "siren2": (closed, lambda t, layers: sines(t[:, None], layers, [30, 30, 30, 30])),
}


def test_formulas_of_other_networks_are_restated_where_they_are_tested():
    others = {name for name in BY_NAME if not isinstance(design(name), Siren)}
    assert FORMULAS.keys() == BY_NAME.keys() - others
    assert others == {"siamese", "mahdi-siamese", "hypersound-fmlp"}  # see tests/networks


@pytest.mark.parametrize("name", FORMULAS)
def test_the_stack_computes_the_papers_formula(name):
    n, rate, blocks = 60, 8000, 2
    recipe = recipe_named(name)
    recipe = recipe if name == "ligeia" else recipe.resized(width=12)
    spec = recipe.design(Shape(samples=n, rate=rate, channels=2))
    module = spec.build(blocks=blocks, seed=1).double()
    seconds = torch.arange(n, dtype=torch.float64) / rate
    coordinates = to_coordinates(seconds, span_seconds(n, rate, closed=spec.closed_grid))
    values = module(coordinates.unsqueeze(0)).detach().numpy()
    grid, formula = FORMULAS[name]
    numbers = {key: value.detach().numpy() for key, value in module.named_parameters()}
    numbers.setdefault("weight_0", [None] * blocks)
    numbers.setdefault("bias_0", [None] * blocks)
    for block in range(blocks):
        layers = [(numbers[f"weight_{k}"][block], numbers[f"bias_{k}"][block]) for k in range(spec.depth + 1)]
        # 1e-9 of the output: phases of 1e5 rad, rounded in another order and multiplied by up to 245 per layer
        assert np.abs(values[block] - formula(grid(n), layers)).max() < 1e-9
        assert np.abs(values[block]).max() > 1e-6


# --- starts: (first, hidden, output) bounds of weights, then of biases, for n inputs and the paper's omegas ---


STARTS = {
    "siamese-baseline": ((sqrt(6 / 33) / 100, sqrt(6 / 256) / 100, sqrt(6 / 256) / 100), (33**-0.5, 1 / 16, 1 / 16)),
    "siren-audio": ((1, sqrt(6 / 256) / 30, sqrt(6 / 256) / 30), (1, 1 / 16, 1 / 16)),
    "siren-notebook": ((1, sqrt(6 / 256) / 30, sqrt(6 / 256) / 30), (1, 1 / 16, 1 / 16)),
    "inr-denoising": ((1, sqrt(6 / 256) / 30, sqrt(6 / 256) / 30), (1, 1 / 16, 1 / 16)),
    "siren-pytorch": ((1, sqrt(6 / 256), sqrt(6 / 256)), (1, sqrt(6 / 256), sqrt(6 / 256))),
    "hypersound-siren": ((1, sqrt(6 / 90) / 2000, sqrt(6 / 90) / 2000), (1, 90**-0.5, 90**-0.5)),
    "inr-collection": ((1, sqrt(6 / 256) / 245, sqrt(6 / 256) / 30), (None, None, 1 / 16)),
    "siren2": ((None, None, sqrt(6 / 222) / 30), (1, 222**-0.5, 222**-0.5)),
}


@pytest.mark.parametrize("name", STARTS)
def test_numbers_start_within_the_papers_bounds(name):
    spec = design(name)
    start = spec.build(blocks=4, seed=0).state_dict()
    for kind, bounds in zip(("weight", "bias"), STARTS[name], strict=True):
        for layer, bound in ((0, bounds[0]), (2, bounds[1]), (spec.depth, bounds[2])):
            values = start[f"{kind}_{layer}"]
            if bound is None:
                continue
            assert values.abs().max() <= bound * (1 + 1e-6)
            if values.numel() > 100:  # at 100 numbers the largest is above 0.9 with 1 - 0.9^100 = 0.99997
                assert values.abs().max() > 0.9 * bound
                # Five standard errors of the mean square, which is 1/3 of the bound's.
                ratio = float(values.double().square().mean()) / bound**2
                assert abs(ratio - 1 / 3) < 5 * 0.3 / sqrt(values.numel())


def test_inr_collection_starts_with_phases_around_the_circle():
    start = design("inr-collection").build(blocks=2, seed=0).state_dict()
    for layer in range(8):
        bias = start[f"bias_{layer}"]
        assert bias.min() >= 0
        assert 6.1 < bias.max() <= 2 * pi  # of 512 numbers the largest is above 6.1 but for 0.97^512 = 2e-7


def test_siren2_starts_with_noise():
    # A spectral centroid of 0.1 of Nyquist: S0 = 3500 (1 - exp(-0.7)) = 1762 and S1 = 0.3, each over 30.
    start = design("siren2").build(blocks=20, seed=0).state_dict()
    # 222 * 20 numbers: the deviation is known to 1.1 %
    assert float(start["weight_0"].std()) == pytest.approx(1762 / 30, rel=0.06)
    uniform = 6 / 222 / 30**2 / 3
    assert float(start["weight_1"].std()) == pytest.approx(sqrt(0.01**2 + uniform), rel=0.01)
    assert float(start["weight_2"].std()) == pytest.approx(sqrt(uniform), rel=0.01)


def test_ligeia_starts_as_it_says():
    shape = Shape(samples=7350, rate=44_100, channels=2)
    spec = design("ligeia", shape)
    start = spec.build(blocks=50, seed=0).state_dict()
    assert spec.fixed_first == 838  # 1600 Hz in a sixth of a second: pi * 1600 / 6 = 837.8
    assert spec.first_units == 2 * spec.width
    bounds = {"weight_1": sqrt(6 / spec.first_units), "weight_2": sqrt(6 / spec.width) / 30, "bias_1": pi}
    for name, bound in bounds.items():
        assert 0.99 * bound < start[name].abs().max() <= bound * (1 + 1e-6)
    assert not start["bias_2"].any()


# --- training facts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.name != "ligeia"], ids=lambda r: r.name)
def test_papers_fit_the_whole_clip_at_its_peak(recipe):
    assert recipe.block_seconds is None
    config = recipe.config
    assert config.full_batch
    schedule = "staircase" if recipe.name == "siren2" else "constant"
    assert (config.level, config.schedule, config.precision) == ("peak", schedule, "float32")
    assert (config.optimiser, config.betas, config.closed_form) == ("adam", (0.9, 0.999), False)
    assert len(set(config.learning_rates)) == 1


def test_budgets_of_the_papers():
    baseline = recipe_named("siamese-baseline").config
    assert (baseline.steps, baseline.learning_rates[0], baseline.weight_decay) == (2500, 1e-4, 1e-5)
    assert recipe_named("siren-audio").config.steps == 9001
    assert recipe_named("siren-notebook").config.steps == 1000
    assert recipe_named("siren-notebook").config.weight_decay == 0


# --- the table and its tools ----------------------------------------------------------------------------


def test_recipes_are_found_by_name():
    assert [recipe_named(recipe.name) for recipe in RECIPES] == list(RECIPES)
    assert len(BY_NAME) == len(RECIPES)
    with pytest.raises(InputError, match=r"'sirens'.*ligeia.*siren2"):
        recipe_named("sirens")


def test_resizing_nothing_changes_nothing():
    assert LIGEIA.resized() is LIGEIA


@pytest.mark.parametrize(("width", "factor"), [(8, 1), (24, 1), (48, 1 / 2), (192, 1 / 8)])
def test_hidden_layers_of_wide_networks_learn_more_slowly(width, factor):
    first, hidden, output = LIGEIA.config.learning_rates
    assert LIGEIA.resized(width=width).config.learning_rates == pytest.approx((first, hidden * factor, output))
    assert LIGEIA.resized(depth=5).config == LIGEIA.config


def test_a_wide_network_learns_better_at_a_lower_rate():
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 1600))
    sound, wide = Audio(np.cumsum(noise, axis=1) / 10, 16_000), LIGEIA.resized(width=128)
    scaled, as_it_was = (fit(sound, recipe, steps=60) for recipe in (wide, replace(wide, config=LIGEIA.config)))
    assert scaled.report["snr_db"] > as_it_was.report["snr_db"] + 3


def test_resizing_keeps_the_rest():
    resized = recipe_named("siamese-baseline").resized(width=8)
    spec = resized.design(MONO)
    assert (spec.width, spec.depth, spec.octaves, spec.first_omega) == (8, 3, 16, 100.0)
    assert resized.config == recipe_named("siamese-baseline").config
    assert design("siamese-baseline").width == 256
    with pytest.raises(InputError, match="width"):
        LIGEIA.resized(width=0).design(MONO)


@pytest.mark.parametrize(("samples", "channels"), [(800, 6), (7350, 1), (7350, 2), (22_050, 6)])
def test_ligeia_spends_what_it_may_and_not_one_unit_more(samples, channels):
    spec = design("ligeia", Shape(samples=samples, rate=44_100, channels=channels))
    limit = 0.62 * samples * channels
    assert spec.parameters <= limit
    assert replace(spec, width=spec.width + 1).parameters > limit
    assert spec.channels == channels


def test_the_smallest_block_still_gets_a_network():
    assert design("ligeia", Shape(samples=1, rate=8000, channels=1)).width == MIN_WIDTH


@pytest.mark.parametrize("limit", [MIN_WIDTH, 5, 100, MAX_WIDTH])
def test_widest_finds_the_limit(limit):
    assert widest(lambda width: Siren(width=width), lambda spec: spec.width <= limit).width == limit


def test_density_counts_every_channel():
    spec = Siren(width=4, depth=1)  # 13 parameters
    assert within_density(spec, Shape(samples=100, rate=1, channels=1, density=0.13))
    assert not within_density(spec, Shape(samples=99, rate=1, channels=1, density=0.13))
    assert within_density(spec, Shape(samples=50, rate=1, channels=2, density=0.13))


def test_only_our_own_recipe_has_a_density():
    assert {recipe.name: recipe.density for recipe in RECIPES if recipe.density is not None} == {"ligeia": 0.62}


def test_the_first_layer_stays_below_half_the_rate():
    spec = local_siren(within_density, first_hz=1600)(Shape(samples=1000, rate=1000, channels=1, density=0.5))
    assert spec.fixed_first == round(pi * 500)


def test_seconds_of_a_block():
    assert MONO.seconds == 10


def test_defaults_are_ligeias():
    assert LIGEIA.config == FitConfig()


def test_a_size_that_the_network_lacks_is_named() -> None:
    from ligeia.networks import Siamese

    twins = Recipe(name="twins", source="", design=lambda shape: Siamese(), config=FitConfig())
    with pytest.raises(InputError, match="siamese has no width; its fields are: shared_width"):
        twins.resized(width=8).design(Shape(samples=100, rate=8000, channels=1))
