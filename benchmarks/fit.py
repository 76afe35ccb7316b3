"""Fit: seconds to an SNR, and SNR at equal seconds, against the paper's recipe on the same machine.

Both sides have at most 141 000 parameters. The paper's side is the recipe "siamese-baseline" (PE + SIREN 3x256,
omega 100, full batch, Adam 1e-4) run for PAPER_SECONDS; ours is run anew for each budget, because its schedule ends
with the budget. For each clip the two sides take turns: ours, the paper's, ours again.
"""

from dataclasses import replace
from typing import Any

from benchmarks.clips import FIT_CLIPS, load
from benchmarks.rows import Rows
from ligeia import fit
from ligeia.audio.signal import Audio
from ligeia.fitting.recipes import LIGEIA, Recipe, Shape, local_siren, recipe_named
from ligeia.inr import INR
from ligeia.networks.siren import Siren

PARAMETERS = 141_000
PAPER_SECONDS = 60.0
PAPER_LONG_SECONDS = 900.0
"""One clip is given this long, last of all, to see where the paper's recipe is heading."""
BUDGETS = (2.5, 5.0, 10.0, 20.0)
SHORT_BUDGETS = (5.0, 10.0)
"""Budgets that are run on both sides of the paper's turn, to see how much the machine wavers."""


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("fit")
    warm_up()
    for clip in FIT_CLIPS:
        audio = load(clip)
        for budget in BUDGETS:
            add_ours(rows, clip, audio, budget, turn=1)
        add_paper(rows, clip, audio, PAPER_SECONDS)
        for budget in SHORT_BUDGETS:
            add_ours(rows, clip, audio, budget, turn=2)
    add_paper(rows, FIT_CLIPS[0], load(FIT_CLIPS[0]), PAPER_LONG_SECONDS)


def warm_up() -> None:
    """Let libraries load and threads start before anything is timed."""
    fit(load(FIT_CLIPS[0]), ours(2.0, 200_000))


def add_ours(rows: Rows, clip: str, audio: Audio, budget: float, *, turn: int) -> None:
    """One fit of ours within `budget` seconds."""
    key = {"benchmark": "fit", "clip": clip, "side": "ligeia", "budget_seconds": budget, "turn": turn}
    if not rows.has(**key):
        rows.add({**key, **outcome(fit(audio, ours(budget, audio.frames)))})


def add_paper(rows: Rows, clip: str, audio: Audio, seconds: float) -> None:
    """The paper's recipe for some seconds, with its SNR over time."""
    key = {"benchmark": "fit", "clip": clip, "side": "siamese-baseline", "budget_seconds": seconds, "turn": 1}
    if not rows.has(**key):
        recipe = recipe_named("siamese-baseline")
        inr = fit(audio, replace(recipe, config=replace(recipe.config, seconds=seconds)))
        rows.add({**key, **outcome(inr)})


def ours(budget: float, frames: int) -> Recipe:
    """Ligeia's recipe with at most PARAMETERS in all blocks together, and the clock as its budget."""

    def fits(spec: Siren, shape: Shape) -> bool:
        hop = shape.samples - round(LIGEIA.overlap_seconds * shape.rate)
        return spec.parameters * (frames // hop + 1) <= PARAMETERS

    return replace(LIGEIA, design=local_siren(fits), config=replace(LIGEIA.config, seconds=budget, steps=1_000_000))


def outcome(inr: INR) -> dict[str, Any]:
    """What a row says of a fit."""
    report = inr.report
    trace = report["trace"][0]
    kept = trace[:: max(len(trace) // 200, 1)]
    return {
        "snr_db": report["snr_db"],
        "seconds": report["seconds"],
        "steps": report["steps"],
        "parameters": report["parameters"],
        "trace": [[point["step"], round(point["seconds"], 3), round(point["snr_db"], 3)] for point in kept],
    }
