"""Extend: the recording at a higher rate, with the band that was missing."""

from ligeia.enhance.extension.extend import Extending
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.server.tasks.task import Made, Order, ending_of, write_floats


def make(order: Order) -> Made:
    """Return the recording at the higher rate."""
    sound, wanted, estimate = order.sound, order.settings, order.folder / "extended.wav"
    settings = ExtendSettings(rate=wanted["rate"], strength=wanted["strength"])
    running = Extending(sound, settings, on_progress=order.part(0.0, 1.0))
    write_floats(estimate, running.rate, sound.channels, running.pieces())
    facts = running.report()
    return Made(
        estimate=estimate, ending=ending_of("extend", order.settings), facts=facts, notes=list(facts.pop("notes", ()))
    )
