"""Findings of the thesis, and what rows say of them: each as comparisons of two setups (Zuiderveld 2021, 6, 7).

A comparison holds where the better setup is ahead by more than `ERRORS` standard errors, does not hold where it is
behind by as much, and is undecided else. With `PAIRED` seeds in common, runs of the same seed are compared, by the
logarithm of their ratio (values that can be negative: by the difference); else the means, and where one side has one
run, the deviation of the other stands for both. Two single runs decide where one value is `CLEAR` times the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt
from statistics import mean, stdev

from ligeia.metrics.table import METRICS
from ligeia.records.columns import Column, table_of
from ligeia.records.journal import Row
from ligeia.records.tables import Table
from ligeia.studies.family_published import in_words, published
from ligeia.studies.family_setups import SETUPS
from ligeia.studies.study import is_made

ERRORS = 3.0
"""More than the usual two, as deviations are of two or three runs."""
PAIRED = 3
CLEAR = 3.0
"""Ratio of errors that two single runs may decide by."""
FACTOR = {"mse": 1000.0}


NO_ROWS = "no rows"
"""The verdict where one of two setups has none."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One setup is better than another, on one data set, by one metric."""

    conclusion: str
    """The conclusion of the thesis that it is a part of."""
    study: str
    """The study that has the rows."""
    better: str
    """The setup that is better, as the thesis says."""
    worse: str
    """The setup, or the reference, that it is compared with."""
    data: str = "keyboard"
    metric: str = "mse"


def _claims(conclusion: str, study: str, better: str, worse: Iterable[str], **more: str) -> list[Claim]:
    return [Claim(conclusion=conclusion, study=study, better=better, worse=name, **more) for name in worse]


FILM = "FiLM is essential"
WORDS = {"data": "keywords"}
CLAIMS: tuple[Claim, ...] = (
    *_claims("π-GAN closest by squared error", "decoders", "pi_gan", ("wavegan", "im_net")),
    *_claims("π-GAN closest by squared error", "decoders", "pi_gan", ("wavegan", "im_net"), **WORDS),
    *_claims("WaveGAN sounds better on uniform data", "decoders", "wavegan", ("pi_gan",), metric="cdpam"),
    *_claims("WaveGAN has less noise on uniform data", "decoders", "wavegan", ("pi_gan",), metric="multi_stft_mse"),
    *_claims("autodecoder beats autoencoder", "decoders", "pi_gan", ("pi_gan_ae",)),
    *_claims("autodecoder beats autoencoder", "decoders", "wavegan", ("wavegan_ae",)),
    *_claims("autodecoder beats autoencoder", "decoders", "pi_gan", ("pi_gan_ae",), **WORDS),
    *_claims("a sine in the first layer is essential", "ablations", "sine_first", ("sine_last", "relu")),
    *_claims("a sine in the first layer is essential", "ablations", "pi_gan", ("relu",), **WORDS),
    *_claims("sine first alone is better on uniform data", "ablations", "sine_first", ("pi_gan",)),
    *_claims("all sines are better on speech", "ablations", "pi_gan", ("sine_first",), **WORDS),
    *_claims(f"{FILM}: concatenation as released", "ablations", "pi_gan", ("concat_middle", "concat_all")),
    *_claims(f"{FILM}: concatenation as released", "ablations", "pi_gan", ("concat_all",), **WORDS),
    *_claims(f"{FILM}: its parts started apart", "ablations", "pi_gan", ("concat_middle_apart", "concat_all_apart")),
    *_claims(f"{FILM}: its parts started apart", "ablations", "pi_gan", ("concat_all_apart",), **WORDS),
    *_claims("minimal mapping helps uniform data", "ablations", "mapping_1", ("pi_gan",)),
    *_claims("minimal mapping helps speech", "ablations", "mapping_1", ("pi_gan",), **WORDS),
    *_claims("wide beats deep on uniform data", "ablations", "wide", ("pi_gan", "deep")),
    *_claims("wide beats deep on speech", "ablations", "wide", ("pi_gan", "deep"), **WORDS),
    *_claims("a constant penalty lowers noise", "regularisation", "constant_10", ("pi_gan",), metric="multi_stft_mse"),
    *_claims("a constant penalty lowers the error", "regularisation", "constant_10", ("pi_gan",)),
    *_claims("a constant penalty lowers the error", "regularisation", "constant_1", ("pi_gan",)),
    *_claims("a falling penalty lowers the error", "regularisation", "decaying_10", ("pi_gan",)),
    *_claims(
        "progressive scaling lowers the error on uniform data", "progressive", "progressive_10000_30", ("pi_gan",)
    ),
    *_claims(
        "progressive scaling lowers the error on uniform data", "progressive", "progressive_10000_300", ("pi_gan",)
    ),
)
"""Claims in the order of the thesis."""


