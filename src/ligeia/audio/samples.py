"""Samples as callers have them, arrays of any type and order, to float32 `[channels, time]` with full scale 1."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError

FULL_SCALE = {"int8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}
"""Full scale of the signed types in which recordings come; 24 bits come as int32, in the upper three bytes."""
UNSIGNED = "uint8"
"""The one type whose silence is not 0 but 128."""
FEW, MANY = 8, 64
"""An array of at most so many samples in more than so many channels is taken for `[time, channels]`."""
MOST_CHANNELS = 4096


def to_samples(values: ArrayLike) -> NDArray[np.float32]:
    """Return samples as a new float32 array `[channels, time]`, with full scale 1.

    `values` is an array, a list or a torch tensor, `[time]` or `[channels, time]`. Whole numbers are divided by the
    full scale of their type (int8, int16, int32; uint8 after 128 is taken away), so that none is clipped.

    Raises:
        TypeError: the values are not numbers, or of a type without a full scale.
        InputError: another shape, no channels, NaN or infinite samples.

    Example:
        >>> to_samples(np.array([16384, -32768], np.int16)).tolist()
        [[0.5, -1.0]]
    """
    array = _as_array(values)
    _check_shape(array.shape)
    with np.errstate(over="ignore"):  # what is beyond single precision becomes infinite, and is refused below
        samples = np.array(np.atleast_2d(_scaled(array)), dtype=np.float32, order="C")
    if not np.isfinite(samples).all():
        if np.isfinite(array).all():
            raise InputError(f"samples reach {np.abs(array).max():.3g}, beyond what float32 holds; full scale is 1")
        raise InputError("samples hold NaN or infinite values")
    return samples


def _as_array(values: Any) -> NDArray[Any]:
    if hasattr(values, "detach") and hasattr(values, "dtype"):  # a torch tensor, on any device, of any type
        values = values.detach().cpu()
        values = values.float() if "bfloat16" in str(values.dtype) else values
    if isinstance(values, str | bytes | bytearray | dict | set) or values is None:
        raise TypeError(f"samples must be numbers, [time] or [channels, time], got a value of type {_name(values)}")
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise InputError("samples must be [time] or [channels, time]: these are not rows of one length") from error


def _name(value: object) -> str:
    return type(value).__name__


def _check_shape(shape: tuple[int, ...]) -> None:
    """Refuse what is not `[time]` or `[channels, time]`.

    Raises:
        InputError: it is not, or the two are the other way round.
    """
    if len(shape) not in (1, 2):
        raise InputError(f"samples must be [time] or [channels, time], got {len(shape)} dimension(s)")
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    if rows < 1:
        raise InputError("samples must have at least one channel")
    if (rows > MANY and columns <= FEW) or rows > MOST_CHANNELS:
        raise InputError(
            f"samples must be [channels, time], got [{rows}, {columns}], which looks like [time, channels]: "
            "transpose it (samples.T)"
        )


def _scaled(array: NDArray[Any]) -> NDArray[Any]:
    """Return numbers with full scale 1.

    Raises:
        TypeError: their type has none.
    """
    kind = array.dtype.name
    if array.dtype.kind == "f":
        return array
    if kind in FULL_SCALE:
        return array.astype(np.float32) / np.float32(FULL_SCALE[kind])  # powers of two: rounded once
    if kind == UNSIGNED:
        return (array.astype(np.float32) - 128) / 128
    if array.dtype.kind in "iu":
        raise TypeError(
            f"samples of type {kind} have no known full scale: give floats with full scale 1 "
            "(samples / 32768 for 16 bits), or int16 (samples.astype('int16'))"
        )
    raise TypeError(f"samples must be real numbers, got an array of type {kind}")
