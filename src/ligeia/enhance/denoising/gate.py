"""The stationary spectral gate: silence whatever is not clearly louder than a noise, frequency by frequency.

The numbers are those of noisereduce 3.0.3 (or 2.0.1; Sainburg) in its stationary mode, found by measuring its outputs:
levels in dB of a Hann transform; a threshold for each frequency, mean plus 1.5 standard deviations of the noise's
levels; a mask, 1 where the sound is above it; the mask smoothed by triangles over 500 Hz and 50 ms; and back.

What is the same, chunks and padding included, and what is not, where noisereduce refuses or stumbles:

- The profile is taken from at most one chunk of the noise; several channels of noise are averaged to one.
- A noise shorter than `n_fft` is extended by zeros here (3.0.3 changes its window, or refuses).
- Where the rate is so low that `smooth_seconds` is less than a hop, 3.0.3 refuses; here the mask is smoothed over
  frequencies only and renormalised. Where `smooth_hz` is less than a bin it is smoothed over time only.
- Samples are float32 on both sides; as there, a noise is transformed in single precision, a sound in double.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.enhanced import Enhanced
from ligeia.enhance.pieces import Prepared, Samples, on_grid
from ligeia.errors import SettingsError

Reals = NDArray[np.float64]
Spectra = NDArray[np.complex128]
"""`[n_fft // 2 + 1, frames]`, divided by the sum of the window."""

RANGE_DB = 80.0
"""Levels are floored this far below the loudest."""
LEAST_V2 = 1e-20
"""The least magnitude (of a transform that is not divided by anything) whose level 2.0.1 tells from silence."""
LONGEST = 1 << 28
"""Most samples that a chunk, its padding or a transform may have."""


def require(condition: bool, message: str) -> None:
    """Refuse a setting.

    Raises:
        InputError: `condition` is false; `message` is its text.
    """
    if not condition:
        raise SettingsError(message)


@dataclass(frozen=True, kw_only=True)
class GateConfig:
    """The settings of the gate; the defaults are those of noisereduce 3.0.3.

    Raises:
        InputError: a setting is out of range.
    """

    convention: Literal["v3", "v2"] = "v3"
    """Levels are floored 80 dB below the loudest of the same frequency ("v3"), or of all frequencies ("v2": 2.0.1)."""
    edges: Literal["zero", "reflect"] = "zero"
    """The extension beyond the ends: zeros, or the mirror image (2.0.1 with a librosa before 0.9). It matters for the
    noise alone, because chunks are padded."""
    n_fft: int = 1024
    """Samples of a transform and of its Hann window; even."""
    hop: int = 256
    """Samples from one frame to the next; half of `n_fft` at most."""
    threshold_std: float = 1.5
    """Standard deviations above the noise's mean level, both in dB, a sound must be to get through."""
    prop_decrease: float = 1.0
    """Share of the amplitude that is taken away where a sound does not get through: 1 all, 0 nothing."""
    smooth_hz: float = 500.0
    """Half-width in Hz of the triangle that smooths the mask over frequencies, rounded down to whole bins."""
    smooth_seconds: float = 0.05
    """Half-width in seconds of the triangle that smooths the mask over time, rounded down to whole hops."""
    renormalise: bool = False
    """True to keep the level of the mask at both ends of the spectrum; noisereduce lets it fade to half there, over
    `smooth_hz`, even where nothing is gated."""
    chunk: int = 600_000
    """Samples that are gated at a time, and the most that are taken from the noise; it bounds the memory."""
    padding: int = 30_000
    """Samples before and after a chunk that are gated with it and thrown away; zeros beyond the ends of the sound."""

    def __post_init__(self) -> None:
        require(self.convention in ("v3", "v2"), f"convention must be v3 or v2, got {self.convention!r}")
        require(self.edges in ("zero", "reflect"), f"edges must be zero or reflect, got {self.edges!r}")
        for name in ("n_fft", "hop", "chunk", "padding"):
            value = getattr(self, name)
            require(
                isinstance(value, int) and 1 <= value <= LONGEST, f"{name} must be a number of samples, got {value}"
            )
        require(self.n_fft >= 4 and self.n_fft % 2 == 0, f"n_fft must be even and 4 at least, got {self.n_fft}")
        require(self.hop <= self.n_fft // 2, f"hop must be {self.n_fft // 2} at most (half of n_fft), got {self.hop}")
        for name in ("chunk", "padding"):
            value = getattr(self, name)
            require(value >= self.n_fft, f"{name} must be {self.n_fft} at least (n_fft), got {value}")
        require(0 <= self.prop_decrease <= 1, f"prop_decrease must lie between 0 and 1, got {self.prop_decrease}")
        require(abs(self.threshold_std) <= 1e6, f"threshold_std must be a finite number, got {self.threshold_std}")
        for name in ("smooth_hz", "smooth_seconds"):
            value = getattr(self, name)
            require(0 <= value <= 1e9, f"{name} must not be negative or infinite, got {value}")


DEFAULTS = GateConfig()
"""noisereduce 3.0.3."""
SIAMESE = GateConfig(convention="v2")
"""noisereduce 2.0.1 with librosa 0.10.0, as in the code of Siamese SIREN (2023)."""


def spectral_gate(audio: Audio, *, noise: Audio | None = None, config: GateConfig = DEFAULTS) -> Enhanced:
    """Silence whatever in `audio` is not clearly louder, at its frequency, than `noise`.

    `noise` is any length of the noise alone, at the same rate; its level counts, its channels are averaged. Without it
    the profile is taken from `audio` itself, which gates quiet parts of the sound too. The result is as long as
    `audio`. Gating can make a sound worse: where the original is known, see `siamese.post_filter`.

    The report holds `bins` and `frames`, the half-widths of the smoothing, `noise_seconds`, which the profile was taken
    from, and `gain_db`, by how much the energy changed (None where either is silent).

    Raises:
        InputError: the noise has another rate than the sound, or no samples.

    Example:
        >>> hiss = np.random.default_rng(0).uniform(-0.01, 0.01, 16000)
        >>> tone = np.where(np.arange(16000) < 8000, np.sin(np.arange(16000) / 5), 0)
        >>> gated = spectral_gate(Audio((tone + hiss)[None], 8000), noise=Audio(hiss[None, ::-1], 8000)).audio
        >>> bool(np.abs(gated.samples[0, 9000:]).max() < 0.002)
        True
    """
    profiled = _checked_noise(audio, noise)
    gated = np.zeros_like(audio.samples)
    if audio.sample_count:
        thresholds = _thresholds(profiled, config)
        smoother = MaskSmoother(audio.rate, config)
        for channel, out in zip(audio.samples, gated, strict=True):
            _gate_channel(channel, out, thresholds, smoother)
    return Enhanced(Audio(gated, audio.rate), _report(audio, gated, noise, config))


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Make the gate ready for `sound`: the profile is that of `settings.noise`, else of the sound's first chunk."""
    config = DEFAULTS
    noise = _checked_noise(Audio(sound.read(0, config.chunk), sound.rate), settings.noise)
    thresholds, smoother = _thresholds(noise, config), MaskSmoother(sound.rate, config)

    def process(samples: Samples) -> Samples:
        gated = np.zeros_like(samples)
        for channel, out in zip(samples, gated, strict=True):
            _gate_channel(channel, out, thresholds, smoother)
        return gated

    findings = {
        "profile": "the sound itself" if settings.noise is None else "noise",
        "noise_seconds": min(noise.sample_count, config.chunk) / noise.rate,
    }
    context = 2 * config.n_fft / sound.rate + config.smooth_seconds
    return on_grid(Prepared(process=process, context_seconds=context, findings=findings), sound.rate, config.hop)


def _checked_noise(audio: Audio, noise: Audio | None) -> Audio:
    """Return the sound that the profile is taken from."""
    if noise is None:
        return audio
    require(noise.rate == audio.rate, f"the noise has {noise.rate} Hz and the sound {audio.rate} Hz: resample one")
    require(noise.sample_count > 0, "the noise has no samples; leave it out to take the profile from the sound")
    return noise


class MaskSmoother:
    """The mask's kernel, its separable weights `[2 bins + 1]` and `[2 frames + 1]` cut to what can matter."""

    def __init__(self, rate: int, config: GateConfig) -> None:
        self.config = config
        bins, frames = half_widths(rate, config)
        rows = config.n_fft // 2 + 1
        over_frequency = _triangle(bins, rows - 1)
        over_time = _triangle(frames, (config.chunk + 2 * config.padding) // config.hop)
        self.kernel = np.outer(over_frequency, over_time)
        fades = np.convolve(np.ones(rows), over_frequency)[len(over_frequency) // 2 :][:rows]
        renormalise = config.renormalise or frames < 1
        self.divisor = fades[:, None] if renormalise else np.ones((1, 1))

    def __call__(self, mask: Reals) -> Reals:
        """Return the smoothed mask `[bins, frames]`."""
        from scipy.signal import fftconvolve

        return np.asarray(fftconvolve(mask, self.kernel, mode="same") / self.divisor)


def half_widths(rate: int, config: GateConfig = DEFAULTS) -> tuple[int, int]:
    """Return the half-widths of the smoothing at `rate` Hz, bins and frames; a triangle of n spans 2 n + 1 of them.

    Example:
        >>> half_widths(22050)
        (11, 4)
    """
    bins = int(config.smooth_hz / (rate / (config.n_fft / 2)))
    frames = int(1000 * config.smooth_seconds / (1000 * config.hop / rate))
    return bins, frames


def _triangle(half: int, reach: int) -> Reals:
    """Return the weights (half + 1 - |j|) / (half + 1)^2, whose sum is 1, of j from -half to half, cut at +-reach."""
    furthest = min(half, reach)
    return np.asarray((half + 1.0 - np.abs(np.arange(-furthest, furthest + 1))) / (half + 1.0) ** 2)


def _thresholds(noise: Audio, config: GateConfig) -> Reals:
    """Return the levels in dB `[n_fft // 2 + 1, 1]` that a sound must exceed."""
    mean = noise.read(0, config.chunk).mean(axis=0)  # single precision, as theirs: it decides about levels that tie
    levels = _levels(transformed(mean, config), config)
    return np.asarray(levels.mean(axis=1) + config.threshold_std * levels.std(axis=1))[:, None]


def _gate_channel(
    channel: NDArray[np.float32], out: NDArray[np.float32], thresholds: Reals, smoother: MaskSmoother
) -> None:
    """Write to `out` the gated `channel`, both `[time]`, chunk by chunk."""
    config = smoother.config
    for start in range(0, len(channel), config.chunk):
        stop = min(start + config.chunk, len(channel))
        padded = with_neighbours(channel, start - config.padding, stop + config.padding)
        spectra = transformed(padded, config)
        mask = np.where(_levels(spectra, config) > thresholds, 1.0, 1.0 - config.prop_decrease)
        out[start:stop] = synthesised(spectra * smoother(mask), config)[config.padding :][: stop - start]


def with_neighbours(channel: NDArray[np.float32], start: int, stop: int) -> Reals:
    """Return samples `start:stop`, zeros where there are none."""
    inside = channel[max(start, 0) : stop].astype(np.float64)
    return np.pad(inside, (max(-start, 0), max(stop - len(channel), 0)))


def transformed(signal: NDArray[np.floating[Any]], config: GateConfig) -> Spectra:
    """Return the short-time Fourier transform; frame m is centred at sample m hop."""
    from scipy.signal import stft

    half, overlap = config.n_fft // 2, config.n_fft - config.hop
    extended = np.pad(signal, half, mode="constant" if config.edges == "zero" else "reflect")
    spectra = stft(extended, nperseg=config.n_fft, noverlap=overlap, boundary=None, padded=False)[2]
    return np.asarray(spectra)


def synthesised(spectra: Spectra, config: GateConfig) -> Reals:
    """Invert `transformed`; the result is up to a hop shorter."""
    from scipy.signal import istft

    return np.asarray(istft(spectra, nperseg=config.n_fft, noverlap=config.n_fft - config.hop)[1])


def _levels(spectra: Spectra, config: GateConfig) -> Reals:
    """Return levels in dB, floored 80 dB below the loudest frame of the same frequency, or below the loudest of all."""
    magnitudes = np.abs(spectra)
    if config.convention == "v2":
        window_sum = config.n_fft / 2
        levels = 20 * np.log10(np.maximum(window_sum * magnitudes, LEAST_V2))
        return np.asarray(np.maximum(levels, levels.max() - RANGE_DB))
    levels = 20 * np.log10(magnitudes + np.finfo(np.float64).eps)
    return np.asarray(np.maximum(levels, levels.max(axis=1, keepdims=True) - RANGE_DB))


def _report(audio: Audio, gated: NDArray[np.float32], noise: Audio | None, config: GateConfig) -> dict[str, Any]:
    bins, frames = half_widths(audio.rate, config)
    profiled = audio if noise is None else noise
    return {
        "method": "spectral_gate",
        "config": asdict(config),
        "profile": "the sound itself" if noise is None else "noise",
        "noise_seconds": min(profiled.sample_count, config.chunk) / profiled.rate,
        "bins": bins,
        "frames": frames,
        "gain_db": _gain_db(audio.samples, gated),
    }


def _gain_db(before: NDArray[np.float32], after: NDArray[np.float32]) -> float | None:
    energies = [float(np.sum(np.square(samples, dtype=np.float64))) for samples in (before, after)]
    return float(10 * np.log10(energies[1] / energies[0])) if all(energies) else None
