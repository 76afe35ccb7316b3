import doctest
from math import ceil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ligeia
from ligeia import inr_torch
from ligeia.audio.blocks import Segments
from ligeia.errors import InputError
from ligeia.fitting.lapped import analyse
from ligeia.inr import INR, MAX_ORDER
from ligeia.networks.lapped import Lapped
from ligeia.networks.siren import Siren, SirenInit
from ligeia.networks.siren_net import fixed_layer

ONE_UNIT = Siren(width=1, depth=1)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for a busy core would make these small products slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random_inr(frames=4000, hop=1000, overlap=100, rate=8000, seed=0, **fields):
    """An INR of freshly started networks; a phase turns by up to 300 rad in a block."""
    spec = Siren(**{"width": 8, "depth": 2, "init": SirenInit(first_bound=150.0, bias="half_turn"), **fields})
    segments = Segments(frames, hop, overlap)
    module = spec.build(blocks=segments.count, seed=seed)
    parameters = {name: value.detach().numpy() for name, value in module.named_parameters()}
    return INR(spec, parameters, rate, segments, np.linspace(0.5, 1.5, segments.count))


def one_unit(segments, rate, *, a=0.0, w=0.0, b=0.0, c=0.0, spec=ONE_UNIT):
    """Every block is a * sin(w x + b) + c; each number may be one for all or one for each block."""
    count = segments.count
    shapes = {"weight_0": (count, 1, 1), "bias_0": (count, 1), "weight_1": (count, 1, 1), "bias_1": (count, 1)}
    values = [np.broadcast_to(np.float32(value), count) for value in (w, b, a, c)]
    parameters = {
        name: value.reshape(shape).copy() for (name, shape), value in zip(shapes.items(), values, strict=True)
    }
    return INR(spec, parameters, rate, segments, np.ones(count))


def plain(inr, times):
    """The same function, said in numpy and double precision: float64 `[channels, n]`, cross-fades included."""
    cut, spec = inr.segments, inr.spec
    total = np.zeros((inr.channels, len(times)))
    for block in range(cut.count):
        at = times * inr.rate - block * cut.hop  # samples since the start of the block
        rise = np.sin(np.pi / 2 * np.clip((at + 0.5) / max(cut.overlap, 1), 0, 1)) ** 2
        fall = 1 - np.sin(np.pi / 2 * np.clip((at - cut.hop + 0.5) / max(cut.overlap, 1), 0, 1)) ** 2
        weight = ((at >= 0) & (at < cut.length)).astype(float)
        if cut.overlap:
            weight = weight * (rise if block > 0 else 1) * (fall if block < cut.count - 1 else 1)
        steps = cut.length - 1 if spec.closed else cut.length
        x = (-1 + 2 * at / steps)[:, None]
        for layer in range(spec.depth + 1):
            if layer == 0 and spec.fixed_first:
                matrix, bias = (number[0].numpy() for number in fixed_layer(spec.first_units, spec.fixed_first))
            else:
                numbers = (inr.parameters[f"{kind}_{layer}"][block] for kind in ("weight", "bias"))
                matrix, bias = (number.astype(np.float64) for number in numbers)
            x = x @ matrix + bias
            if layer < spec.depth:
                x = np.sin(x)
        total += float(inr.gains[block]) * weight * x.T
    return total * ((times >= 0) & (times < inr.seconds))


@pytest.fixture(scope="module")
def rendered():
    """An INR and its samples, rendered once."""
    inr = random_inr()
    return inr, inr.render().samples


# --- evaluation and rendering -----------------------------------------------------------------------


# Every pair of values of two of them.
LAYOUTS = [
    (0, False, 1, 0.0),
    (100, True, 1, 150.0),
    (1000, False, 1, 150.0),
    (0, True, 2, 150.0),
    (100, False, 2, 0.0),
    (1000, True, 2, 0.0),
    (0, False, 6, 150.0),
    (100, True, 6, 0.0),
    (1000, False, 6, 0.0),
]


def test_a_printed_inr_is_short():
    assert len(repr(random_inr())) < 600


