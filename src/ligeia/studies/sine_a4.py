"""Can one sine neuron hold the note A4? (Mahdi 2025, section 3.4)

The report prints its weight and bias, from which omega = 30 and a fixed output gain follow (its output at the first
step is 0.927 sin(30 * 0.01)), but neither its coordinates nor its optimiser. Here: f(t) = sin(30 (w t + b)) on the
coordinates of 100 samples at 44.1 kHz, Adam, and a start that is as far off as the report's (w at 0.896 of its goal).
"""

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]

HZ, RATE, SAMPLES, OMEGA = 440.0, 44100, 100, 30.0
START = 0.896
"""The report's first weight (1.01) over its last (1.127)."""
FIRST_BIAS = 0.01


@dataclass(frozen=True, kw_only=True)
class Config:
    """One run; it takes milliseconds at any size."""

    steps: tuple[int, ...] = (0, 20, 200)
    """Numbers of steps after which the neuron is measured."""
    learning_rate: float = 0.01
    """Learning rate of Adam, on weight and bias."""


CONFIG = {"laptop": Config(), "paper": Config()}


def cells(config: Config) -> list[Cell]:
    """Return one cell for each number of steps."""
    return [{"step": step} for step in config.steps]


def measure(config: Config, cell: Cell) -> Row:
    """Train the neuron for a number of steps: weight, bias, loss and frequency."""
    t = 2 * np.arange(SAMPLES) / SAMPLES - 1
    seconds_per_unit = SAMPLES / RATE / 2
    goal = 2 * pi * HZ * seconds_per_unit / OMEGA
    target = np.sin(2 * pi * HZ * np.arange(SAMPLES) / RATE)
    first = np.array([START * goal, FIRST_BIAS + pi * HZ * SAMPLES / RATE / OMEGA])  # t = -1 is the first sample
    w, b = _trained(first, t, target, cell["step"], config.learning_rate)
    output = np.sin(OMEGA * (w * t + b))
    return {
        "weight": w,
        "bias": b,
        "loss": float(np.mean((output - target) ** 2)),
        "hz": OMEGA * w / (2 * pi * seconds_per_unit),
        "bytes": 2 * np.dtype(np.float32).itemsize,
        "pcm16_bytes": 2 * SAMPLES,
        "seconds": (np.arange(SAMPLES) / RATE).tolist(),
        "target": target.tolist(),
        "output": output.tolist(),
    }


def _trained(first: Numbers, t: Numbers, target: Numbers, steps: int, rate: float) -> tuple[float, float]:
    """Return weight and bias after a number of steps of Adam on the mean squared error."""
    numbers, mean, square = first.copy(), np.zeros(2), np.zeros(2)
    for step in range(1, steps + 1):
        phase = OMEGA * (numbers[0] * t + numbers[1])
        slope = 2 * (np.sin(phase) - target) * np.cos(phase) * OMEGA
        gradient = np.array([np.mean(slope * t), np.mean(slope)])
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        numbers -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return float(numbers[0]), float(numbers[1])


def waves(rows: list[Row]) -> "dict[str, Figure]":
    """Draw the wave beside the neuron, after each number of steps."""
    from ligeia.plots.sounds import plot_waves

    titles = [f"after {row['cell']['step']} steps: {row['hz']:.1f} Hz" for row in rows]
    curves = [(row["seconds"], row["target"], row["output"]) for row in rows]
    return {"waves": plot_waves(dict(zip(titles, curves, strict=True)))}


STUDY = Study(
    name="sine_a4",
    question="can one sine neuron hold the note A4?",
    source="Mahdi 2025, section 3.4 (439.56 Hz, 8 bytes)",
    sizes=CONFIG,
    cells=cells,
    measure=measure,
    columns=(
        Column("steps", "cell.step"),
        Column("weight", "weight", ".4f"),
        Column("bias", "bias", ".4f"),
        Column("loss", "loss", ".2e"),
        Column("frequency Hz", "hz", ".2f"),
        Column("bytes", "bytes"),
        Column("16-bit PCM bytes", "pcm16_bytes"),
    ),
    figures=(waves,),
)
