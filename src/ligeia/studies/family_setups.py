"""Setups of families of sounds: rows of the thesis's tables, each by its configuration at paper size and at ours.

A laptop setup is the configuration `laptop` (or one of another kind of decoder) with the changes that the row is about;
shapes have the widths at which their number of parameters is to pi-GAN's as the thesis's is. First omegas are those of
the thesis's program in Hz: omega times the duration of a sound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil, prod
from typing import TYPE_CHECKING, Any, cast

from ligeia.errors import InputError, needs_extra

if TYPE_CHECKING:
    from ligeia.latent.configuration import Configuration

Changes = Mapping[str, Mapping[str, Any]]
OMEGAS = {"keyboard": (1760.0, 245.0), "diverse": (1760.0, 245.0), "keywords": (615.0, 200.0)}
"""Omegas of the first layer, for sounds of a second, and of the others, by data set (Zuiderveld 2021, as executed)."""
SINE_FIRST = {"keyboard": 350.0, "diverse": 930.0, "keywords": 260.0}
"""Omega of the first layer where the others are not sines (Zuiderveld 2021, section 6.2.6)."""
PENALTY = 250 / 2000
"""The penalty stands beside a sum over samples, of which a step sees fewer here."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One row of a table."""

    label: str
    """Name in tables."""
    paper: str
    """Shipped configuration at paper size, to which that of a data set is joined."""
    laptop: str = "laptop"
    """Shipped configuration at laptop size, likewise."""
    changes: Changes = field(default_factory=dict)
    """Changes at laptop size, table by table."""
    both: Changes = field(default_factory=dict)
    """Changes at both sizes."""
    at_paper: Changes = field(default_factory=dict)
    """Changes at paper size."""
    omegas: tuple[float, float] | None = None
    """Omegas of the first layer, for sounds of a second, and of the others; None: those of the data set."""


def _film(label: str, paper: str, **decoder: Any) -> Setup:
    return Setup(label=label, paper=paper, changes={"decoder": decoder})


def _penalised(label: str, paper: str, weight: float, **training: Any) -> Setup:
    changes = {"training": {"weight_decay": weight * PENALTY, **training}}
    return Setup(label=label, paper=paper, changes=changes)


FROZEN: Changes = {"codes": {"train_mapping": False}}
"""The mapping network stays as it starts, as in the released program's ablations."""
APART: Changes = {"decoder": {"apart": True}}
DECAYING: dict[str, Any] = {"decay_schedule": "linear", "decay_until": 0.5}
"""The penalty falls to 0 over the first half (section 5.4.1)."""

SMALL: dict[str, dict[str, Any]] = {
    "wavegan": {"kind": "wavegan", "code": 4, "width": 3, "factors": (4, 4, 4, 4), "filter": 256},
    "im_net": {"kind": "im_net", "code": 4, "widths": (160, 80, 40, 20, 10)},
    "concatenation": {"kind": "concatenation", "code": 4, "widths": (32,) * 8, "mapping_width": 32},
    "hypernetwork": {"kind": "hypernetwork", "code": 4, "widths": (16,) * 3, "mapping_width": 18},
}
"""Decoders of other kinds at laptop size, with as many numbers for one of pi-GAN as at paper size."""
WAVEGAN_RATE: dict[str, Any] = {"learning_rates": (1e-3,)}
"""Ten times that of functions, as in the thesis."""
SLOW_CODES: Changes = {"codes": {"learning_rate": 0.03}}
"""Slower codes: with 0.3 the hypernetwork diverges within 110 steps."""
AUTOENCODER: Changes = {"codes": {"inference": "autoencoder"}, "encoder": {"channels": (16, 16, 32, 64), "kernel": 160}}


def _concatenation(label: str, paper: str, **decoder: Any) -> Setup:
    return Setup(label=label, paper=paper, changes={"decoder": SMALL["concatenation"] | decoder})


def _wavegan(label: str, paper: str, **tables: Mapping[str, Any]) -> Setup:
    changes = {"decoder": SMALL["wavegan"], "training": WAVEGAN_RATE, **tables}
    return Setup(label=label, paper=paper, changes=changes)