@pytest.mark.parametrize(("overlap", "closed", "channels", "fixed"), LAYOUTS)
def test_render_is_the_plain_function_at_every_sample(overlap, closed, channels, fixed):
    inr = random_inr(overlap=overlap, closed=closed, channels=channels, fixed_first=fixed)
    sound = inr.render()
    assert (sound.channels, sound.sample_count, sound.rate) == (channels, 4000, 8000)
    expected = plain(inr, np.arange(4000) / 8000)
    # 1e-5: the networks' products are in single precision, amplitudes are about 1
    assert np.abs(sound.samples - expected).max() < 1e-5
    assert np.abs(expected).max() > 0.1


def test_render_joins_blocks_as_segments_do():
    inr = random_inr(overlap=100)
    alone = [
        INR(
            inr.spec,
            {n: v[b : b + 1] for n, v in inr.parameters.items()},
            8000,
            Segments(1100, 1100),
            inr.gains[b : b + 1],
        )
        for b in range(inr.segments.count)
    ]
    joined = inr.segments.join(np.stack([block.render().samples for block in alone]))
    assert np.abs(inr.render().samples - joined).max() < 1e-5  # rounding of single-precision products


def test_one_instant_of_a_long_clip_is_its_sample():
    inr = random_inr(frames=80_000, hop=1333, overlap=40)
    sample = inr.render().samples[0, 25_680]
    assert inr([3.21])[0, 0] == pytest.approx(sample, rel=1e-5)
    assert abs(sample) > 1e-3


@given(st.lists(st.integers(0, 3999), max_size=30))
@settings(max_examples=30)
def test_any_order_and_repetition_of_times_gives_the_samples(rendered, indices):
    inr, samples = rendered
    values = inr(np.array(indices, dtype=np.float64) / 8000)
    assert values.dtype == np.float32
    assert values.shape == (1, len(indices))
    # 1e-5: other batch sizes go through other kernels
    assert np.abs(values - samples[:, indices]).max(initial=0) < 1e-5


@pytest.mark.parametrize("times", [[], [0], [0.25, 0], (0.1,), np.float32([0.1, 0.2])])
def test_times_may_be_any_row_of_numbers(times):
    assert random_inr()(times).shape == (1, len(times))


@pytest.mark.parametrize("factor", [2, 3, 6])
@pytest.mark.parametrize("overlap", [0, 100])
def test_a_multiple_of_the_rate_contains_the_original_samples(factor, overlap):
    inr = random_inr(overlap=overlap)
    fine = inr.render(8000 * factor)
    assert fine.sample_count == 4000 * factor
    assert np.abs(fine.samples[:, ::factor] - inr.render().samples).max() < 1e-5
    between = fine.samples[:, 1::factor]
    assert np.abs(between - fine.samples[:, ::factor]).max() > 0.01


def test_sound_outside_is_zero():
    inr = one_unit(Segments(800, 800), 8000, c=1.0)
    inside = inr.seconds - 0.5 / 8000
    values = inr([-1.0, -1 / 8000, 0.0, inside, inr.seconds, inr.seconds + 1e-4, 1e9])
    assert values.tolist() == [[0, 0, 1, 1, 0, 0, 0]]


def test_padding_of_the_last_block_is_outside():
    inr = one_unit(Segments(1001, 1000), 8000, c=1.0)
    assert inr.segments.count == 2
    assert inr([1000 / 8000, 1001 / 8000, 1002 / 8000]).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("bad", [[np.nan], [0.0, np.inf], [[0.0, 0.1]], 0.5])
def test_unusable_times_are_refused(bad):
    inr = random_inr()
    for evaluate in (inr, inr.derivative):
        with pytest.raises(InputError, match="seconds"):
            evaluate(bad)


def test_silent_blocks_are_exactly_silent():
    inr = random_inr()
    quiet = INR(inr.spec, inr.parameters, inr.rate, inr.segments, np.zeros(inr.segments.count))
    assert not quiet.render().samples.any()
    assert not quiet.derivative(np.linspace(0, 0.4, 50), order=2).any()


def test_a_silent_block_leaves_its_neighbours_alone():
    inr = random_inr()
    gains = inr.gains.copy()
    gains[1] = 0
    sound = INR(inr.spec, inr.parameters, inr.rate, inr.segments, gains).render().samples
    assert not sound[:, 1100:2000].any()
    assert np.abs(sound[:, :1000] - inr.render().samples[:, :1000]).max() < 1e-5
    assert sound[:, 2100:].any()


