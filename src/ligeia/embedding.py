"""`ligeia.embed`: a recording becomes functions with a trained model of any kind."""

from pathlib import Path
from typing import TypedDict, Unpack

from ligeia.arguments import checks_types
from ligeia.audio.given import Given, given_sound
from ligeia.codec.family.finding import find_family, is_named_family
from ligeia.errors import SettingsError, needs_extra
from ligeia.inr import INR
from ligeia.progress import OnProgress


class EmbedOptions(TypedDict, total=False):
    """Options of `embed`."""

    refine: int
    """Gradient steps on what a hypernetwork has written."""
    ratio: float | None
    """Samples for each number of a function of atoms."""
    seed: int
    """Start of the random numbers."""
    device: str
    """ "auto", "cpu" or "cuda"."""


@checks_types
def embed(
    sound: Given,
    model: Path | str = "hypersound",
    *,
    rate: float | None = None,
    on_progress: OnProgress | None = None,
    **options: Unpack[EmbedOptions],
) -> INR:
    """Return the function of a sound that a trained model gives.

    `sound` is an `Audio`, an opened recording, a path, a binary file, or samples with their `rate` in Hz. `model` is a
    file or the name of a model that comes with the package: a hypernetwork, a dictionary of atoms, or a family of
    sounds. The function has the duration of the sound and the model's rate. `refine`, `ratio` and `device` are for
    the first two kinds: see `hypersound.embed`.

    Raises:
        TypeError: an argument is of another type, or samples come without a rate.
        InputError: the sound has no samples, there is no such model, or a setting does not suit it.
        FitError: torch failed.
        MissingExtra: the model needs torch, which is not installed.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.3, 0.0, -0.3] * 2000], rate=8000)
        >>> embed(tone, "notes").render(rate=48000).seconds
        1.0
    """
    if is_named_family(model):
        if options.get("refine") or options.get("ratio") is not None or options.get("device", "auto") != "auto":
            raise SettingsError(f"{model} is a family of sounds, which has no use for refine, ratio or device")
        from ligeia.latent.embedding import embed_inr

        with given_sound(sound, rate) as opened:
            return embed_inr(opened, find_family(model), seed=options.get("seed", 0), on_progress=on_progress)
    with needs_extra("torch", "torch"):
        from ligeia.hypersound.embed import embed as write

    with given_sound(sound, rate) as opened:
        return write(opened, model, on_progress=on_progress, **options)
