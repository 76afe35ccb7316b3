"""Denoise: the recording with less noise in it."""

from ligeia.enhance.denoising.denoise import Denoising
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.server.tasks.task import Made, Order, ending_of, write_floats


def make(order: Order) -> Made:
    """Return the recording with less noise in it."""
    sound, estimate = order.sound, order.folder / "denoised.wav"
    running = Denoising(sound, DenoiseSettings(strength=order.settings["strength"]), on_progress=order.part(0.0, 1.0))
    write_floats(estimate, sound.rate, sound.channels, running.pieces())
    facts = running.report()
    return Made(
        estimate=estimate, ending=ending_of("denoise", order.settings), facts=facts, notes=list(facts.pop("notes", ()))
    )
