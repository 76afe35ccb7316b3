"""Score: another recording of the session against this one, brought to its rate and place so that both can be heard."""

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.metrics.alignment import earlier
from ligeia.metrics.score import ScoreRecipe, score
from ligeia.metrics.table import DEFAULT
from ligeia.progress import Progress
from ligeia.server.tasks.task import Made, Order, ending_of, write_floats


def make(order: Order) -> Made:
    """Return the other recording as it is compared: at the reference's rate, moved back by its delay, as long."""
    assert order.other is not None
    on_progress = order.part(0.0, 1.0)
    on_progress(Progress(done=0.0, elapsed=0.0, stage="aligning"))
    reference = Audio(order.sound.read(0, order.sound.sample_count), order.sound.rate)
    estimate = read_audio(order.other)
    found = score(reference=reference, estimate=estimate, metrics=["snr"])
    on_progress(Progress(done=0.7, elapsed=0.0, stage="aligning"))
    samples = _placed(resample(estimate, reference.rate).samples, found.recipe, reference.sample_count)
    path = order.folder / "compared.wav"
    write_floats(path, reference.rate, len(samples), [samples])
    facts = {"recipe": found.as_dict()["recipe"]}
    return Made(
        estimate=path,
        ending=ending_of("score", order.settings),
        facts=facts,
        notes=list(found.recipe.notes),
        metrics=DEFAULT,
    )


def _placed(samples: NDArray[np.float32], recipe: ScoreRecipe, count: int) -> NDArray[np.float32]:
    """Return `count` samples of each channel, moved back by the delay; silence where there are none."""
    lag = recipe.delay_samples
    moved = samples[:, lag:] if lag >= 0 else np.pad(samples, ((0, 0), (-lag, 0)))
    if recipe.delay_fraction:
        moved = earlier(moved.astype(np.float64), recipe.delay_fraction).astype(np.float32)
    return np.pad(moved[:, :count], ((0, 0), (0, max(count - moved.shape[1], 0))))
