"""What can be said against a plan before it is carried out."""

from ligeia.audio.signal import Sound
from ligeia.fitting.batches import possible_stride
from ligeia.fitting.plan import Plan
from ligeia.fitting.reach import reach_warning
from ligeia.fitting.spectral import left_out
from ligeia.fitting.spectrum import spectrum_of
from ligeia.networks.coordinates import span_seconds


def plan_warnings(plan: Plan, sound: Sound) -> list[str]:
    """What speaks against fitting `sound` as `plan` says, one sentence each; empty where nothing does."""
    length = plan.segments.length
    span = span_seconds(length, plan.rate, closed=plan.spec.closed_grid)
    found = [reach_warning(plan.spec, span, spectrum_of(sound))]
    found += left_out(plan.config, length // possible_stride(length, plan.config))
    return [warning for warning in found if warning is not None]
