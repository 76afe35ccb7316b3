"""Networks of a caller's own: fitted, rendered, stored exactly and quantised, and refused with the reason."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

import ligeia
from ligeia.codec.parameters.quantise import Bits
from ligeia.errors import FormatError, SettingsError
from ligeia.networks import BY_NAME, BY_WIRE_ID
from ligeia.networks.formula import Formula, dense_shapes, output_shapes, uniform
from ligeia.networks.registered import private_number, register, registered_names
from ligeia.networks.spec import NetworkSpec, not_stored

TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(1600) / 8000)


@dataclass(frozen=True, kw_only=True)
class Cosine(Formula):
    """One layer of cosines."""

    name: ClassVar[str] = "test-cosine"
    limits: ClassVar = {"width": (1, 512), "omega": (1e-3, 1e6)}

    width: int = 96
    omega: float = 200.0
    closed: bool = False
    spread: float = not_stored(1.0)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return dense_shapes([1, self.width]) | output_shapes(self.width, self.channels)

    def start(self, generator: Any, blocks: int) -> dict[str, Any]:
        return {name: uniform((blocks, *shape), self.spread, generator) for name, shape in self.shapes().items()}

    def features(self, numbers: Any, coordinates: Any, dtype: Any) -> Any:
        z = coordinates.unsqueeze(-1) @ numbers["weight_0"].to(coordinates.dtype)
        return (self.omega * (z + numbers["bias_0"].to(z.dtype).unsqueeze(1))).cos().to(dtype)


@pytest.fixture(autouse=True)
def forgotten():
    """What a test registers is not known to the next one."""
    yield
    for name in registered_names():
        del BY_WIRE_ID[BY_NAME.pop(name).wire_id]


@pytest.fixture
def fitted() -> ligeia.INR:
    register(Cosine)
    return ligeia.fit(TONE, rate=8000, network="test-cosine", steps=150, seed=1)


def test_it_is_known_by_name_and_number():
    assert register(Cosine) is Cosine
    assert registered_names() == ["test-cosine"]
    assert BY_NAME["test-cosine"] is BY_WIRE_ID[private_number("test-cosine")] is Cosine
    assert Cosine.wire_id == private_number("test-cosine") >= 2**16


def test_it_fits_and_differentiates(fitted):
    assert fitted.spec == Cosine()
    assert fitted.report["snr_db"] > 10
    step = 1e-5
    slope = (fitted([0.01 + step])[0, 0].astype(float) - fitted([0.01 - step])[0, 0]) / (2 * step)
    assert fitted.derivative([0.01])[0, 0] == pytest.approx(slope, rel=0.02)
    assert ligeia.fit(TONE, rate=8000, network=Cosine(width=8), steps=2).spec.width == 8
    assert ligeia.fit(TONE, rate=8000, network="test-cosine", width=9, omega=70.0, steps=2).spec == Cosine(
        width=9, omega=70.0
    )


def test_it_lies_in_streams_exactly(fitted):
    stream = ligeia.encode_inr(fitted)
    again = ligeia.decode(stream)
    assert again.spec == fitted.spec
    for name, value in fitted.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], value)
    np.testing.assert_array_equal(again.render().samples, fitted.render().samples)
    assert ligeia.inspect(stream).network == "test-cosine"


def test_it_lies_in_streams_quantised(fitted):
    exact, small = ligeia.encode_inr(fitted), ligeia.encode_inr(fitted, Bits(18, 8, 12))
    assert len(small) < 0.7 * len(exact)
    result = ligeia.score(reference=fitted.render(), estimate=ligeia.decode(small).render(), metrics=["snr"])
    assert result["snr"] > 30


def test_fields_that_are_not_the_defaults_are_stored(fitted):
    other = ligeia.fit(TONE, rate=8000, network=Cosine(width=5, omega=12.5, closed=True, spread=0.5), steps=1)
    assert ligeia.decode(ligeia.encode_inr(other)).spec == Cosine(width=5, omega=12.5, closed=True)


def test_a_program_without_it_says_which_number_is_missing(fitted):
    stream = ligeia.encode_inr(fitted)
    del BY_WIRE_ID[BY_NAME.pop("test-cosine").wire_id]
    for read in (ligeia.decode, ligeia.inspect):
        with pytest.raises(
            FormatError, match=f"network number {Cosine.wire_id}, a network of its maker's own: register"
        ):
            read(stream)


def test_another_process_has_to_register_it_too(fitted, tmp_path):
    (tmp_path / "a.lig").write_bytes(ligeia.encode_inr(fitted))
    code = f"import ligeia; ligeia.decode(open({str(tmp_path / 'a.lig')!r}, 'rb').read())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "register its class first" in done.stderr


def test_hostile_fields_are_refused_by_the_limits(fitted):
    from dataclasses import replace
    from zlib import crc32

    stream = bytearray(ligeia.encode_inr(replace(fitted, spec=Cosine(omega=31.0))))
    place = stream.index(b"\x3e")  # number(31) = 62
    stream[place] = 0  # an omega of 0
    end = place + 1
    stream[end : end + 4] = crc32(bytes(stream[:end])).to_bytes(4, "little")
    with pytest.raises(FormatError, match=r"omega must lie between 0\.001 and"):
        ligeia.decode(bytes(stream))


def test_running_a_cell_again_replaces_the_class():
    register(Cosine)
    second = type(
        "Cosine", (Cosine,), {"__module__": Cosine.__module__, "__qualname__": Cosine.__qualname__, "__doc__": "."}
    )
    second = dataclass(frozen=True, kw_only=True)(second)
    assert register(second) is BY_NAME["test-cosine"] is second


def changed(**attributes: Any) -> type:
    made = type("Changed", (Cosine,), {"__module__": __name__, **attributes})
    return dataclass(frozen=True, kw_only=True)(made)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"name": "siren"}, "there is a network siren already"),
        ({"name": "Two Words"}, "is not a valid name"),
        ({"name": 3}, "is not a valid name"),
        ({"name": "x", "limits": {"width": (1, 9)}}, "omega of Changed needs its least and greatest value"),
        ({"name": "x", "limits": {**Cosine.limits, "omega": (-1, 1)}}, "0 or more"),
        ({"name": "x", "mode": "a", "__annotations__": {"mode": str}}, "mode of Changed must have a number"),
        ({"name": "x", "block_samples": 32}, "blocks of its own length"),
        ({"name": "x", "part": lambda self, name: "middle"}, "'middle' is not a valid part"),
    ],
)
def test_what_cannot_be_registered(attributes, says):
    with pytest.raises(SettingsError, match=says):
        register(changed(**attributes))
    assert not registered_names()


def test_networks_of_the_format_keep_their_numbers():
    from ligeia.networks import Siren

    for spec in (Siren, dataclass(frozen=True, kw_only=True)(type("Siren", (Siren,), {"name": "other"}))):
        with pytest.raises(SettingsError, match="has its number already, 1"):
            register(spec)
    assert BY_NAME["siren"] is BY_WIRE_ID[1] is Siren


def test_what_is_no_network():
    for value in (None, 3, "siren", dict, Cosine()):
        with pytest.raises(TypeError, match="derives from NetworkSpec"):
            register(value)
    with pytest.raises(SettingsError, match="must be a frozen dataclass"):
        register(type("Bare", (Cosine,), {"name": "bare"}))
    unfinished = type("Unfinished", (NetworkSpec,), {"name": "unfinished"})
    with pytest.raises(SettingsError, match="lacks module, part, shapes"):
        register(dataclass(frozen=True, kw_only=True)(unfinished))


def test_a_module_of_the_callers_own():
    class Own(torch.nn.Module):
        pass

    Own.__init__ = lambda self, spec, *, blocks, seed: torch.nn.Module.__init__(self)  # type: ignore[assignment]
    sys.modules[__name__].Own = Own  # type: ignore[attr-defined]
    spec = type("WithModule", (Cosine,), {"module": property(lambda self: f"{__name__}:Own"), "__module__": __name__})
    assert isinstance(dataclass(frozen=True, kw_only=True)(spec)().build(), Own) or __name__ not in sys.modules
