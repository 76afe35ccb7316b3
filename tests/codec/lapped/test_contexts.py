import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.lapped.contexts import (
    FEATURES,
    LARGEST,
    LEVEL_FEATURES,
    MIDDLE,
    PAD,
    PASSES,
    UNKNOWN,
    Rows,
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


def rows(seed: int, frame: int = 32) -> Rows:
    generator = np.random.default_rng(seed)

    def sizes() -> np.ndarray:
        return np.pad(generator.integers(-100, 300, (2, frame)), ((0, 0), (PAD, PAD)), constant_values=-10_000)

    own = [generator.integers(0, 200, (2, frame)) for _ in range(4)]
    facts, places = np.full((2, 6), MIDDLE), np.arange(frame)[:, None]
    return Rows(sizes(), sizes(), sizes(), sizes(), *own, facts, places)


@given(st.integers(0, 100))
def test_contexts_lie_in_7_bits(seed):
    made = rows(seed)
    for number, here in enumerate(PASSES):
        contexts = pass_contexts(made, number)
        assert contexts.shape == (2, len(range(32)[here]), FEATURES)
        assert contexts.min() >= 0
        assert contexts.max() <= 127


@given(st.integers(0, 100))
def test_a_pass_sees_no_unit_of_its_own_or_of_later_passes(seed):
    made = rows(seed)
    for number, here in enumerate(PASSES):
        before = pass_contexts(made, number)
        later = [unit for other in PASSES[number:] for unit in range(32)[other]]
        made.sizes[:, [PAD + unit for unit in later]] += 77
        assert np.array_equal(pass_contexts(made, number), before), (number, here)


@given(st.integers(1, 30), st.integers(0, 100), st.booleans())
def test_contexts_of_levels(bands, seed, known):
    generator = np.random.default_rng(seed)
    levels, before, earlier = (generator.integers(0, 48, (2, bands)) for _ in range(3))
    if known and bands < 2:
        return
    contexts, base = level_contexts(levels, before, earlier, known)
    assert contexts.shape == (2, (bands + 1 - known) // 2, LEVEL_FEATURES)
    assert base.shape == contexts.shape[:2]
    assert contexts.min() >= 0
    assert contexts.max() <= 127
    if not known:
        assert np.array_equal(base, before[:, ::2])