SETUPS: dict[str, Setup] = {
    "wavegan": _wavegan("WaveGAN, autodecoder", "table_6_1_wavegan_ad"),
    "im_net": Setup(label="IM-NET, autodecoder", paper="table_6_1_im_net_ad", changes={"decoder": SMALL["im_net"]}),
    "pi_gan": Setup(label="π-GAN, autodecoder", paper="pi_gan"),
    "wavegan_ae": _wavegan("WaveGAN, autoencoder", "table_6_1_wavegan_ae", **AUTOENCODER),
    "im_net_ae": Setup(
        label="IM-NET, autoencoder", paper="table_6_1_im_net_ae", changes={"decoder": SMALL["im_net"], **AUTOENCODER}
    ),
    "pi_gan_ae": Setup(label="π-GAN, autoencoder", paper="table_6_1_pi_gan_ae", changes=AUTOENCODER),
    "sine_first": _film("sine first, others ReLU", "table_6_4_sine_first", activations="sine_first"),
    "sine_last": _film("sine last, others ReLU", "table_6_4_sine_last", activations="sine_last"),
    "relu": _film("all ReLU", "table_6_4_relu", activations="relu"),
    "concat_middle": _concatenation("concatenation, middle", "table_a_1_concat_middle"),
    "concat_all": _concatenation("concatenation, all layers", "table_a_1_concat_all", where="all"),
    "concat_middle_frozen": replace(
        _concatenation("concatenation, middle, mapping frozen", "table_a_1_concat_middle"), both=FROZEN
    ),
    "concat_all_frozen": replace(
        _concatenation("concatenation, all layers, mapping frozen", "table_a_1_concat_all", where="all"), both=FROZEN
    ),
    "concat_middle_apart": replace(
        _concatenation("concatenation, middle, parts started apart", "table_a_1_concat_middle"), both=APART
    ),
    "concat_all_apart": replace(
        _concatenation("concatenation, all, parts started apart", "table_a_1_concat_all", where="all"), both=APART
    ),
    "hypernetwork": Setup(
        label="hypernetwork",
        paper="pi_gan",
        changes={"decoder": SMALL["hypernetwork"], **SLOW_CODES},
        at_paper={"decoder": {"kind": "hypernetwork", "code": 256}},
    ),
    "pi_gan_frozen": Setup(label="FiLM, mapping frozen", paper="pi_gan", both=FROZEN),
    "mapping_1": _film("minimal mapping", "table_6_7_min_mapping", mapping_layers=0),
    "mapping_5": _film("five mapping layers", "table_6_7_five_mapping", mapping_layers=5),
    "wide": _film("wide", "table_6_10_wide", widths=(48,) * 4),
    "deep": _film("deep", "table_6_10_deep", widths=(25,) * 12),
    "shrinking": _film("shrinking", "table_6_10_shrinking", widths=(104, 52, 26, 13)),
    "no_weight_norm": Setup(
        label="without weight normalisation", paper="pi_gan", both={"decoder": {"weight_norm": False}}
    ),
    "constant_1": _penalised("constant penalty, 1", "table_6_13_constant_1", 1),
    "constant_10": _penalised("constant penalty, 10", "table_6_13_constant_10", 10),
    "constant_30": _penalised("constant penalty, 30", "table_6_13_constant_30", 30),
    "decaying_10": _penalised("decaying penalty, 10", "table_6_13_progressive_10", 10, **DECAYING),
    "decaying_30": _penalised("decaying penalty, 30", "table_6_13_progressive_30", 30, **DECAYING),
    "decaying_50": _penalised("decaying penalty, 50", "table_6_13_progressive_50", 50, **DECAYING),
    "progressive_original": Setup(
        label="progressive, original omegas", paper="table_6_16_original", changes={"decoder": {"groups": 8}}
    ),
    **{
        f"progressive_{first}_{hidden}": Setup(
            label=f"progressive to {first}, hidden {hidden}",
            paper=f"table_6_16_{first}_{hidden}",
            omegas=(first, hidden),
            changes={"decoder": {"groups": 8}},
        )
        for first, hidden in ((3000, 30), (3000, 300), (3000, 1000), (10000, 30), (10000, 300))
    },
}


def family_configuration(
    setup: str, data: str, *, size: str = "laptop", seed: int = 0, times: float = 1.0, changes: Changes | None = None
) -> "Configuration":
    """Return the configuration of a setup on a data set, with so many `times` the steps of the size's protocol.

    Raises:
        MissingExtra: torch is not installed.
        InputError: there is no such setup, data set or size.
    """
    if setup not in SETUPS:
        raise InputError(f"unknown setup {setup!r}; there are: {', '.join(SETUPS)}")
    if data not in OMEGAS:
        raise InputError(f"unknown data set {data!r}; there are: {', '.join(OMEGAS)}")
    with needs_extra("torch", "torch"):  # imported here, so that the studies can be listed without it
        from ligeia.latent.configuration import named
    row = SETUPS[setup]
    if size == "paper":
        config = named(f"{row.paper}+{data}", merged(row.at_paper, row.both, changes or {}))
    else:
        config = named(f"{row.laptop}+laptop_{data}", merged(row.changes, row.both, changes or {}))
    config = _for_sounds(config, setup, data, changes or {})
    steps = max(round(times * config.training.steps), 1)
    return replace(config, training=replace(config.training, seed=seed, steps=steps))


def merged(*all_changes: Changes) -> dict[str, dict[str, Any]]:
    """Return changes on top of each other, table by table."""
    tables: dict[str, dict[str, Any]] = {}
    for changes in all_changes:
        for table, values in changes.items():
            tables.setdefault(table, {}).update(values)
    return tables


def _for_sounds(config: "Configuration", setup: str, data: str, changes: Changes) -> "Configuration":
    """Return the configuration with what its decoder needs to know of a data set, where no change states it."""
    decoder, seconds = config.decoder, config.data.seconds
    first, hidden = SETUPS[setup].omegas or OMEGAS[data]
    if getattr(decoder, "activations", "") == "sine_first":
        first = SINE_FIRST[data]
    needed: dict[str, float] = {"first_omega": first * seconds, "coordinate_scale": seconds}
    if hasattr(decoder, "coordinate_scale"):
        needed["coordinate_scale"] *= decoder.coordinate_scale
    if decoder.kind != "hypernetwork":  # whose hidden layers start as SIREN's
        needed["hidden_omega"] = hidden
    if decoder.kind == "wavegan":
        needed["first"] = ceil(config.data.samples / prod(decoder.factors))  # type: ignore[attr-defined]
    stated = changes.get("decoder", {})
    found = {name: value for name, value in needed.items() if hasattr(decoder, name) and name not in stated}
    return replace(config, decoder=replace(decoder, **cast(dict[str, Any], found)))
