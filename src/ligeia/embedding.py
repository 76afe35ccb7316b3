"""`ligeia.embed`: a recording becomes functions with a trained model of any kind."""

from pathlib import Path

from ligeia.audio.signal import Sound
from ligeia.codec.family.finding import find_family, is_named_family
from ligeia.errors import InputError, needs_extra
from ligeia.inr import INR
from ligeia.progress import OnProgress


def embed(
    sound: Sound,
    model: Path | str = "hypersound",
    *,
    refine: int = 0,
    ratio: float | None = None,
    seed: int = 0,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> INR:
    """Return the function of a sound that a trained model gives.

    `model` is a file or the name of a model that comes with the package: a hypernetwork, a dictionary of atoms, or a
    family of sounds. The function has the duration of the sound and the model's rate. `refine`, `ratio` and `device`
    are for the first two kinds: see `hypersound.embed`.

    Raises:
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
        if refine or ratio is not None or device != "auto":
            raise InputError(f"{model} is a family of sounds, which has no use for refine, ratio or device")
        from ligeia.latent.embedding import embed_inr

        return embed_inr(sound, find_family(model), seed=seed, on_progress=on_progress)
    with needs_extra("torch", "torch"):
        from ligeia.hypersound.embed import embed as write

    return write(sound, model, refine=refine, ratio=ratio, seed=seed, device=device, on_progress=on_progress)
