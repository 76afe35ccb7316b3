"""A sound becomes a stream: by the transform codec, by the siren, or by a dense network, fitted and quantised."""

from collections.abc import Mapping
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ligeia.arguments import check_type, checks_types, described
from ligeia.audio.given import Given, given_sound
from ligeia.audio.signal import Sound
from ligeia.audio.tags import check_tags
from ligeia.codec.container import Block, with_tags, write_block, write_header
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT, Bits
from ligeia.codec.phased.encoder import encode_phased
from ligeia.codec.settings import EncodeOptions, EncodeReport, EncodeSettings
from ligeia.codec.transform.encoder import TransformReport, encode_transform
from ligeia.codec.transform.presets import DEFAULT_QUALITY, LOW_RATE_KBPS, for_rate, lacks_low_rates
from ligeia.codec.transform.rate_control import Target
from ligeia.dsp.threads import one_blas_thread
from ligeia.errors import FitError, SettingsError, needs_extra
from ligeia.progress import OnProgress

if TYPE_CHECKING:
    from ligeia.inr import INR


@checks_types
def encode(
    sound: Given,
    preset: str | None = None,
    *,
    rate: float | None = None,
    settings: EncodeSettings | None = None,
    tags: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
    **options: Unpack[EncodeOptions],
) -> bytes:
    """Return a sound as a `.lig` stream.

    `sound` is an `Audio`, an opened recording, a path, a binary file, or samples (an array or list, `[time]` or
    `[channels, time]`) with their `rate` in Hz.

    `preset` says what matters: "speech", "music" or "waveform" (None: speech or music, as the sound seems to be; but
    waveform, the least bits for its error, where an SNR is the target). `kbps` is a rate (1000 bit/s), `snr_db` a
    signal-to-noise ratio to reach, `quality` goes from 0 to 10; without any of them the quality is 6. `options` are
    these and all other fields of `EncodeSettings`, such as another network; or `settings` says all of it. `tags` are
    stored beside the sound, such as {"title": "Night train"}; those of a recording are its `AudioFile.tags`. A rate
    counts the sound alone.

    Raises:
        TypeError: an argument is of another type, or samples come without a rate.
        InputError: the sound cannot be read or has no samples, or a tag is not valid.
        SettingsError: a setting is out of range or contradicts another.
        FitError: `snr_db` is out of reach, or the fit of a dense network diverged.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 20000], rate=8000)
        >>> stream = encode(tone, kbps=16)
        >>> len(stream) <= 1.02 * 16 * 125 * tone.seconds
        True
    """
    if settings is None:
        settings = EncodeSettings(preset=preset, **options)
    elif preset is not None or options:
        raise SettingsError(f"give settings, or {', '.join(options) or 'preset'}, not both")
    return encode_with_report(sound, settings, rate=rate, tags=tags, on_progress=on_progress)[0]


@checks_types
def encode_with_report(
    sound: Given,
    settings: EncodeSettings,
    *,
    rate: float | None = None,
    checkpoint: Path | str | None = None,
    tags: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport]:
    """Return the stream, and what encoding did; see `encode`.

    `checkpoint` names a folder from which the same call resumes after a crash.

    Raises:
        InputError: also where a checkpoint is named together with the lapped network, which needs none, or with a
            target SNR, which takes several fits.
    """
    tags, notes = check_tags(tags or {}), list[str]()
    network = settings.chosen_network
    if settings.network == "siren" and (checkpoint is not None or network == "dense"):
        why = ", ".join([*settings.of_descent, *(["checkpoint"] if checkpoint is not None else [])])
        network, notes = "dense", [f"{why}: of the siren that is fitted by gradient descent, the network dense"]
    if network != "dense":
        if checkpoint is not None:
            raise SettingsError(f"the {network} network takes little time: a checkpoint is for the network dense")
        encoded = _encode_transform if network == "lapped" else _encode_phased
        with one_blas_thread(), given_sound(sound, rate) as opened:
            stream, report = encoded(opened, settings, on_progress)
    else:
        with needs_extra("torch", "torch"):
            from ligeia.codec.parameters.encode import encode_dense

        with given_sound(sound, rate) as opened:
            stream, report = encode_dense(opened, settings, checkpoint=checkpoint, on_progress=on_progress)
    return with_tags(stream, tags) if tags else stream, replace(report, tags=tags, notes=(*report.notes, *notes))