def test_gain_scales_the_sound():
    inr = random_inr()
    louder = INR(inr.spec, inr.parameters, inr.rate, inr.segments, 4 * inr.gains)
    # A power of two scales without rounding, but sums of two cross-faded blocks may be fused.
    assert np.abs(louder.render().samples - 4 * inr.render().samples).max() < 1e-5


@pytest.mark.parametrize("overlap", [0, 1, 2, 40, 1000])
@pytest.mark.parametrize("factor", [1, 2, 5])
def test_cross_fades_of_a_constant_are_that_constant(overlap, factor):
    inr = one_unit(Segments(3500, 1000, overlap), 8000, c=1.0)
    assert inr.segments.count > 2
    sound = inr.render(8000 * factor).samples
    # 1e-6: two weights in single precision add up to one
    assert np.abs(sound - 1).max() < 1e-6


def test_cutting_the_work_in_pieces_changes_nothing(monkeypatch):
    inr = random_inr()
    whole = inr.render().samples
    monkeypatch.setattr(inr_torch, "_UNITS_AT_ONCE", 8 * 370)  # 370 points at a time
    assert np.abs(inr.render().samples - whole).max() < 1e-5


def test_pieces_together_are_the_render():
    inr = random_inr(channels=2)
    pieces = list(inr.render_pieces(11025, size=999))
    assert {piece.shape[1] for piece in pieces[:-1]} == {999}
    assert np.abs(np.concatenate(pieces, axis=1) - inr.render(11025).samples).max() < 1e-5


