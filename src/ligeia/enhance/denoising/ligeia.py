"""Method `ligeia`, the default: of speech, the suppressor keeps the speech; any other sound goes through shrinkage.

Which of the two it is, is decided once for a recording, and told in the report. Two judges must agree that it is
speech, as music in the suppressor loses far more than speech in shrinkage: what the suppressor leaves of some seconds
of it (`suppressor/recognition.py`), and what moves in it as speech does (`material.py`). Who knows better names the
method: `suppressor` or `shrinkage`.
"""

from typing import Any

from ligeia.audio.signal import Sound
from ligeia.enhance.denoising import shrinkage
from ligeia.enhance.denoising.material import material_of
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.suppressor import method as suppressor
from ligeia.enhance.denoising.suppressor.recognition import recognise
from ligeia.enhance.pieces import Prepared

DOUBT = -1.0
"""Logarithm of the odds for speech below which the second judge objects; the first alone takes one piece of music in
ten for speech."""


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Return the method that suits a recording, ready for it.

    Raises:
        InputError: the noise has another rate than the sound, or no samples.
    """
    suppression = suppressor.ready(sound, settings)
    if suppression is None:
        return suppressor.prepare(sound, settings)
    verdict = recognise(sound, suppression)
    odds = material_of(sound).score if verdict.is_speech else None
    is_speech = odds is not None and odds > DOUBT
    if is_speech:
        chosen, name = suppressor.prepared(sound, suppression), "suppressor"
    else:
        chosen, name = shrinkage.prepare(sound, settings), "shrinkage"
    facts: dict[str, Any] = {
        "by": name,
        "speech": is_speech,
        "signs": {
            "soft_share": verdict.soft_share,
            "spread": verdict.spread,
            "kept": verdict.kept,
            "log_odds": odds,
        },
    }
    chosen.findings.update(facts)
    return chosen
