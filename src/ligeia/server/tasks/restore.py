"""Restore: the recording with its dropouts, clicks and clipped peaks filled in."""

from ligeia.enhance.restoration.restore import Restoration
from ligeia.enhance.restoration.stretch import RestoreSettings
from ligeia.server.tasks.task import Made, Order, ending_of, write_floats


def make(order: Order) -> Made:
    """Return the recording with its damage filled in."""
    sound, wanted, estimate = order.sound, order.settings, order.folder / "restored.wav"
    settings = RestoreSettings(strength=wanted["strength"], clipping=wanted["clipping"], clicks=wanted["clicks"])
    running = Restoration(sound, settings, on_progress=order.part(0.0, 1.0))
    write_floats(estimate, sound.rate, sound.channels, running.pieces())
    return Made(estimate=estimate, ending=ending_of("restore", order.settings), facts=running.report())
