"""Results in print for families of sounds: Zuiderveld 2021, Tables 6.1 to 6.18 and Tables 1 to 3 of the appendix.

Means over reconstructions of 128 sounds after 5000 epochs (10 000 for weight regularisation and progressive scaling),
with their standard deviations. "nan" is a run that ended in a loss that is not a number. The conditioning ablations in
print kept a mapping network that never learned (the released program), and have the values of silence.
"""

from ligeia.errors import InputError

NAMES = ("keyboard", "diverse", "keywords")
"""Data sets of the thesis."""
Value = tuple[float, float]
"""Mean and standard deviation, as printed."""

NAN: Value = (float("nan"), float("nan"))
Printed = tuple[Value, Value, Value]

MSE: dict[str, Printed] = {
    "wavegan_ae": ((25.68, 2.59), (12.50, 0.38), (6.64, 0.59)),
    "im_net_ae": ((74.35, 0.13), (44.12, 0.04), (6.73, 0.01)),
    "pi_gan_ae": ((13.21, 0.11), (28.89, 0.86), (2.75, 0.09)),
    "wavegan": ((8.67, 0.83), (4.05, 0.42), (2.22, 0.55)),
    "im_net": ((70.35, 0.23), (41.19, 0.08), (6.23, 0.02)),
    "pi_gan": ((4.48, 1.02), (1.32, 0.3), (0.85, 0.01)),
    "silence": ((78.74, 0.0), (46.19, 0.0), (7.48, 0.0)),
    "white noise": ((1094.74, 13.56), (1061.49, 12.03), (1023.18, 11.56)),
    "sine_first": ((4.29, 0.48), (3.1, 1.57), (1.25, 0.03)),
    "sine_last": ((44.93, 0.0), (34.45, 0.0), (2.42, 0.0)),
    "relu": ((49.1, 0.0), (38.57, 0.0), (2.39, 0.0)),
    "concat_middle": ((49.13, 0.01), (38.57, 0.0), (2.39, 0.0)),
    "concat_all": ((49.1, 0.0), (38.58, 0.01), (2.39, 0.0)),
    "mapping_1": ((3.83, 0.28), (6.57, 0.17), (0.67, 0.0)),
    "mapping_5": ((4.18, 0.29), (1.33, 0.07), (0.91, 0.01)),
    "wide": ((1.64, 0.03), (6.55, 0.16), (0.51, 0.01)),
    "deep": ((6.19, 0.57), (1.39, 0.12), (1.33, 0.32)),
    "shrinking": ((5.57, 0.09), (8.58, 1.7), (1.01, 0.08)),
    "decaying_50": (NAN, NAN, NAN),
    "decaying_30": ((9.21, 7.79), NAN, (16.41, 0.0)),
    "decaying_10": ((0.76, 0.09), (4.78, 0.02), (16.41, 0.0)),
    "constant_30": ((2.17, 0.52), (10.52, 0.56), (11.19, 5.24)),
    "constant_10": ((0.85, 0.1), (4.53, 0.22), (14.86, 1.46)),
    "constant_1": ((1.0, 0.29), (4.27, 0.2), (3.71, 0.0)),
    "progressive_original": ((6.84, 2.15), (4.58, 0.44), (3.62, 0.3)),
    "progressive_3000_30": (NAN, NAN, NAN),
    "progressive_3000_300": (NAN, (4.73, 0.3), NAN),
    "progressive_3000_1000": ((6.21, 3.25), (4.99, 0.03), (2.43, 0.24)),
    "progressive_10000_30": ((1.71, 0.31), (4.19, 0.15), (2.66, 0.16)),
    "progressive_10000_300": ((3.62, 1.11), (5.5, 0.04), (1.46, 0.11)),
}
"""Squared error x 1000 on keyboard, diverse, keywords: Tables 6.3, 6.6, 3 (appendix), 6.9, 6.12, 6.15, 6.18.

The standard deviations of white noise are printed as 1313.56 and the like in Table 6.3, and as here in the others."""