def encode_inr(inr: "INR", bits: Bits = EXACT) -> bytes:
    """Return an INR as a stream; by default every parameter is stored as it is (float32).

    Raises:
        TypeError: `inr` is not an INR, or `bits` are not `Bits`.
        InputError: the INR cannot be stored.
    """
    if not (hasattr(inr, "spec") and hasattr(inr, "segments")):
        raise TypeError(f"inr must be an INR, got {described(inr)}; encode(sound) is for recordings")
    check_type("bits", bits, Bits)
    coding = ParameterCoding(bits)
    parts = [write_header(Header(inr.spec, inr.rate, inr.segments, coding))]
    for number in range(inr.segments.count):
        arrays = {name: value[number] for name, value in inr.parameters.items()}
        parts.append(write_block(Block(number, coding.pack(float(inr.gains[number]), arrays, inr.spec))))
    return b"".join(parts)


def _encode_transform(
    sound: Sound, settings: EncodeSettings, on_progress: OnProgress | None
) -> tuple[bytes, EncodeReport]:
    """Return the stream of the transform codec for a rate, an SNR or a quality."""
    choice, quality = settings.lapped_preset(sound), settings.quality
    if settings.kbps is None and settings.snr_db is None and quality is None:
        quality = DEFAULT_QUALITY
    preset = for_rate(choice.preset, settings.kbps, sound)
    target = Target(kbps=settings.kbps, snr_db=settings.snr_db, quality=quality)
    stream, done = encode_transform(sound, preset, target, on_progress)
    notes = _missed(sound, settings, done, len(stream))
    if settings.kbps is not None and lacks_low_rates(preset, settings.kbps, sound):
        notes += (
            f"speech below {LOW_RATE_KBPS:g} kbps a channel has a profile of its own at 16000 Hz, "
            f"which sounds better than {sound.rate} Hz: resample the recording first",
        )
    return stream, EncodeReport(
        done.snr_db, done.seconds, step=done.step, coefficients=done.coefficients, preset=preset.name,
        preset_reason=choice.reason, speech_likelihood=choice.speech, notes=notes,
    )  # fmt: skip


def _encode_phased(
    sound: Sound, settings: EncodeSettings, on_progress: OnProgress | None
) -> tuple[bytes, EncodeReport]:
    """Return the stream of the siren for a rate, an SNR or a quality."""
    quality = settings.quality
    if settings.kbps is None and settings.snr_db is None and quality is None:
        quality = DEFAULT_QUALITY
    target = Target(kbps=settings.kbps, snr_db=settings.snr_db, quality=quality)
    stream, done = encode_phased(sound, target, on_progress)
    notes = _missed(sound, settings, done, len(stream))
    report = EncodeReport(
        done.snr_db, done.seconds, step=done.step, coefficients=done.coefficients, preset="siren",
        preset_reason="the siren has no other", notes=notes,
    )  # fmt: skip
    return stream, report


MISSED = 0.02
"""Part of a rate by which a stream may miss it without a note."""


def _missed(sound: Sound, settings: EncodeSettings, done: TransformReport, size: int) -> tuple[str, ...]:
    """Return notes on a target that was missed; raise `FitError` where it was an SNR."""
    if settings.kbps is not None:
        return _missed_rate(settings.kbps, size * 8 * sound.rate / sound.sample_count / 1000, reached=done.reached)
    if done.reached:
        return ()
    if settings.snr_db is not None:
        if done.snr_db >= settings.snr_db or isnan(done.snr_db):
            return ()
        raise FitError(f"{settings.snr_db:g} dB is out of reach: the finest steps give {done.snr_db:.1f} dB")
    return (f"steps of exponent {done.step} are the finest in which this sound can be stored",)


def _missed_rate(wanted: float, found: float, *, reached: bool) -> tuple[str, ...]:
    """Return a note on a rate (1000 bit/s) that was missed, if it was."""
    if abs(found - wanted) <= MISSED * wanted:
        return ()
    if reached:
        return (f"{wanted:g} kbps was missed: of so short a sound the nearest is {found:.3g} kbps",)
    most = "at most, with the finest steps" if found < wanted else "at least"
    return (f"{wanted:g} kbps is out of reach for this sound and preset: it takes {found:.3g} kbps {most}",)
