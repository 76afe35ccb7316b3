"""The siren for a rate: how many blocks, bits and units."""

from dataclasses import replace
from math import ceil, prod

from ligeia.audio.signal import Sound
from ligeia.codec.parameters.coding import GAIN_BYTES
from ligeia.codec.parameters.quantise import Bits, layout
from ligeia.codec.settings import EncodeSettings
from ligeia.fitting.own_recipes import LIGEIA, local_siren, widest
from ligeia.fitting.plan import Recipe, cut
from ligeia.networks.siren import Siren

OVERLAP_SECONDS = 0.005
"""Cross-fade between blocks."""
MARGIN_DB = 1.0
"""Margin in dB above a target SNR at which a fit stops: quantisation will cost some of it."""
HEADER_BYTES = 24
"""Header of a stream, about, for the networks that are designed here."""
FRAMING_BYTES = 8
"""Marker, number, length and checksum of a block, about."""
SAVED_BITS, SCALE_BITS = 0.4, 3.5
"""Bits that entropy coding saves of a number, about, and what a scale takes."""
EXCESS = 0.012
"""Part by which the expected size exceeds the target: blocks become smaller at little cost (`coarser`), not larger."""
MOST_EXCESS = 0.2
"""The same where few blocks leave little choice; a network that would exceed this is not taken."""

HIDDEN_BITS = ((2.0, 5), (4.0, 6), (8.0, 7))
"""Pairs (limit, bits): bits of hidden weights below a limit of stream bits per sample; 8 above all."""


def bits_for(sound: Sound, kbps: float) -> Bits:
    """Return the bits per number at a rate: few at low rates, where more parameters gain more.

    Measured on three recordings at 1.5, 3 and 6 bits per sample, where 5, 6 and 7 bits gave the highest SNR.
    """
    bits_per_sample = kbps * 1000 / (sound.rate * sound.channels)
    hidden = next((bits for limit, bits in HIDDEN_BITS if bits_per_sample < limit), 8)
    return Bits(first=18, hidden=hidden, output=hidden + 4)


def block_bytes(spec: Siren, bits: Bits) -> float:
    """Return the bytes that a block of this network takes, about, framing included."""
    tensors = layout(spec, bits)
    numbers = sum((tensor.bits - SAVED_BITS) * prod(tensor.shape) for tensor in tensors)
    scales = sum(8 + SCALE_BITS * (tensor.rows - 1) for tensor in tensors)
    tables = sum(tensor.tables for tensor in tensors)
    return FRAMING_BYTES + GAIN_BYTES + 2 + tables + (numbers + scales) / 8


def recipe_for(settings: EncodeSettings, sound: Sound, kbps: float) -> Recipe:
    """Return the recipe whose streams take `kbps` of a sound, or a little more, about."""
    steps = settings.dense_preset.steps if settings.steps is None else settings.steps
    target = None if settings.snr_db is None else settings.snr_db + MARGIN_DB
    config = replace(LIGEIA.config, steps=steps, seed=settings.seed, device=settings.device, snr_db=target)
    recipe = replace(
        LIGEIA, config=config, block_seconds=block_seconds(kbps, sound.rate), overlap_seconds=OVERLAP_SECONDS
    )
    # Shared among the blocks as they will be: neighbours overlap, so their lengths add up to more than the sound.
    count = cut(max(sound.sample_count, 1), sound.rate, recipe).count
    budget = kbps * 125 * sound.sample_count / sound.rate - HEADER_BYTES
    width, count = _size_for(
        budget, count, Siren(channels=sound.channels, depth=2, fixed_first=1.0), bits_for(sound, kbps)
    )
    if settings.width is None and count > 1:
        recipe = replace(recipe, block_seconds=(sound.sample_count / sound.rate - OVERLAP_SECONDS) / count)
    design = local_siren(lambda spec, shape: spec.width <= width)
    return replace(recipe, design=design).resized(width=settings.width)


def _size_for(budget: float, count: int, spec: Siren, bits: Bits) -> tuple[int, int]:
    """Return the width of the network and the number of blocks that take `budget` bytes or a little more.

    At the width that fits `count` blocks a few blocks more fill what is left; or the next width does, or else nothing.
    """

    def taken(width: int) -> float:
        return block_bytes(replace(spec, width=width), bits)

    wanted = budget * (1 + EXCESS)
    width = widest(
        lambda width: replace(spec, width=width), lambda wide: count * block_bytes(wide, bits) <= wanted
    ).width
    choices = [(width, ceil(wanted / taken(width)) if count > 1 else count), (width + 1, count)]
    choices = [choice for choice in choices if wanted <= choice[1] * taken(choice[0]) <= budget * (1 + MOST_EXCESS)]
    return min(choices, key=lambda choice: choice[1] * taken(choice[0]), default=(width, count))


def block_seconds(kbps: float, rate: int) -> float:
    """Return the duration of blocks: 1/6 s, longer where that would hold fewer than about 600 parameters.

    Shorter ones, as in the recipe for fitting, gain nothing here: their framing and scales cost what they bring.
    """
    return min(max(1 / 6, 5.0 / kbps), 16.0, 2**20 / rate)
