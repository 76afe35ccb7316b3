"""The siren for a rate: how many blocks, bits and units."""

from dataclasses import replace
from math import prod

from ligeia.audio.signal import Sound
from ligeia.codec.parameters.coding import GAIN_BYTES
from ligeia.codec.parameters.quantise import Bits, layout
from ligeia.codec.settings import EncodeSettings
from ligeia.fitting.own_recipes import LIGEIA, local_siren
from ligeia.fitting.plan import Recipe, Shape, cut
from ligeia.networks.siren import Siren

OVERLAP_SECONDS = 0.005
"""Cross-fade between blocks."""
MARGIN_DB = 1.0
"""Margin in dB above a target SNR at which a fit stops: quantisation will cost some of it."""
HEADER_BYTES = 32
"""Header of a stream, at most, for the networks that are designed here."""
FRAMING_BYTES = 10
"""Marker, number, length and checksum of a block, at most."""

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
    """Return the most bytes that a block of this network takes: every number at its full width, and the framing."""
    tensors = layout(spec, bits)
    numbers = sum(tensor.bits * prod(tensor.shape) for tensor in tensors)
    scales = sum(4 * (tensor.rows + 1) for tensor in tensors)
    tables = sum(tensor.tables for tensor in tensors)
    return FRAMING_BYTES + GAIN_BYTES + 4 + tables + (numbers + scales) / 8


def recipe_for(settings: EncodeSettings, sound: Sound, kbps: float) -> Recipe:
    """Return the recipe whose streams stay below `kbps` for a sound."""
    bits = bits_for(sound, kbps)
    steps = settings.siren_preset.steps if settings.steps is None else settings.steps
    target = None if settings.snr_db is None else settings.snr_db + MARGIN_DB
    config = replace(LIGEIA.config, steps=steps, seed=settings.seed, device=settings.device, snr_db=target)
    recipe = replace(
        LIGEIA, config=config, block_seconds=block_seconds(kbps, sound.rate), overlap_seconds=OVERLAP_SECONDS
    )
    # Shared among the blocks as they will be: neighbours overlap, so their lengths add up to more than the sound.
    count = cut(max(sound.sample_count, 1), sound.rate, recipe).count
    budget = (kbps * 125 * sound.sample_count / sound.rate - HEADER_BYTES) / count

    def fits(spec: Siren, shape: Shape) -> bool:
        return block_bytes(spec, bits) <= budget

    return replace(recipe, design=local_siren(fits)).resized(width=settings.width)


def block_seconds(kbps: float, rate: int) -> float:
    """Return the duration of blocks: 1/6 s, longer where that would hold fewer than about 600 parameters.

    Shorter ones, as in the recipe for fitting, gain nothing here: their framing and scales cost what they bring.
    """
    return min(max(1 / 6, 5.0 / kbps), 16.0, 2**20 / rate)
