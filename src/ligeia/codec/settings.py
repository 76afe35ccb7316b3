"""What `encode` is asked for, and which of it goes together."""

from dataclasses import dataclass

from ligeia.audio.signal import Sound
from ligeia.codec.parameters import presets as siren
from ligeia.codec.transform import presets as lapped
from ligeia.errors import InputError
from ligeia.networks import spec_named

MIN_KBPS, MAX_KBPS = 0.1, 100_000.0
NETWORKS = {"lapped": tuple(lapped.BY_NAME), "siren": tuple(siren.BY_NAME)}
"""The networks that `encode` knows, the default first, and their presets."""


@dataclass(frozen=True, kw_only=True)
class EncodeSettings:
    """What `encode` is asked for, as plain data.

    Raises:
        InputError: a value is out of range, or two of them contradict each other.
    """

    network: str | None = None
    """"lapped" or "siren"; None: that of the preset, "lapped" where none is named."""
    preset: str | None = None
    """Name of the preset that decides what nothing else says: "speech", "music" or "waveform" of the lapped network
    (None: the likely one, see `likely_preset`), "draft", "standard" or "fine" of the siren (None: "standard")."""
    kbps: float | None = None
    """Rate in 1000 bit/s: the lapped network comes to within 2 % of it in sounds of 5 s or more, the siren stays
    below it, as far as the smallest network allows."""
    quality: float | None = None
    """Size, 0 to 10: how fine the steps of the lapped network are (see `step_at`), or the siren's bits per sample
    (see `bits_per_sample`)."""
    snr_db: float | None = None
    """Signal-to-noise ratio to reach, with the smallest size that does (of the siren: on a ladder of sizes)."""
    width: int | None = None
    """Siren: units per layer, instead of the widest that the rate allows."""
    steps: int | None = None
    """Siren: optimiser steps, instead of the preset's."""
    seed: int = 0
    """Siren: where the random numbers start. (The lapped network needs none.)"""
    device: str = "auto"
    """Siren: "auto", "cpu" or "cuda"."""
    quantisation_aware: bool | None = None
    """Siren: let the last steps of the fit see its numbers as they will be stored (`fitting.quantised`; None: yes), or
    round them at the end.

    These steps take a quarter to a third longer: 3 to 5 % of the fit. In equal time two clips of speech neither gained
    nor lost with "draft" and "standard", and gained 0.4 dB with "fine"; a clip of Bach gained 1.4, 2.4 and 2.0 dB.
    """

    def __post_init__(self) -> None:
        self._check_network()
        if self.chosen_network == "lapped":
            self._check_lapped()
        if sum(value is not None for value in (self.kbps, self.quality, self.snr_db)) > 1:
            raise InputError("give one of kbps, quality and snr")
        if self.width is not None and (self.kbps, self.quality, self.snr_db) != (None, None, None):
            raise InputError("the width decides the size: give no kbps, quality or snr with it")
        if self.kbps is not None and not MIN_KBPS <= self.kbps <= MAX_KBPS:
            raise InputError(f"kbps must lie between {MIN_KBPS:g} and {MAX_KBPS:g}, got {self.kbps:g}")
        if self.quality is not None and not 0 <= self.quality <= 10:
            raise InputError(f"quality must lie between 0 and 10, got {self.quality}")
        if self.snr_db is not None and not -100 <= self.snr_db <= 200:
            raise InputError(f"snr must lie between -100 and 200 dB, got {self.snr_db:g}")

    @property
    def chosen_network(self) -> str:
        """ "lapped" or "siren"."""
        return self.network or ("siren" if self.preset in siren.BY_NAME else "lapped")

    def lapped_preset(self, sound: Sound) -> lapped.LappedPreset:
        """The preset of the lapped network for a sound."""
        return lapped.likely_preset(sound) if self.preset is None else lapped.BY_NAME[self.preset]

    @property
    def siren_preset(self) -> siren.Preset:
        """The siren's preset."""
        return siren.BY_NAME[self.preset or siren.DEFAULT]

    def siren_rate(self, sound: Sound) -> float:
        """Rate in 1000 bit/s that these settings stand for with the siren (the target SNR aside)."""
        if self.kbps is not None:
            return self.kbps
        quality = self.siren_preset.quality if self.quality is None else self.quality
        return siren.bits_per_sample(quality) * sound.rate * sound.channels / 1000

    def _check_network(self) -> None:
        """Whether network and preset are known, and known to each other."""
        known = [name for names in NETWORKS.values() for name in names]
        if self.preset is not None and self.preset not in known:
            raise InputError(f"unknown preset {self.preset!r}; there are: {', '.join(known)}")
        if self.network is None:
            return
        if self.network not in NETWORKS:
            name = spec_named(self.network).name
            raise InputError(
                f"encode knows the networks {' and '.join(NETWORKS)}; "
                f"`ligeia fit --network {name}` stores a {name} exactly"
            )
        if self.preset is not None and self.preset not in NETWORKS[self.network]:
            own = ", ".join(NETWORKS[self.network])
            raise InputError(
                f"the preset {self.preset} is not one of the network {self.network}, whose presets are {own}; "
                "leave the network out, and the preset decides"
            )

    def _check_lapped(self) -> None:
        given = {"width": self.width, "steps": self.steps, "quantisation_aware": self.quantisation_aware}
        for name, value in given.items():
            if value is not None:
                raise InputError(
                    f"{name} is a setting of the siren, and the lapped network is solved without an optimiser: "
                    "name the network siren, or leave the setting out"
                )
