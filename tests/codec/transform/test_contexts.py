import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.transform.contexts import (
    BAND_FACTS,
    FEATURES,
    FRAME_FACTS,
    LARGEST,
    LEVEL_FEATURES,
    MIDDLE,
    PAD,
    PASSES,
    QUIET,
    SELF,
    SOURCES,
    UNKNOWN,
    Surroundings,
    average,
    level_contexts,
    pass_contexts,
    sizes_of,
)


def test_sizes_are_rounded_logarithms():
    steps = np.zeros((1, LARGEST + 3), int)
    sizes = sizes_of(np.arange(LARGEST + 3)[None], steps)[0].tolist()
    assert sizes[:3] == [UNKNOWN, 0, 16]
    for number, size in enumerate(sizes[1 : LARGEST + 1], start=1):
        assert 2 ** (2 * size - 1) < number**32 < 2 ** (2 * size + 1)
    assert sizes[LARGEST] == sizes[-1]
    assert sizes_of(np.array([[-2, 0]]), np.array([[5, 7]])).tolist() == [[21, UNKNOWN + 7]]


def test_the_passes_visit_every_unit_once():
    for frame in (32, 96):
        visited = np.concatenate([np.arange(frame)[here] for here in PASSES])
        assert sorted(visited) == list(range(frame))


def surroundings(seed: int, frame: int = 32) -> Surroundings:
    generator = np.random.default_rng(seed)
    sizes = np.full((SOURCES, frame + 2 * PAD, 2), QUIET, np.int16)
    sizes[:, PAD:-PAD] = generator.integers(-100, 300, (SOURCES, frame, 2))
    return Surroundings(
        sizes,
        generator.integers(0, 200, (frame, 2)).astype(np.int16),
        generator.integers(0, 128, (BAND_FACTS, 4, 2)),
        np.full((FRAME_FACTS, 2), MIDDLE),
        np.arange(frame),
        np.arange(frame) // 8,
    )


@given(st.integers(0, 100))
def test_contexts_lie_in_7_bits(seed):
    around = surroundings(seed)
    for number, here in enumerate(PASSES):
        contexts = pass_contexts(around, number)
        assert contexts.shape == (FEATURES, len(range(32)[here]), 2)
        assert contexts.min() >= 0
        assert contexts.max() <= 127
        assert np.array_equal(contexts, np.rint(contexts))


@given(st.integers(0, 100))
def test_a_pass_sees_no_unit_of_its_own_or_of_later_passes(seed):
    around = surroundings(seed)
    for number, here in enumerate(PASSES):
        before = pass_contexts(around, number)
        later = [unit for other in PASSES[number:] for unit in range(32)[other]]
        around.sizes[SELF, [PAD + unit for unit in later]] += 77
        assert np.array_equal(pass_contexts(around, number), before), (number, here)


def test_averages_are_rounded_down():
    sizes = np.random.default_rng(0).integers(-300, 300, (40, 2)).astype(np.int16)
    padded = np.concatenate([np.repeat(sizes[:1], 9, axis=0), sizes, np.repeat(sizes[-1:], 9, axis=0)]).astype(int)
    for unit, mean in enumerate(average(sizes)):
        assert mean.tolist() == (padded[unit + 1 : unit + 17].sum(axis=0) // 16).tolist()


@given(st.integers(1, 30), st.integers(0, 100), st.booleans())
def test_contexts_of_levels(bands, seed, known):
    generator = np.random.default_rng(seed)
    levels, before, earlier = (generator.integers(0, 48, (bands, 2)) for _ in range(3))
    if known and bands < 2:
        return
    contexts, base = level_contexts(levels, before, earlier, known)
    assert contexts.shape == (LEVEL_FEATURES, (bands + 1 - known) // 2, 2)
    assert base.shape == contexts.shape[1:]
    assert contexts.min() >= 0
    assert contexts.max() <= 127
    if not known:
        assert np.array_equal(base, before[::2])
