"""Whole blocks through the entropy coder: read, measured or written, in numpy or in compiled loops, which agree."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.acceleration import compiled_loops
from ligeia.codec.transform.context_model import Model, shipped_model
from ligeia.codec.transform.dependent import decoding
from ligeia.codec.transform.dependent.choosing import Rule, choose_levels
from ligeia.codec.transform.dependent.encoding import bits_of_blocks, passes_of, written
from ligeia.codec.transform.dependent.model import DependentModel
from ligeia.codec.transform.dependent.model import shipped_model as shipped_dependent_model
from ligeia.codec.transform.dependent.trellis import BIAS
from ligeia.codec.transform.entropy import Meter, Reader, Writer
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import BlockFormat, Integers, Reals
from ligeia.codec.transform.syntax import code_spectra


def model_of(layout: BlockFormat) -> Model:
    """Return the model that the blocks of a profile are coded with."""
    return shipped_model(layout.profile.name)


def dependent_model_of(layout: BlockFormat) -> DependentModel:
    """Return the model of a profile with dependent quantisation."""
    return shipped_dependent_model(layout.profile.name)


def read_spectra(bodies: list[bytes], layout: BlockFormat, steps: Integers) -> tuple[Spectra, NDArray[np.bool_]]:
    """Return what the symbols of blocks stand for, and which blocks are symbols to their end, `[blocks]`."""
    if layout.profile.dependent:
        return decoding.read_levels(bodies, layout, dependent_model_of(layout))
    model, loops = model_of(layout), compiled_loops(_coefficients(layout, steps))
    if loops is not None:
        spectra, valid = loops.read_spectra(bodies, layout, steps, model)
        return spectra, valid
    reader = Reader(bodies)
    return code_spectra(reader, layout, steps, model, None), reader.finish()


@dataclass(frozen=True)
class Encoding:
    """An encoder's choices in coding: how it rounds, and whom it tells of its progress."""

    lagrangian: float = 0.0
    """See `entropy`."""
    on_share: Callable[[float], None] | None = None


def measure_spectra(source: Spectra, layout: BlockFormat, steps: Integers, encoding: Encoding) -> tuple[Spectra, Reals]:
    """Return rounded blocks, and the bits of each, `[blocks]`."""
    if layout.profile.dependent:
        dependent, chosen = dependent_model_of(layout), _chosen(source, layout, encoding)
        return chosen, bits_of_blocks(passes_of(layout, dependent, chosen), chosen, dependent)
    model, loops = model_of(layout), compiled_loops(_coefficients(layout, steps))
    if loops is not None:
        traced = loops.trace_spectra(layout, steps, model, source, encoding.lagrangian)
        return traced.spectra, traced.bits
    meter = Meter(len(steps), encoding.lagrangian)
    spectra = code_spectra(meter, layout, steps, model, source, encoding.on_share)
    return spectra, meter.bits


def write_spectra(
    source: Spectra, layout: BlockFormat, steps: Integers, encoding: Encoding
) -> tuple[Spectra, list[bytes]]:
    """Return rounded blocks, and the bytes of each."""
    if layout.profile.dependent:
        dependent, chosen = dependent_model_of(layout), _chosen(source, layout, encoding)
        return chosen, written(passes_of(layout, dependent, chosen), chosen, dependent)
    model, loops = model_of(layout), compiled_loops(_coefficients(layout, steps))
    if loops is not None:
        traced = loops.trace_spectra(layout, steps, model, source, encoding.lagrangian)
        return traced.spectra, traced.bodies()
    writer = Writer(len(steps), encoding.lagrangian)
    spectra = code_spectra(writer, layout, steps, model, source, encoding.on_share)
    return spectra, writer.finish()


def _chosen(source: Spectra, layout: BlockFormat, encoding: Encoding) -> Spectra:
    """The levels of real numbers of steps; integers are levels already."""
    if np.issubdtype(source.coefficients.dtype, np.integer):
        return source
    exact, rule = source.coefficients[:, :, 0].astype(np.float32), Rule(encoding.lagrangian, BIAS)
    levels = choose_levels(exact, source.switching, layout, dependent_model_of(layout), rule)
    if encoding.on_share is not None:
        encoding.on_share(1.0)
    return replace(source, coefficients=levels[:, :, None])


def _coefficients(layout: BlockFormat, steps: Integers) -> int:
    return len(steps) * layout.frames * layout.channels * layout.frame_size