HEARD: dict[str, tuple[Value, Value, Value, Value, Value, Value, Value, Value]] = {
    "wavegan_ae": (
        (0.67, 0.46), (0.67, 0.3), (-3.1, 3.09), (-0.09, 2.05), (0.1, 0.06), (0.09, 0.07), (0.69, 0.44), (0.51, 0.74)
    ),
    "im_net_ae": (
        (1.60, 0.01), (1.83, 0.02), (-5.76, 0.36), (-4.24, 0.14), (0.12, 0.0), (0.15, 0.0), (0.72, 0.0), (-1.38, 0.02)
    ),
    "pi_gan_ae": (
        (0.64, 0.21), (0.72, 0.25), (-2.98, 2.63), (-2.01, 2.03), (0.21, 0.04), (0.22, 0.09), (0.48, 0.21), (0.78, 1.1)
    ),
    "wavegan": (
        (0.43, 0.27), (0.43, 0.21), (-1.66, 2.61), (1.6, 1.4), (0.06, 0.04), (0.06, 0.05), (0.38, 0.27), (0.88, 1.03)
    ),
    "im_net": (
        (1.61, 0.0), (1.81, 0.0), (-6.76, 0.16), (-4.14, 0.04), (0.1, 0.0), (0.13, 0.0), (0.49, 0.0), (-0.68, 0.04)
    ),
    "pi_gan": (
        (0.48, 0.18), (0.35, 0.24), (-1.97, 2.45), (1.38, 1.84), (0.14, 0.04), (0.06, 0.02), (0.27, 0.12), (0.59, 1.26)
    ),
    "silence": (
        (1.77, 0.0), (1.65, 0.0), (-4.62, 0.0), (-1.31, 0.0), (0.16, 0.0), (0.16, 0.0), (0.74, 0.0), (-2.05, 0.0)
    ),
    "white noise": (
        (1.06, 0.32), (1.06, 0.27), (-9.31, 2.59), (-5.43, 3.14), (2.32, 0.04), (2.27, 0.06), (7.27, 0.07),
        (-1.24, 1.93)
    ),
    "sine_first": (
        (0.47, 0.19), (0.43, 0.25), (-1.76, 2.07), (0.69, 1.68), (0.12, 0.05), (0.09, 0.04), (0.31, 0.17), (1.39, 1.06)
    ),
    "sine_last": (
        (1.61, 0.0), (1.81, 0.0), (-6.76, 0.16), (-4.14, 0.04), (0.1, 0.0), (0.13, 0.0), (0.49, 0.0), (-0.68, 0.04)
    ),
    "relu": (
        (1.38, 0.0), (1.8, 0.0), (-6.82, 0.14), (-4.63, 0.05), (0.09, 0.0), (0.12, 0.0), (0.45, 0.0), (-0.67, 0.04)
    ),
    "concat_middle": (
        (1.6, 0.01), (1.82, 0.0), (-10.19, 0.27), (-8.32, 0.08), (0.1, 0.0), (0.13, 0.0), (0.49, 0.0), (-2.0, 0.04)
    ),
    "concat_all": (
        (1.6, 0.0), (1.81, 0.02), (-10.77, 0.59), (-8.41, 0.17), (0.1, 0.0), (0.13, 0.0), (0.49, 0.0), (-1.55, 0.07)
    ),
    "mapping_1": (
        (0.49, 0.21), (0.56, 0.26), (-0.69, 2.67), (0.08, 1.66), (0.11, 0.03), (0.14, 0.05), (0.22, 0.13), (-0.52, 1.19)
    ),
    "mapping_5": (
        (0.47, 0.17), (0.36, 0.24), (-1.93, 2.49), (1.07, 1.98), (0.14, 0.03), (0.06, 0.02), (0.28, 0.12), (0.19, 1.26)
    ),
    "wide": (
        (0.36, 0.2), (0.56, 0.28), (-0.05, 2.73), (1.28, 1.37), (0.08, 0.02), (0.11, 0.05), (0.2, 0.11), (0.53, 1.3)
    ),
    "deep": (
        (0.52, 0.21), (0.35, 0.22), (-2.23, 2.47), (0.97, 1.93), (0.14, 0.05), (0.06, 0.02), (0.33, 0.15), (0.89, 1.27)
    ),
    "shrinking": (
        (0.52, 0.22), (0.59, 0.28), (-0.2, 2.65), (0.99, 1.25), (0.1, 0.03), (0.13, 0.05), (0.29, 0.12), (0.33, 1.3)
    ),
    "decaying_50": (NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN),
    "decaying_30": ((0.72, 0.08), NAN, (-2.92, 0.13), NAN, (0.06, 0.02), NAN, (0.13, 0.0), (-0.4, 0.0)),
    "decaying_10": (
        (0.76, 0.05), (1.16, 0.03), (-2.33, 0.32), (-4.04, 0.32), (0.04, 0.0), (0.07, 0.0), (0.13, 0.0), (-0.26, 0.0)
    ),
    "constant_30": (
        (0.75, 0.01), (1.11, 0.01), (-2.02, 1.69), (-3.8, 0.51), (0.05, 0.0), (0.08, 0.0), (0.1, 0.03), (1.79, 0.28)
    ),
    "constant_10": (
        (0.71, 0.05), (1.11, 0.05), (-1.04, 0.05), (-4.34, 0.27), (0.04, 0.0), (0.07, 0.0), (0.12, 0.01), (-0.58, 0.2)
    ),
    "constant_1": (
        (0.78, 0.04), (1.18, 0.04), (-2.81, 0.24), (-4.12, 0.2), (0.05, 0.01), (0.08, 0.0), (0.06, 0.0), (0.18, 0.44)
    ),
    "progressive_original": (
        (0.87, 0.01), (1.16, 0.01), (-3.07, 0.34), (-1.6, 0.3), (0.11, 0.01), (0.08, 0.0), (0.06, 0.0), (0.76, 0.06)
    ),
    "progressive_3000_30": (NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN),
    "progressive_3000_300": (NAN, (1.19, 0.03), NAN, (-3.38, 0.83), NAN, (0.1, 0.01), NAN, NAN),
    "progressive_3000_1000": (
        (0.82, 0.01), (1.18, 0.03), (-2.46, 0.32), (-2.19, 0.52), (0.1, 0.02), (0.09, 0.0), (0.05, 0.0), (0.82, 0.05)
    ),
    "progressive_10000_30": (
        (0.84, 0.01), (1.21, 0.0), (-2.73, 0.39), (-2.39, 0.13), (0.07, 0.01), (0.08, 0.0), (0.05, 0.0), (-0.21, 0.03)
    ),
    "progressive_10000_300": (
        (0.89, 0.02), (1.25, 0.02), (-5.27, 0.33), (-5.28, 0.18), (0.11, 0.02), (0.11, 0.0), (0.04, 0.0), (0.88, 0.03)
    ),
}  # fmt: skip
"""CDPAM, CSIG and multi-resolution STFT error on keyboard and diverse each; LSD x 10 and CSIG on keywords.

Tables 6.1, 6.2, 6.4, 6.5, 1 and 2 (appendix), 6.7, 6.8, 6.10, 6.11, 6.13, 6.14, 6.16, 6.17.
"""