@given(st.integers(1, 3000), st.integers(1, 200_000), st.integers(1, 50_000))
@settings(max_examples=25)
def test_number_of_samples_is_exact(frames, rate, other):
    inr = one_unit(Segments(frames, frames), rate, c=1.0)
    sound = inr.render()
    assert sound.sample_count == frames
    assert (sound.samples == 1).all()
    asked = min(other, 50_000 * rate // frames + 1)  # bounds the size of the render
    # Sample k is at k / rate: the last one lies before the end.
    expected = -(-frames * asked // rate)
    assert inr.render(asked, antialias=False).sample_count == expected
    if 16 * asked > rate:  # the filters of far lower rates take a while
        assert inr.render(asked).sample_count == expected


@given(st.integers(0, 4000), st.integers(0, 4000))
@settings(max_examples=30)
def test_render_of_a_part_is_part_of_the_render(rendered, a, b):
    inr, samples = rendered
    start, stop = sorted((a, b))
    part = inr.render(start=start / 8000, stop=stop / 8000)
    assert part.sample_count == stop - start
    assert np.abs(part.samples - samples[:, start:stop]).max(initial=0) < 1e-5


def test_render_stops_at_the_end():
    inr = random_inr()
    assert inr.render(start=0.4, stop=100).sample_count == ceil(0.1 * 8000)
    assert inr.render(start=inr.seconds).sample_count == 0


@pytest.mark.parametrize("bounds", [(-0.1, 0.2), (0.2, 0.1), (0.6, None), (float("nan"), None), (0.0, float("nan"))])
def test_bad_bounds_are_refused(bounds):
    with pytest.raises(InputError, match="start and stop"):
        random_inr().render(start=bounds[0], stop=bounds[1])


@pytest.mark.parametrize("rate", [-8000, 8000.5, 0, 2**31])
def test_bad_rates_are_refused(rate):
    with pytest.raises(InputError, match=f"{rate}"):
        random_inr().render(rate)


def test_far_into_two_hours_time_is_still_exact():
    hop, rate = 2**22, 48_000
    segments = Segments(2 * 3600 * rate, hop, overlap=0)
    spec = Siren(width=8, depth=2, init=SirenInit(first_bound=8e5))  # tones of up to 3 kHz in blocks of 87 s
    alone = INR(
        spec,
        {name: value.detach().numpy() for name, value in spec.build(seed=2).named_parameters()},
        rate,
        Segments(hop, hop),
        np.ones(1),
    )
    gains = np.zeros(segments.count)
    gains[[0, -2]] = 1
    parameters = {name: np.zeros((segments.count, *shape), np.float32) for name, shape in spec.shapes().items()}
    for name, value in parameters.items():
        value[[0, -2]] = alone.parameters[name]
    inr = INR(spec, parameters, rate, segments, gains)
    local = np.arange(0, hop, 9973) / rate
    start = (segments.count - 2) * hop / rate
    assert start > 7000
    expected = alone(local)
    assert np.abs(inr(local) - expected).max() < 1e-6
    # Doubles near 7200 s are 1e-12 s apart, in which a tone of 3 kHz turns by 2e-8 rad; single ones by 5 rad.
    assert np.abs(inr(start + local) - expected).max() < 1e-5
    assert np.abs(expected).max() > 0.01


# --- derivatives ------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivative_of_one_unit_by_hand(order):
    rate, frames, a, w, b = 8000, 800, 0.7, 40.0, 0.3
    inr = one_unit(Segments(frames, frames), rate, a=a, w=w, b=b, c=0.2)
    times = np.linspace(0.001, 0.099, 57)
    a32, w32, b32 = (float(np.float32(x)) for x in (a, w, b))
    speed = 2 * w32 / inr.seconds  # the coordinate runs from -1 to 1 in `seconds`
    phase = w32 * (2 * times / inr.seconds - 1) + b32
    turns = {1: np.cos(phase), 2: -np.sin(phase), 3: -np.cos(phase)}
    exact = a32 * speed**order * turns[order]
    # 1e-12 relative: everything is in double precision
    assert np.abs(inr.derivative(times, order)[0] - exact).max() < 1e-12 * speed**order


def test_derivative_through_a_cross_fade_by_hand():
    rate, hop, overlap = 1000, 100, 50
    inr = one_unit(Segments(250, hop, overlap), rate, c=[1.0, 3.0])
    assert inr.segments.count == 2
    at = np.linspace(1, overlap - 1, 40)  # samples since the second block began
    rise = np.pi / 2 * (at + 0.5) / overlap
    # 1 + 2 sin^2(rise): its derivative is 2 sin(2 rise) times rate * pi / (2 overlap).
    speed = rate * np.pi / (2 * overlap)
    times = (hop + at) / rate
    assert np.abs(inr.derivative(times)[0] - 2 * np.sin(2 * rise) * speed).max() < 1e-9 * speed
    assert np.abs(inr.derivative(times, 2)[0] - 4 * np.cos(2 * rise) * speed**2).max() < 1e-9 * speed**2
    assert inr.derivative([0.05, 0.2]).tolist() == [[0, 0]]


@pytest.mark.parametrize(("overlap", "channels", "fixed"), [(0, 1, 0.0), (0, 2, 150.0), (100, 1, 150.0), (100, 2, 0.0)])
def test_derivatives_are_those_of_the_plain_function(overlap, channels, fixed):
    inr = random_inr(overlap=overlap, channels=channels, fixed_first=fixed)
    # In the middle between samples, so that no difference crosses the border of a block or of a fade.
    times = (np.random.default_rng(0).integers(0, 4000, 200) + 0.25) / 8000
    step = 1e-7
    first = (plain(inr, times + step) - plain(inr, times - step)) / (2 * step)
    scale = np.abs(first).max()
    # Errors: (speed * step)^2 / 6 with speeds of 2 * 150 / 0.14 per second is 1e-8; roundings 1e-16 / 1e-7 are less.
    assert np.abs(inr.derivative(times) - first).max() < 1e-6 * scale
    assert inr.derivative(times).shape == (channels, 200)
    step = 1e-6
    second = (plain(inr, times + step) - 2 * plain(inr, times) + plain(inr, times - step)) / step**2
    # Errors: (speed * step)^2 / 12 of it, and roundings 1e-15 / step^2 = 1e-3 against a scale above 1e5.
    assert np.abs(inr.derivative(times, 2) - second).max() < 1e-5 * np.abs(second).max()


def test_derivative_keeps_the_order_of_times():
    inr = random_inr()
    times = np.array([0.31, 0.02, 0.44, 0.02])
    one_by_one = [inr.derivative([time])[0, 0] for time in times]
    # Other batch sizes go through other kernels; values are in the thousands.
    assert inr.derivative(times)[0] == pytest.approx(one_by_one, rel=1e-9)
    assert inr.derivative(times).dtype == np.float64


def test_derivative_outside_is_zero():
    assert random_inr().derivative([-0.1, 0.5, 7.0], order=2).tolist() == [[0, 0, 0]]


def test_derivative_of_a_constant_is_zero_at_every_order():
    inr = one_unit(Segments(800, 800), 8000, c=1.0)
    for order in (1, 2, MAX_ORDER):
        assert not inr.derivative([0.01, 0.05], order).any()


def test_no_times_have_no_derivative():
    assert random_inr(channels=2).derivative([]).shape == (2, 0)


@pytest.mark.parametrize("order", [0, -1, MAX_ORDER + 1])
def test_bad_order_is_refused(order):
    with pytest.raises(InputError, match=f"order.*{order}"):
        random_inr().derivative([0.1], order)


def test_the_eighth_derivative_still_exists():
    inr = one_unit(Segments(800, 800), 8000, a=1.0, w=4.0)
    speed = 2 * 4.0 / 0.1
    # The eighth derivative of a sine is itself.
    assert inr.derivative([0.06], 8)[0, 0] == pytest.approx(np.sin(4 * 0.2) * speed**8, rel=1e-9)


# --- lower rates ------------------------------------------------------------------------------------


def noisy(seconds=0.5, rate=8000):
    """An INR of noise up to half its rate, in the network that needs no torch."""
    samples = np.random.default_rng(0).normal(0, 0.1, (2, round(seconds * rate)))
    return analyse(ligeia.Audio(samples, rate), Lapped(channels=2, frame_size=256, frames=4))


def tone_inr(hz):
    """A second of a tone at 8 kHz, in the network that needs no torch."""
    times = np.arange(8000) / 8000
    return analyse(ligeia.Audio(np.sin(2 * np.pi * hz * times)[None], 8000), Lapped(frame_size=512, frames=4))


@pytest.mark.parametrize("rate", [4000, 3001, 50])
def test_lower_rates_are_resampled(rate):
    inr = noisy()
    sound = inr.render(rate)
    expected = ligeia.resample(inr.render(), rate)
    assert sound.rate == rate
    assert sound.samples.shape == expected.samples.shape
    assert np.abs(sound.samples - expected.samples).max() < 1e-6


def test_what_would_alias_is_gone_unless_it_is_asked_for():
    inr = tone_inr(3000)
    assert np.abs(inr.render(4000).samples[:, 400:-400]).max() < 1e-4
    plain_samples = inr.render(4000, antialias=False).samples
    assert np.abs(plain_samples - inr.render().samples[:, ::2]).max() < 1e-6
    assert np.abs(plain_samples).max() > 0.9


@pytest.mark.parametrize(("start", "stop"), [(0.0, 0.2), (0.123, 0.31), (0.25, None), (0.499, None), (0.1, 0.1001)])
@pytest.mark.parametrize("rate", [6000, 3001])
def test_a_part_at_a_lower_rate_is_part_of_the_whole(start, stop, rate):
    inr = noisy()
    first = round(start * rate)
    part = inr.render(rate, start=first / rate, stop=stop).samples
    whole = inr.render(rate).samples
    end = whole.shape[1] if stop is None else ceil(round(stop * rate, 6))
    assert part.shape[1] == end - first
    assert np.abs(part - whole[:, first : first + part.shape[1]]).max(initial=0) < 1e-6


def test_a_part_at_a_lower_rate_may_begin_between_two_samples():
    start = 0.1 + 0.3 / 4000
    sound = tone_inr(500).render(4000, start=start, stop=0.9)
    at = start + np.arange(sound.sample_count) / 4000
    assert sound.sample_count == ceil((0.9 - start) * 4000)
    assert np.abs(sound.samples[0] - np.sin(2 * np.pi * 500 * at)).max() < 0.02


def test_pieces_at_a_lower_rate_are_the_render():
    inr = noisy()
    pieces = list(inr.render_pieces(3001, start=0.1, size=700))
    assert len(pieces) > 3
    assert np.abs(np.concatenate(pieces, axis=1) - inr.render(3001, start=0.1).samples).max() < 1e-6


# --- as a torch module ------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [0, 100])
def test_the_torch_module_is_the_function(overlap):
    inr = random_inr(overlap=overlap, channels=2)
    module = inr.to_torch()
    times = (np.random.default_rng(0).integers(-50, 4050, 300) + 0.25) / 8000
    values = module(torch.from_numpy(times))
    assert values.dtype == torch.float64
    assert np.abs(values.detach().numpy() - plain(inr, times)).max() < 1e-6
    assert module(torch.from_numpy(times).float()).dtype == torch.float32
    variable = torch.from_numpy(times).requires_grad_(True)
    (slope,) = torch.autograd.grad(module(variable)[1].sum(), variable)
    assert np.abs(slope.numpy() - inr.derivative(times)[1]).max() < 1e-9 * slope.abs().max()


def test_the_torch_module_can_be_trained_and_leaves_the_inr_alone():
    inr = random_inr(overlap=100)
    before = {name: value.copy() for name, value in inr.parameters.items()}
    module = inr.to_torch()
    target = torch.sin(torch.arange(400) / 9)
    times = torch.arange(400, dtype=torch.float64) / 800
    losses = []
    for _ in range(10):
        loss = (module(times)[0] - target).square().mean()
        module.zero_grad()
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            for value in module.parameters():
                value -= 0.03 * value.grad
    assert losses[-1] < 0.9 * losses[0]
    assert all(np.array_equal(value, before[name]) for name, value in inr.parameters.items())


# --- what an INR is ---------------------------------------------------------------------------------


def test_facts():
    inr = random_inr(frames=4000, hop=1000, overlap=0, channels=2, rate=16000)
    assert (inr.channels, inr.sample_count, inr.seconds) == (2, 4000, 0.25)
    assert inr.parameter_count == 4 * inr.spec.parameters == sum(value.size for value in inr.parameters.values())


def test_parts_that_do_not_fit_together_are_refused():
    inr = random_inr()
    short = {name: value[:1] for name, value in inr.parameters.items()}
    with pytest.raises(InputError, match="weight_0"):
        INR(inr.spec, short, 8000, inr.segments, inr.gains)
    with pytest.raises(InputError, match="gains"):
        INR(inr.spec, inr.parameters, 8000, inr.segments, inr.gains[:2])
    with pytest.raises(InputError, match="rate"):
        INR(inr.spec, inr.parameters, 0, inr.segments, inr.gains)


def test_a_missing_parameter_is_refused():
    inr = random_inr()
    rest = {name: value for name, value in inr.parameters.items() if name != "bias_1"}
    with pytest.raises(InputError, match="bias_1"):
        INR(inr.spec, rest, 8000, inr.segments, inr.gains)


def test_evaluation_leaves_the_parameters_alone():
    inr = random_inr()
    before = {name: value.copy() for name, value in inr.parameters.items()}
    inr.render()
    inr.derivative([0.1])
    assert all(np.array_equal(value, before[name]) for name, value in inr.parameters.items())


def test_the_docstrings_example_holds():
    example = doctest.DocTestParser().get_doctest(INR.__doc__, {"np": np, "ligeia": ligeia}, "INR", None, 0)
    assert len(example.examples) > 3
    assert doctest.DocTestRunner().run(example).failed == 0


def test_one_line_says_what_an_inr_is():
    assert repr(random_inr(channels=2)) == "INR(siren, 0.500 s at 8000 Hz, 2 channels, 4 blocks)"
    assert str(random_inr(hop=4000, overlap=0)) == "INR(siren, 0.500 s at 8000 Hz, 1 channel, 1 block)"


def test_the_state_of_a_module_loads_into_another_of_its_kind():
    first, second = (random_inr(overlap=100, seed=seed).to_torch() for seed in (0, 1))
    times = torch.rand(50, dtype=torch.float64) / 2
    assert not torch.equal(first(times), second(times))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(times), second(times))
    assert {"gains", "network.weight_0"} <= set(first.state_dict())


@pytest.mark.parametrize(
    ("seconds", "says"), [("0.5", "seconds must be numbers"), (None, "got None"), ([1j], "numbers")]
)
def test_instants_are_numbers(seconds, says):
    with pytest.raises(TypeError, match=says):
        random_inr()(seconds)


def test_instants_may_be_a_tensor_or_whole_numbers():
    inr = random_inr()
    times = torch.tensor([0.1, 0.2], requires_grad=True)
    assert np.array_equal(inr(times), inr(times.detach().numpy()))
    assert inr([0, 1]).shape == (1, 2)
