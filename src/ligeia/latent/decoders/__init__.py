"""Decoders of families: `DECODERS` is the one table of kinds; a kind is imported when it is first built."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from ligeia.codec.family.settings import DecoderSettings, settings_kind
from ligeia.errors import InputError, needs_extra

if TYPE_CHECKING:
    from ligeia.latent.decoders.decoder import Decoder


@dataclass(frozen=True)
class DecoderKind:
    """One kind of decoder: where it is, and how to build one."""

    name: str
    module: str
    """"file:Class" in this package."""

    @property
    def settings(self) -> type[DecoderSettings]:
        """The class of its settings."""
        return settings_kind(self.name)

    def __call__(self, settings: DecoderSettings, samples: int, seed: int = 0) -> "Decoder":
        """A freshly initialised decoder of items of `samples` samples; the same seed gives the same numbers.

        Raises:
            InputError: the settings are not of this kind.
            MissingExtra: torch is not installed.
        """
        if not isinstance(settings, self.settings):
            raise InputError(f"{type(settings).__name__} are not settings of a {self.name!r} decoder")
        file, _, name = self.module.partition(":")
        with needs_extra("torch", "torch"):
            home = import_module(f"ligeia.latent.decoders.{file}")
        decoder: Decoder = getattr(home, name)(settings, samples=samples, seed=seed)
        return decoder


DECODERS: dict[str, DecoderKind] = {
    "film": DecoderKind("film", "film:FilmDecoder"),
    "lapped": DecoderKind("lapped", "lapped:LappedDecoder"),
    "concatenation": DecoderKind("concatenation", "concatenation:ConcatenationDecoder"),
    "im_net": DecoderKind("im_net", "im_net:ImNetDecoder"),
    "hypernetwork": DecoderKind("hypernetwork", "hypernetwork:HypernetworkDecoder"),
    "wavegan": DecoderKind("wavegan", "wavegan:WaveGanDecoder"),
    "multiplicative": DecoderKind("multiplicative", "multiplicative:MultiplicativeDecoder"),
    "parallel": DecoderKind("parallel", "parallel:ParallelDecoder"),
}


def decoder_kind(name: str) -> DecoderKind:
    """Return the kind of decoder called `name`.

    Raises:
        InputError: there is none of this name.
    """
    if name not in DECODERS:
        raise InputError(f"unknown decoder {name!r}; there are: {', '.join(DECODERS)}")
    return DECODERS[name]
