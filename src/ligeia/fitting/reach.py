"""The reach of a network: how high its frequencies go, in Hz, and warnings where that does not suit a clip.

The papers give frequencies as omega, which means another number of Hz in every duration: omega 3000 reaches 955 Hz in
one second, and 95 Hz in ten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.fitting.batches import possible_stride
from ligeia.fitting.plan import Plan
from ligeia.fitting.spectral import left_out
from ligeia.networks.coordinates import hz_to_omega, omega_to_hz, span_seconds
from ligeia.networks.siren import Siren
from ligeia.networks.spec import NetworkSpec

SHARE = 0.999
"""The part of the energy that counts as all of it (30 dB)."""
FRAME = 4096
"""Samples that are transformed at a time, at most."""
MAX_FRAMES = 512
"""Number of frames, evenly over its duration, that are examined in a long sound."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Energy `[bins]` at the frequencies `hz [bins]`, rising from 0 to half the rate."""

    hz: NDArray[np.float64]
    energy: NDArray[np.float64]

    @property
    def limit(self) -> float:
        """The highest frequency that samples at this rate can hold, in Hz."""
        return float(self.hz[-1])

    def edge(self, share: float = SHARE) -> float | None:
        """The frequency in Hz below which this `share` of the energy lies; None for silence.

        Example:
            >>> Spectrum(np.array([0.0, 100.0, 200.0]), np.array([0.0, 1.0, 0.0])).edge()
            100.0
        """
        below = np.cumsum(self.energy)
        if below[-1] <= 0:
            return None
        return float(self.hz[np.searchsorted(below, share * below[-1])])