PLACES = {
    ("cdpam", "keyboard"): 0, ("cdpam", "diverse"): 1, ("csig_unclipped", "keyboard"): 2,
    ("csig_unclipped", "diverse"): 3, ("multi_stft_mse", "keyboard"): 4, ("multi_stft_mse", "diverse"): 5,
    ("lsd_thesis", "keywords"): 6, ("csig_unclipped", "keywords"): 7,
}  # fmt: skip
"""Index into rows of `HEARD`, by name of the metric in `metrics.table` and data set."""


def published(setup: str, data: str, metric: str) -> Value | None:
    """Return mean and standard deviation of a metric in print, None where there is none.

    Raises:
        InputError: there is no such data set.
    """
    if data not in NAMES:
        raise InputError(f"unknown data set {data!r}; there are: {', '.join(NAMES)}")
    if metric == "mse":
        return MSE[setup][NAMES.index(data)] if setup in MSE else None
    place = PLACES.get((metric, data))
    return None if place is None or setup not in HEARD else HEARD[setup][place]


def in_words(value: Value | None, form: str = ".2f") -> str | None:
    """Return a value in print as tables show it.

    Example:
        >>> in_words((4.48, 1.02))
        '4.48 ± 1.02'
    """
    return None if value is None else f"{value[0]:{form}} ± {value[1]:{form}}"
