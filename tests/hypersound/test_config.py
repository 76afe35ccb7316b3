import json

import pytest

from ligeia.errors import InputError
from ligeia.hypersound.config import WIDTHS, HyperSoundConfig, executed, layers_of
from ligeia.networks import Fmlp, Siren

# Table 2: numbers of the target network at each compression ratio, 4 w² + 26 w + 1 (FMLP) or 4 w² + 7 w + 1 (SIREN).
NUMBERS = {
    "fmlp": {10: 3381, 4: 8149, 2: 16471, 1: 32539, 0.5: 65751, 0.125: 262615},
    "siren": {10: 3333, 4: 8053, 2: 16318, 1: 33031, 0.5: 65406, 0.125: 261886},
}


@pytest.mark.parametrize("network", ["fmlp", "siren"])
def test_compression_ratios_of_table_2(network) -> None:
    for ratio, width in WIDTHS[network].items():
        config = executed(network=network, target={"width": width})
        assert config.numbers == NUMBERS[network][ratio]
        assert config.ratio == pytest.approx(ratio, rel=0.04)
        neighbours = [executed(network=network, target={"width": width + k}).numbers for k in (-1, 1)]
        assert all(abs(config.numbers - 32768 / ratio) < abs(n - 32768 / ratio) for n in neighbours)


def test_width_of_the_repository() -> None:
    assert executed().numbers == 34741
    assert executed(network="siren").numbers == 33031
    assert executed(variant="shared", shared_layers=(0,)).numbers == 32851
    assert executed(variant="shared", shared_layers=(0, 1)).numbers == 24661


def test_settings_survive_json() -> None:
    for config in (HyperSoundConfig(), executed(network="siren"), executed(variant="shared", shared_layers=(1, 2))):
        assert HyperSoundConfig.from_table(json.loads(json.dumps(config.table())), "there") == config


def test_the_networks_of_the_paper() -> None:
    spec = executed(network="siren").spec()
    assert isinstance(spec, Siren)
    assert (spec.first_omega, spec.hidden_omega, spec.init.bias) == (2000, 30, "weight_bound")
    assert executed().spec() == Fmlp(closed=True)


def test_layers_are_counted_to_the_output() -> None:
    assert layers_of(Fmlp(depth=2)) == [
        ["weight_0", "bias_0"],
        ["weight_1", "bias_1"],
        ["output_weight", "output_bias"],
    ]
    assert layers_of(Siren(depth=1)) == [["weight_0", "bias_0"], ["weight_1", "bias_1"]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "sirne"}, "unknown network 'sirne'"),
        ({"target": {"widht": 3}}, "did you mean width"),
        ({"target": {"width": 0}}, "width must lie between"),
        ({"target": {"channels": 2}}, "must have 1 channel, got 2"),
        ({"network": "siren", "target": {"init": {"bais": "torch"}}}, "did you mean bias"),
        ({"variant": "share"}, "variant must be one of"),
        ({"variant": "shared"}, "belong to the variant"),
        ({"shared_layers": (0,)}, "belong to the variant"),
        ({"variant": "shared", "shared_layers": (3,)}, "there is no layer 3; the network has 3"),
        ({"variant": "shared", "shared_layers": (0, 1, 2)}, "no layer is left"),
        ({"samples": 0}, "samples must lie between"),
        ({"strides": (0,)}, "strides must be"),
        ({"trunk": (4, 0)}, "trunk must be"),
        ({"latent": 0}, "at least 1"),
        ({"norm": "batch"}, "norm must be one of"),
    ],
)
def test_settings_out_of_range_are_refused(tiny, changes, message) -> None:
    with pytest.raises(InputError, match=message):
        tiny(**changes)


def test_other_targets_are_not_the_papers() -> None:
    with pytest.raises(InputError, match="has fmlp and siren"):
        executed(network="kan")
