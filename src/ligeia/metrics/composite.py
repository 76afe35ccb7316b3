"""The composite measures of Hu and Loizou 2008: what listeners say of speech, from four measures of two signals.

CSIG foretells opinions of signal distortion, CBAK of background intrusiveness, COVL of overall quality, all from 1 to
5. As in papers on speech enhancement they are taken at 16 kHz and from wide-band PESQ, although the coefficients were
fitted at 8 kHz with the narrow-band one.
"""

from typing import NamedTuple

from numpy.typing import ArrayLike

from ligeia.metrics.conditions import audible_pair, demand_rate
from ligeia.metrics.pesq import pesq_wb
from ligeia.metrics.segmental import segmental_snr
from ligeia.metrics.speech_distances import llr, wss

RATES = (16000,)
"""The rate in Hz that they are taken at."""


class CompositeParts(NamedTuple):
    """What composite measures are made of."""

    pesq: float
    """Wide-band PESQ, MOS-LQO."""
    llr: float
    """Log-likelihood ratio."""
    wss: float
    """Weighted spectral slope distance."""
    segmental_snr: float
    """Segmental SNR in dB."""


def composite_parts(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> CompositeParts:
    """The four measures that all composite measures are made of; the costly ones are remembered.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    x, y = audible_pair(reference, estimate)
    demand_rate(rate, RATES, "a composite measure")
    return CompositeParts(
        pesq_wb(reference=x, estimate=y, rate=rate),
        llr(reference=x, estimate=y, rate=rate),
        wss(reference=x, estimate=y, rate=rate),
        segmental_snr(reference=x, estimate=y, rate=rate),
    )


def csig_unclipped(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Signal distortion: 3.093 - 1.029 LLR + 0.603 PESQ - 0.009 WSS (Hu and Loizou 2008), not clipped to opinions.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    parts = composite_parts(reference=reference, estimate=estimate, rate=rate)
    return 3.093 - 1.029 * parts.llr + 0.603 * parts.pesq - 0.009 * parts.wss


def cbak_unclipped(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Background: 1.634 + 0.478 PESQ - 0.007 WSS + 0.063 segmental SNR (Hu and Loizou 2008), not clipped to opinions.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    parts = composite_parts(reference=reference, estimate=estimate, rate=rate)
    return 1.634 + 0.478 * parts.pesq - 0.007 * parts.wss + 0.063 * parts.segmental_snr


def covl_unclipped(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Overall quality: 1.594 + 0.805 PESQ - 0.512 LLR - 0.007 WSS (Hu and Loizou 2008), not clipped to opinions.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    parts = composite_parts(reference=reference, estimate=estimate, rate=rate)
    return 1.594 + 0.805 * parts.pesq - 0.512 * parts.llr - 0.007 * parts.wss


def csig(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Signal distortion as an opinion: `csig_unclipped`, clipped to 1..5.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    return _opinion(csig_unclipped(reference=reference, estimate=estimate, rate=rate))


def cbak(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Background intrusiveness as an opinion: `cbak_unclipped`, clipped to 1..5.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    return _opinion(cbak_unclipped(reference=reference, estimate=estimate, rate=rate))


def covl(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Overall quality as an opinion: `covl_unclipped`, clipped to 1..5.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    return _opinion(covl_unclipped(reference=reference, estimate=estimate, rate=rate))


def _opinion(value: float) -> float:
    return min(max(value, 1.0), 5.0)
