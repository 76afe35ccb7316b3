"""A regression that trains in a moment, with dropout, so that it draws random numbers; run it for a process of it.

As a script it trains in FOLDER, and kills itself with SIGKILL before STEP; processes of one group train together.
"""

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

from ligeia.training.config import TrainingConfig
from ligeia.training.objective import Objective
from ligeia.training.runs import train

CONFIG = TrainingConfig(
    steps=40, learning_rates=(0.02,), evaluations=8, log_every=5, save_seconds=0.0, device="cpu", threads=1, ema=0.9
)


class Toy(Objective):
    """Learns a sine from noisy points, in batches."""

    name, judge = "the toy", "error"

    def __init__(self, device, dropout=0.1, batch=16, before=lambda step: None):
        generator = torch.Generator().manual_seed(0)
        self.x = torch.rand(100, 1, generator=generator).to(device) * 6
        self.y = torch.sin(self.x) + 0.1 * torch.randn(100, 1, generator=generator).to(device)
        layers = torch.nn.Linear(1, 16), torch.nn.Tanh(), torch.nn.Dropout(dropout), torch.nn.Linear(16, 1)
        self.module = torch.nn.Sequential(*layers).to(device)
        self.size, self.before = batch, before

    def batch(self, step):
        self.before(step)
        chosen = torch.from_numpy(step.indices(100, self.size))
        return self.x[chosen], self.y[chosen]

    def loss(self, batch):
        x, y = batch
        return (self.module(x) - y).square().mean()

    def evaluate(self):
        with torch.no_grad():
            return {"error": float((self.module(self.x) - self.y).square().mean())}


def kill(step, at):
    """End this process as a crash does."""
    if step.number == at:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    folder, at = Path(sys.argv[1]), int(sys.argv[2])
    if "RANK" in os.environ:
        trained = train(
            lambda device: Toy(device, dropout=0.0), replace(CONFIG, save_seconds=1e3), folder=folder / "run"
        )
        curve = [{key: value for key, value in row.items() if key != "seconds"} for row in trained.curve]
        (folder / f"curve-{os.environ['RANK']}.json").write_text(json.dumps(curve))
    else:
        train(lambda device: Toy(device, before=lambda step: kill(step, at)), CONFIG, folder=folder)
