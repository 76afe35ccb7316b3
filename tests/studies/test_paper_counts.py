import pytest

from ligeia.errors import InputError
from ligeia.networks import Fmlp, NoiseLayer, Siamese, Siren
from ligeia.studies.paper_counts import paper_bytes, paper_parameters

SIREN = Siren(width=256, depth=3)
PE_SIREN = Siren(width=256, depth=3, octaves=16)

# Shared layers, layers of a head; what torchsummary prints for a rebuild of the code; the paper's column, in thousands.
ROWS = [
    ((256, 2), (128, 1), 513_026, 513),
    ((128, 2), (64, 1), 141_826, 142),
    ((64, 2), (32, 1), 42_242, 42),
    ((256, 1), (128, 2), 151_298, 151),
    ((1, 0), (128, 3), 75_010, 75),
]


def siamese(shared, head):
    return Siamese(shared_width=shared[0], shared_depth=shared[1], head_width=head[0], head_depth=head[1])


@pytest.mark.parametrize(("shared", "head", "printed", "thousands"), ROWS)
def test_the_papers_parameters(shared, head, printed, thousands):
    spec = siamese(shared, head)
    assert paper_parameters(spec) == printed
    assert round(printed / 1000) == thousands
    assert (printed == spec.parameters) == (shared[1] == 0)  # right only where nothing is shared


@pytest.mark.parametrize(("spec", "printed", "thousands"), [(SIREN, 793_604, 794), (PE_SIREN, 842_756, 843)])
def test_the_papers_parameters_of_plain_sirens(spec, printed, thousands):
    assert paper_parameters(spec) == printed
    assert round(printed / 1000) == thousands
    assert printed == 6 * (spec.parameters - 257) + 4 * 257  # the output layer has 257


# In kB, at 32 and 8 bits: of a rebuild of the module, dumped with PyTorch 2.13, and as the paper prints them.
SIZES = [
    (SIREN, (1594.5, 410.5), (1594.6, 410.9)),
    (PE_SIREN, (1692.8, 435.0), (1692.9, 435.5)),
    (Siamese(), (1164.8, 303.2), (1164.9, 303.7)),
]


@pytest.mark.parametrize(("spec", "rebuilt", "printed"), SIZES, ids=["siren", "pe siren", "siamese"])
def test_the_papers_bytes(spec, rebuilt, printed):
    found = [paper_bytes(spec, bits) / 1000 for bits in (32, 8)]
    assert found == pytest.approx(rebuilt, abs=0.06)  # rounded to 0.1 kB
    assert found == pytest.approx(printed, rel=0.002)


@pytest.mark.parametrize(
    ("shared", "head", "full", "small"), [((256, 1), (128, 2), 506_769, 138_667), ((1, 0), (128, 3), 305_424, 88_273)]
)
def test_bytes_of_other_rows_as_dumped(shared, head, full, small):
    spec = siamese(shared, head)
    # 20 bytes: the length of the names of the tensors
    assert paper_bytes(spec, 32) == pytest.approx(full, abs=20)
    assert paper_bytes(spec, 8) == pytest.approx(small, abs=20)


def test_what_counts_is_what_the_code_would_build():
    # 33 inputs; a shared layer counts six times, a layer of a head once for each head
    shared = (33 * 128 + 128) + (128 * 64 + 64) + (64 * 64 + 64)
    assert paper_parameters(NoiseLayer()) == 6 * shared + 2 * (64 * 128 + 128) + 2 * 129
    stereo = Siamese(channels=2)
    assert paper_parameters(stereo) - paper_parameters(Siamese()) == stereo.parameters - Siamese().parameters


@pytest.mark.parametrize("spec", [Fmlp(), Siamese(heads=3), Siren(fixed_first=40.0)])
def test_other_networks_have_no_such_numbers(spec):
    with pytest.raises(InputError, match="nothing like"):
        paper_parameters(spec)
    with pytest.raises(InputError, match="nothing like"):
        paper_bytes(spec, 32)


def test_other_depths_have_no_such_sizes():
    with pytest.raises(InputError, match="16"):
        paper_bytes(Siamese(), 16)
