"""The one table of metrics: every name, what it means, and how to read it."""

from collections.abc import Iterable
from math import inf, pi
from typing import Any, Literal

from ligeia.errors import InputError
from ligeia.metrics import (
    cdpam,
    composite,
    dft,
    log_spectral,
    mel,
    multi_resolution,
    pesq,
    segmental,
    speech_distances,
    stoi,
    visqol,
    waveform,
)
from ligeia.metrics.metric import Compare, Metric


def _entry(
    function: Compare,
    summary: str,
    unit: str,
    bounds: tuple[float, float],
    better: Literal["higher", "lower"],
    source: str,
    **more: Any,
) -> Metric:
    """An entry that bears the name of its function."""
    lowest, highest = bounds
    return Metric(
        name=function.__name__,
        function=function,
        summary=summary,
        unit=unit,
        lowest=lowest,
        highest=highest,
        better=better,
        source=source,
        **more,
    )


SPEECH: dict[str, Any] = {"domain": "speech", "mixing": "mono"}
PESQ_16K: dict[str, Any] = {**SPEECH, "package": "pesq", "extra": "metrics", "rates": (16000,)}
VISQOL: dict[str, Any] = {"package": "visqol-python", "extra": "metrics"}

_ALL = (
    _entry(waveform.mse, "mean squared error", "", (0, inf), "lower", "mean (x - y)^2"),
    _entry(waveform.mae, "mean absolute error", "", (0, inf), "lower", "mean |x - y|"),
    _entry(
        waveform.derivative_mse,
        "mean squared error of the forward differences",
        "",
        (0, inf),
        "lower",
        "Zuiderveld 2021, 5.8.1",
    ),
    _entry(waveform.snr, "signal-to-noise ratio", "dB", (-inf, inf), "higher", "10 log10(sum x^2 / sum (x - y)^2)"),
    _entry(
        segmental.segmental_snr,
        "mean SNR of 30 ms frames, each clipped to -10 .. 35 dB",
        "dB",
        (-10, 35),
        "higher",
        "Hansen and Pellom 1998; Hu and Loizou 2008",
    ),
    _entry(
        waveform.si_sdr,
        "scale-invariant signal-to-distortion ratio",
        "dB",
        (-inf, inf),
        "higher",
        "Le Roux et al. 2019, Equation 3",
    ),
    _entry(
        waveform.si_snr, "scale-invariant SNR, means removed", "dB", (-inf, inf), "higher", "Luo and Mesgarani 2018"
    ),
    _entry(
        waveform.psnr, "PSNR, peak 1, of samples in -1 .. 1", "dB", (-inf, inf), "higher", "-10 log10 mean (x - y)^2"
    ),
    _entry(
        waveform.psnr01,
        "PSNR, peak 1, of (x + 1) / 2 as in COIN++: 6.02 dB above psnr",
        "dB",
        (-inf, inf),
        "higher",
        "COIN++ 2022",
    ),
    _entry(
        log_spectral.lsd_hypersound,
        "log-spectral distance of HyperSound",
        "",
        (0, inf),
        "lower",
        "HyperSound 2023, as executed",
    ),
    _entry(
        log_spectral.lsd_thesis,
        "log-spectral distance of mean power spectra",
        "",
        (0, inf),
        "lower",
        "Zuiderveld 2021, Equation 5.3 (our reading)",
    ),
    _entry(
        log_spectral.lsd_sr,
        "log-spectral distance of the super-resolution papers",
        "",
        (0, inf),
        "lower",
        "Kuleshov et al. 2017; NU-Wave 2; AP-BWE",
    ),
    _entry(multi_resolution.mr_stft, "multi-resolution STFT distance", "", (0, inf), "lower", "Yamamoto et al. 2020"),
    _entry(
        multi_resolution.multi_stft_mse,
        "MSE of STFT magnitudes over four windows",
        "",
        (0, inf),
        "lower",
        "Zuiderveld 2021, Equation 5.2",
    ),
    _entry(
        mel.mel_distance,
        "mean difference of 80-band mel spectrograms",
        "dB",
        (0, 80),
        "lower",
        "ours: see the docstring",
    ),
    _entry(dft.dft_mse, "MSE of the magnitudes of the whole spectrum", "", (0, inf), "lower", "Zuiderveld 2021, 5.8.1"),
    _entry(
        dft.dft_wasserstein,
        "Wasserstein distance of the magnitude spectra",
        "Hz",
        (0, inf),
        "lower",
        "Zuiderveld 2021, 5.8.1",
    ),
    _entry(
        dft.phase_error,
        "mean squared angular phase error of the spectrum",
        "rad^2",
        (0, pi**2),
        "lower",
        "Zuiderveld 2021, 5.8.1",
    ),
    _entry(
        stoi.stoi,
        "short-time objective intelligibility",
        "",
        (-1, 1),
        "higher",
        "Taal et al. 2011",
        package="pystoi",
        extra="metrics",
        **SPEECH,
    ),
    _entry(
        stoi.estoi,
        "extended STOI",
        "",
        (-1, 1),
        "higher",
        "Jensen and Taal 2016",
        package="pystoi",
        extra="metrics",
        **SPEECH,
    ),
    _entry(pesq.pesq_wb, "PESQ, wide band (MOS-LQO)", "MOS", (0.999, 4.644), "higher", "ITU-T P.862.2", **PESQ_16K),
    _entry(
        pesq.pesq_nb,
        "PESQ, narrow band (MOS-LQO)",
        "MOS",
        (0.999, 4.549),
        "higher",
        "ITU-T P.862.1",
        package="pesq",
        extra="metrics",
        rates=(8000, 16000),
        **SPEECH,
    ),
    _entry(
        speech_distances.llr,
        "log-likelihood ratio of linear predictors",
        "",
        (0, inf),
        "lower",
        "Hu and Loizou 2008",
        rates=(8000, 16000),
        **SPEECH,
    ),
    _entry(
        speech_distances.wss,
        "weighted spectral slope distance",
        "",
        (0, inf),
        "lower",
        "Klatt 1982; Hu and Loizou 2008",
        rates=(8000, 16000),
        **SPEECH,
    ),
    _entry(
        composite.csig,
        "composite rating of signal distortion, clipped to 1 .. 5",
        "MOS",
        (1, 5),
        "higher",
        "Hu and Loizou 2008, wide-band PESQ",
        **PESQ_16K,
    ),
    _entry(
        composite.cbak,
        "composite rating of background noise, clipped to 1 .. 5",
        "MOS",
        (1, 5),
        "higher",
        "Hu and Loizou 2008, wide-band PESQ",
        **PESQ_16K,
    ),
    _entry(
        composite.covl,
        "composite rating of overall quality, clipped to 1 .. 5",
        "MOS",
        (1, 5),
        "higher",
        "Hu and Loizou 2008, wide-band PESQ",
        **PESQ_16K,
    ),
    _entry(
        composite.csig_unclipped,
        "composite rating of signal distortion, as the formula gives it",
        "MOS",
        (-inf, inf),
        "higher",
        "Hu and Loizou 2008, wide-band PESQ",
        **PESQ_16K,
    ),
    _entry(
        composite.cbak_unclipped,
        "composite rating of background noise, as the formula gives it",
        "MOS",
        (-inf, inf),
        "higher",
        "Hu and Loizou 2008, wide-band PESQ",
        **PESQ_16K,
    ),
    _entry(
        composite.covl_unclipped,
        "composite rating of overall quality, as the formula gives it",
        "MOS",
        (-inf, inf),
        "higher",
        "Hu and Loizou 2008, wide-band PESQ",
        **PESQ_16K,
    ),
    _entry(
        visqol.visqol_audio,
        "ViSQOL, audio mode (SVR)",
        "MOS",
        (1, 4.75),
        "higher",
        "Chinen et al. 2020, v3.3.3",
        **VISQOL,
        rates=(48000,),
        mixing="mono",
    ),
    _entry(
        visqol.visqol_speech,
        "ViSQOL, speech mode (lattice)",
        "MOS",
        (1, 5),
        "higher",
        "Chinen et al. 2020, v3.3.3",
        **VISQOL,
        rates=(16000,),
        **SPEECH,
    ),
    _entry(
        visqol.visqol_speech_exponential,
        "ViSQOL, speech mode (exponential fit)",
        "MOS",
        (1, 5),
        "higher",
        "Chinen et al. 2020, v3.3.3",
        **VISQOL,
        rates=(16000,),
        **SPEECH,
    ),
    _entry(
        cdpam.cdpam,
        "learned perceptual distance",
        "",
        (0, inf),
        "lower",
        "Manocha et al. 2021",
        package="cdpam",
        extra="cdpam",
        rates=(22050,),
        mixing="mono",
        slow=True,
    ),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
DEFAULT: tuple[str, ...] = tuple(metric.name for metric in METRICS.values() if not metric.slow)
"""What is computed where nothing else is asked for."""
HEADLINES = ("pesq_wb", "visqol_speech", "stoi", "visqol_audio", "si_sdr", "snr", "mel_distance", "lsd_sr")
"""What reports show first: listening, then waveform, then spectrum."""


def metrics_named(names: Iterable[str]) -> list[Metric]:
    """The metrics of these names, in that order, each once.

    Raises:
        InputError: a name is unknown, or there is none; lists what there is.
    """
    wanted = list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in METRICS]:
        raise InputError(f"unknown metric {unknown[0]!r}; there are: {', '.join(METRICS)}")
    if not wanted:
        raise InputError(f"no metric is named; there are: {', '.join(METRICS)}")
    return [METRICS[name] for name in wanted]
