"""The one table of metrics: every name, what it means, and how to read it."""

from collections.abc import Iterable, Iterator
from math import inf, pi
from typing import Any

from ligeia.errors import SettingsError
from ligeia.metrics import cdpam, composite, pesq, spectral, stoi, visqol, waveform
from ligeia.metrics.metric import Compare, Metric

Row = tuple[Compare, str, str]
"""A function, what it measures, and its source."""
ERROR: dict[str, Any] = {"unit": "", "lowest": 0, "highest": inf, "better": "lower"}
RATIO: dict[str, Any] = {"unit": "dB", "lowest": -inf, "highest": inf, "better": "higher"}
SPEECH: dict[str, Any] = {"domain": "speech", "mixing": "mono"}
STOI: dict[str, Any] = {"package": "pystoi", "extra": "metrics", **SPEECH}
PESQ: dict[str, Any] = {"package": "pesq", "extra": "metrics", **SPEECH}
VISQOL: dict[str, Any] = {"package": "visqol-python", "extra": "metrics", "mixing": "mono"}
COMPOSITE = "Hu and Loizou 2008, wide-band PESQ"
VISQOL_3 = "Chinen et al. 2020, v3.3.3"


def _opinion(lowest: float, highest: float) -> dict[str, Any]:
    """The range of an opinion score."""
    return {"unit": "MOS", "lowest": lowest, "highest": highest, "better": "higher"}


def _entries(properties: dict[str, Any], *rows: Row, **more: Any) -> Iterator[Metric]:
    """Yield the entries of metrics that have the same properties, named after their functions."""
    for function, summary, source in rows:
        yield Metric(
            name=function.__name__, function=function, summary=summary, source=source, **{**properties, **more}
        )