def spectrum_of(sound: Sound) -> Spectrum:
    """The spectrum of a sound, all channels together, in bounded time and memory.

    Example:
        >>> from ligeia.audio.signal import Audio
        >>> tone = Audio(np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)[None], rate=8000)
        >>> round(spectrum_of(tone).edge())
        443
    """
    size = min(sound.sample_count, FRAME)
    window = np.hanning(size + 2)[1:-1]
    starts = np.linspace(0, sound.sample_count - size, min(-(-sound.sample_count // size), MAX_FRAMES)).astype(int)
    energy = np.zeros(size // 2 + 1)
    for start in starts.tolist():
        frames = sound.read(start, start + size) * window
        energy += np.square(np.abs(np.fft.rfft(frames))).sum(axis=0)
    return Spectrum(np.linspace(0, sound.rate / 2, len(energy)), energy)


TOO_LOW, RIGHT, TOO_HIGH = 1 / 8, 1 / 4, 2.0
"""Reach of a first layer with others behind it that is too low, best, and too high, as a part of the highest frequency
of the clip. The layers behind make harmonics; and what starts too high learns noise.

In short fits of three clips (0.75 s, 4 layers of 96 units, 150 steps) a quarter was best; an eighth cost 1 to 7 dB, a
sixteenth 3 to 15 dB; at the whole and at twice that, speech was not learned at all. Our own recipe fits a tone of 440
Hz with 44 dB where it reaches 400 Hz, with 24 dB at 1600 Hz and 13 dB at 3200 Hz.
"""


@dataclass(frozen=True)
class Reach:
    """The highest frequency of a first layer at the start, and the field that sets it."""

    omega: float
    """Radians per unit of the coordinate."""
    field: str
    """Name of the field of the spec."""
    value: float
    """Its value: the reach is proportional to it, or doubles with each octave."""
    last: bool = False
    """True where nothing behind the first layer makes harmonics of it."""
    spans: bool = False
    """True where all lower frequencies are there too, however high the reach."""

    def change(self, omega: float) -> str:
        """The change of the field that makes the first layer reach `omega`."""
        if self.field == "octaves":
            return f"octaves from {self.value:g} to {max(self.value + ceil(log2(omega / self.omega)), 1):g}"
        return f"{self.field} from {self.value:g} to about {float(f'{self.value * omega / self.omega:.2g}'):g}"

    def limits(self, spectrum: Spectrum, edge: float) -> tuple[float, float, float]:
        """The reach in Hz that is too low, the right one, and the one that is too high, for energy up to `edge` Hz."""
        too_low, right = (1.0, 1.0) if self.last else (TOO_LOW, 1.0 if self.spans else RIGHT)
        return too_low * edge, right * edge, TOO_HIGH * (spectrum.limit if self.spans else edge)


def reach_of(spec: NetworkSpec) -> Reach | None:
    """The reach of the first layer of a fresh network, None for networks of other kinds."""
    octaves = getattr(spec, "octaves", 0)
    if octaves:
        return Reach(pi * 2.0 ** (octaves - 1) * getattr(spec, "coordinate_scale", 1.0), "octaves", octaves, spans=True)
    of_kind = _REACH.get(spec.name)
    return None if of_kind is None else of_kind(spec)


def reach_warning(spec: NetworkSpec, span_seconds: float, spectrum: Spectrum) -> str | None:
    """A warning of a reach that does not suit a clip, with the change that helps; None where it suits.

    The clip goes as far as 99.9 % of its energy. A first layer is too low below an eighth of that, as the layers behind
    make harmonics (below the whole, where there are none), and too high above twice that. Octaves and other full rows
    of harmonics hold all lower frequencies too: they are too high above twice half the rate.

    Example:
        >>> import numpy as np
        >>> from ligeia.networks import Siren
        >>> tone = Spectrum(np.array([0.0, 4000.0, 8000.0]), np.array([0.0, 1.0, 0.0]))
        >>> reach_warning(Siren(first_omega=3000.0), 10.0, tone).split(": ")[1]
        'raise first_omega from 3000 to about 31000, or cut shorter blocks'
    """
    reach, edge = reach_of(spec), spectrum.edge()
    if reach is None or not edge:
        return None
    highest = omega_to_hz(reach.omega, span_seconds)
    too_low, right, too_high = reach.limits(spectrum, edge)
    if too_low <= highest <= too_high:
        return None
    change = reach.change(hz_to_omega(right, span_seconds))
    cure = f"raise {change}, or cut shorter blocks" if highest < too_low else f"lower {change}"
    facts = f"the first layer reaches {in_hz(highest)}, the clip {in_hz(edge)} ({SHARE:.1%} of its energy lies below)"
    return f"{facts}: {cure}"


def in_hz(hz: float) -> str:
    """A frequency for people.

    Example:
        >>> in_hz(95.49), in_hz(7900)
        ('95 Hz', '7.9 kHz')
    """
    if hz >= 1000:
        return f"{hz / 1000:.1f} kHz"
    return f"{hz:.0f} Hz" if hz >= 10 else f"{hz:.2g} Hz"


def _siren(spec: Siren) -> Reach:
    """Weights drawn from U(±bound), with Gaussian noise on top of which two standard deviations count."""
    last = spec.depth == 1
    if spec.fixed_first:
        omega = spec.fixed_first * spec.first_omega * spec.coordinate_scale
        return Reach(omega, "fixed_first", spec.fixed_first, last)
    bound, field, value = 1.0, "first_omega", spec.first_omega
    if spec.init.first_like_hidden:
        bound, field, value = 6**0.5 / spec.first_omega, "coordinate_scale", spec.coordinate_scale
    elif spec.init.first_bound is not None:
        bound, field, value = spec.init.first_bound, "init.first_bound", spec.init.first_bound
    omega = (bound + 2 * spec.init.noise[0]) * spec.first_omega * spec.coordinate_scale
    return Reach(omega, field, value, last)


def _twins(spec: Any) -> Reach:
    return Reach(spec.omega(0), "first_omega" if spec.shared_depth else "hidden_omega", spec.omega(0))


def _finer(spec: Any) -> Reach:
    omega = spec.first_omega * (2 * spec.first_bias_scale + 3)
    return Reach(omega, "first_omega", spec.first_omega, spec.depth == 1)


def _windowed(spec: Any) -> Reach:
    """Windowed sines have all frequencies up to half the rate, bent or not."""
    return Reach(pi / 2 * spec.block_samples, "frame_size", spec.frame_size, last=True, spans=True)


_REACH: dict[str, Callable[[Any], Reach]] = {
    "siren": _siren,
    "siamese": _twins,
    "siamese-relu": _twins,
    "film": lambda spec: Reach(
        spec.first_omega * spec.coordinate_scale, "first_omega", spec.first_omega, spec.depth == 1
    ),
    "finer": _finer,
    "wire": lambda spec: Reach(spec.first_omega, "first_omega", spec.first_omega, spec.depth == 1),
    "kan": lambda spec: Reach(pi * spec.turns * spec.first_grid, "first_grid", spec.first_grid, spans=True),
    "mfn": lambda spec: Reach(spec.reach, "reach", spec.reach, last=True),
    "parallel": lambda spec: Reach(spec.first_bound, "first_bound", spec.first_bound, spec.depth == 1),
    "lapped": _windowed,
    "phased": _windowed,
    "local": lambda spec: Reach(spec.first_bound / spec.reach, "first_bound", spec.first_bound, spec.depth == 1),
}
"""Networks that see the coordinate itself, by name."""


def plan_warnings(plan: Plan, sound: Sound) -> list[str]:
    """Reasons against fitting `sound` as `plan` says, one sentence each."""
    length = plan.segments.length
    span = span_seconds(length, plan.rate, closed=plan.spec.closed_grid)
    warnings = [reach_warning(plan.spec, span, spectrum_of(sound))]
    warnings += left_out(plan.config, length // possible_stride(length, plan.config))
    return [warning for warning in warnings if warning is not None]