@dataclass(frozen=True)
class Runs:
    """Values of a metric over the runs of one setup, by seed."""

    by_seed: Mapping[int, float]

    @property
    def values(self) -> list[float]:
        """The values alone."""
        return list(self.by_seed.values())

    @property
    def deviation(self) -> float | None:
        """Standard deviation; None for one run."""
        return stdev(self.values) if len(self.by_seed) > 1 else None

    def text(self, factor: float) -> str:
        """Mean ± deviation, and the number of runs."""
        if not self.by_seed:
            return NO_ROWS
        spread = "" if self.deviation is None else f" ± {factor * self.deviation:.2f}"
        return f"{factor * mean(self.values):.2f}{spread} ({len(self.by_seed)})"


def runs_of(rows: Iterable[Row], setup: str, data: str, metric: str) -> Runs:
    """Return the values of a setup's rows; those that diverged have none, and those of made sounds do not count."""
    found = {
        row["cell"]["seed"]: row["metrics"].get(metric)
        for row in rows
        if row.get("error") is None
        and not is_made(row)
        and (row["cell"]["setup"], row["cell"]["data"]) == (setup, data)
    }
    return Runs({seed: value for seed, value in found.items() if value is not None})


def verdict(better: Runs, worse: Runs, *, lower: bool = True) -> str:
    """Return "holds", "does not hold", "undecided", or "no rows"; `lower`: whether lower values are better."""
    if not better.by_seed or not worse.by_seed:
        return NO_ROWS
    sign = 1 if lower else -1
    common = sorted(better.by_seed.keys() & worse.by_seed.keys())
    if len(common) >= PAIRED:
        leads = [sign * _between(better.by_seed[seed], worse.by_seed[seed]) for seed in common]
        return _decided(mean(leads), stdev(leads) / sqrt(len(leads)))
    lead = sign * (mean(worse.values) - mean(better.values))
    known = [value for value in (better.deviation, worse.deviation) if value is not None]
    if not known:
        smaller, larger = sorted(abs(runs.values[0]) for runs in (better, worse))
        return "undecided" if larger < CLEAR * smaller else _decided(lead, 0.0)
    first, second = (runs.deviation if runs.deviation is not None else known[0] for runs in (better, worse))
    return _decided(lead, sqrt(first**2 / len(better.by_seed) + second**2 / len(worse.by_seed)))


def _between(better: float, worse: float) -> float:
    """Return the lead of the second of two values over the first: the logarithm of the ratio, or the difference."""
    return log(worse / better) if min(better, worse) > 0 else worse - better


def _decided(lead: float, error: float) -> str:
    return "undecided" if abs(lead) <= ERRORS * error else "holds" if lead > 0 else "does not hold"


def judged(claim: Claim, rows: Iterable[Row]) -> Row:
    """Return a claim with what is published and what the rows of its study give."""
    known = list(rows)
    better, worse = (runs_of(known, name, claim.data, claim.metric) for name in (claim.better, claim.worse))
    prints = (in_words(published(name, claim.data, claim.metric)) for name in (claim.better, claim.worse))
    factor = FACTOR.get(claim.metric, 1.0)
    return {
        "conclusion": claim.conclusion,
        "comparison": f"{_label(claim.better)} / {_label(claim.worse)}",
        "data": claim.data,
        "metric": f"{claim.metric} × 1000" if factor != 1 else claim.metric,
        "published": " / ".join(text or "–" for text in prints),
        "rows": f"{better.text(factor)} / {worse.text(factor)}",
        "verdict": verdict(better, worse, lower=METRICS[claim.metric].better == "lower"),
    }


def _label(setup: str) -> str:
    return SETUPS[setup].label if setup in SETUPS else setup


def claims_table(rows_of: dict[str, list[Row]], *, with_rows: bool = False) -> Table:
    """Return the table of claims, given the rows of each study by its name: all, or those that have rows."""
    columns = (
        Column("the thesis's conclusion", "conclusion"),
        Column("better / worse", "comparison"),
        Column("data", "data"),
        Column("metric", "metric"),
        Column("published", "published"),
        Column("rows: mean ± deviation (runs)", "rows"),
        Column("verdict", "verdict"),
    )
    lines = [judged(claim, rows_of.get(claim.study, [])) for claim in CLAIMS]
    if with_rows:
        lines = [line for line in lines if line["verdict"] != NO_ROWS]
    return table_of(columns, lines, texts=range(len(columns)))