_ALL = (
    *_entries(
        ERROR,
        (waveform.mse, "mean squared error", "mean (x - y)^2"),
        (waveform.mae, "mean absolute error", "mean |x - y|"),
        (waveform.derivative_mse, "mean squared error of the forward differences", "Zuiderveld 2021, 5.8.1"),
        (waveform.mse_and_derivative, "mse + derivative_mse", "Zuiderveld 2021, 5.8.1"),
    ),
    *_entries(RATIO, (waveform.snr, "signal-to-noise ratio", "10 log10(sum x^2 / sum (x - y)^2)")),
    *_entries(
        {**RATIO, "lowest": composite.LOWEST, "highest": composite.HIGHEST},
        (
            composite.segmental_snr,
            "mean SNR of 30 ms frames, each clipped to -10 .. 35 dB",
            "Hansen and Pellom 1998; Hu and Loizou 2008",
        ),
    ),
    *_entries(
        RATIO,
        (waveform.si_sdr, "scale-invariant signal-to-distortion ratio", "Le Roux et al. 2019, Equation 3"),
        (waveform.si_snr, "scale-invariant SNR, means removed", "Luo and Mesgarani 2018"),
        (waveform.psnr, "PSNR, peak 1, of samples in -1 .. 1", "-10 log10 mean (x - y)^2"),
        (waveform.psnr01, "PSNR, peak 1, of (x + 1) / 2 as in COIN++: 6.02 dB above psnr", "COIN++ 2022"),
    ),
    *_entries(
        ERROR,
        (spectral.lsd_hypersound, "log-spectral distance of HyperSound", "HyperSound 2023, as executed"),
        (
            spectral.lsd_thesis,
            "log-spectral distance of mean power spectra",
            "Zuiderveld 2021, Equation 5.3 (our reading)",
        ),
        (
            spectral.lsd_sr,
            "log-spectral distance of the super-resolution papers",
            "Kuleshov et al. 2017; NU-Wave 2; AP-BWE",
        ),
        (spectral.mr_stft, "multi-resolution STFT distance", "Yamamoto et al. 2020"),
        (spectral.multi_stft_mse, "MSE of STFT magnitudes over four windows", "Zuiderveld 2021, Equation 5.2"),
        (
            spectral.multi_stft_positive,
            "mean STFT magnitude too much, over four windows",
            "Zuiderveld 2021, 5.8.1 (our reading)",
        ),
        (
            spectral.multi_stft_negative,
            "mean STFT magnitude missing, over four windows",
            "Zuiderveld 2021, 5.8.1 (our reading)",
        ),
    ),
    *_entries(
        {**ERROR, "unit": "dB", "highest": spectral.MEL_RANGE_DB},
        (spectral.mel_distance, "mean difference of 80-band mel spectrograms", "ours: see the docstring"),
    ),
    *_entries(
        ERROR,
        (spectral.dft_mse, "MSE of the magnitudes of the whole spectrum", "Zuiderveld 2021, 5.8.1"),
        (
            spectral.dft_positive,
            "mean magnitude too much in the spectrum",
            "Zuiderveld 2021, 5.8.1 (our reading)",
        ),
        (spectral.dft_negative, "mean magnitude missing in the spectrum", "Zuiderveld 2021, 5.8.1 (our reading)"),
    ),
    *_entries(
        {**ERROR, "unit": "Hz"},
        (spectral.dft_wasserstein, "Wasserstein distance of the magnitude spectra", "Zuiderveld 2021, 5.8.1"),
        (
            spectral.multi_stft_wasserstein,
            "Wasserstein distance of STFT magnitudes over four windows",
            "Zuiderveld 2021, 5.8.1 (our reading)",
        ),
    ),
    *_entries(
        {**ERROR, "unit": "rad^2", "highest": pi**2},
        (spectral.phase_error, "mean squared angular phase error of the spectrum", "Zuiderveld 2021, 5.8.1"),
    ),
    *_entries(
        {"unit": "", "lowest": -1, "highest": 1, "better": "higher", **STOI},
        (stoi.stoi, "short-time objective intelligibility", "Taal et al. 2011"),
        (stoi.estoi, "extended STOI", "Jensen and Taal 2016"),
    ),
    *_entries(
        _opinion(0.999, 4.644), (pesq.pesq_wb, "PESQ, wide band (MOS-LQO)", "ITU-T P.862.2"), rates=(16000,), **PESQ
    ),
    *_entries(
        _opinion(0.999, 4.549),
        (pesq.pesq_nb, "PESQ, narrow band (MOS-LQO)", "ITU-T P.862.1"),
        rates=(8000, 16000),
        **PESQ,
    ),
    *_entries(
        ERROR,
        (composite.llr, "log-likelihood ratio of linear predictors", "Hu and Loizou 2008"),
        (composite.wss, "weighted spectral slope distance", "Klatt 1982; Hu and Loizou 2008"),
        rates=(8000, 16000),
        **SPEECH,
    ),
    *_entries(
        _opinion(1, 5),
        (composite.csig, "composite rating of signal distortion, clipped to 1 .. 5", COMPOSITE),
        (composite.cbak, "composite rating of background noise, clipped to 1 .. 5", COMPOSITE),
        (composite.covl, "composite rating of overall quality, clipped to 1 .. 5", COMPOSITE),
        rates=(16000,),
        **PESQ,
    ),
    *_entries(
        _opinion(-inf, inf),
        (composite.csig_unclipped, "composite rating of signal distortion, as the formula gives it", COMPOSITE),
        (composite.cbak_unclipped, "composite rating of background noise, as the formula gives it", COMPOSITE),
        (composite.covl_unclipped, "composite rating of overall quality, as the formula gives it", COMPOSITE),
        rates=(16000,),
        **PESQ,
    ),
    *_entries(_opinion(1, 4.75), (visqol.visqol_audio, "ViSQOL, audio mode (SVR)", VISQOL_3), rates=(48000,), **VISQOL),
    *_entries(
        _opinion(1, 5),
        (visqol.visqol_speech, "ViSQOL, speech mode (lattice)", VISQOL_3),
        (visqol.visqol_speech_exponential, "ViSQOL, speech mode (exponential fit)", VISQOL_3),
        rates=(16000,),
        domain="speech",
        **VISQOL,
    ),
    *_entries(
        ERROR,
        (cdpam.cdpam, "learned perceptual distance", "Manocha et al. 2021"),
        package="cdpam",
        extra="cdpam",
        rates=(22050,),
        mixing="mono",
        slow=True,
    ),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by its name, which is what `score` takes: its unit, range, direction, source and rates."""
DEFAULT: tuple[str, ...] = tuple(metric.name for metric in METRICS.values() if not metric.slow)
"""The metrics that are computed by default."""
HEADLINES = ("pesq_wb", "visqol_speech", "stoi", "visqol_audio", "si_sdr", "snr", "mel_distance", "lsd_sr")
"""The metrics that reports show first: listening, then waveform, then spectrum."""
THESIS = (
    *("mse", "derivative_mse", "mse_and_derivative", "snr", "segmental_snr"),
    *("dft_mse", "dft_wasserstein", "phase_error", "dft_positive", "dft_negative", "lsd_thesis"),
    *("multi_stft_mse", "multi_stft_wasserstein", "multi_stft_positive", "multi_stft_negative"),
    *("csig_unclipped", "cbak_unclipped", "covl_unclipped", "pesq_wb", "cdpam"),
)
"""The metrics of Zuiderveld 2021, 5.8.1, in its order; all but FAD, which is one of two sets of sounds."""


def metrics_named(names: Iterable[str]) -> list[Metric]:
    """Return the metrics of these names, in that order, each once.

    Raises:
        SettingsError: a name is unknown, or there is none; lists what there is.
    """
    unique = list(dict.fromkeys(names))
    if unknown := [name for name in unique if name not in METRICS]:
        raise SettingsError(f"unknown metric {unknown[0]!r}; there are: {', '.join(METRICS)}")
    if not unique:
        raise SettingsError(f"no metric is named; there are: {', '.join(METRICS)}")
    return [METRICS[name] for name in unique]
