"""Learning the dictionary of atoms: `ligeia train atoms CONFIG.toml` (torch).

Patches are cut out of the MDCT coefficients of recordings where these have the most energy, and scaled to norm 1. The
shapes are those that leave the least of them when each patch is approximated by one shape and one value: gain-shape
vector quantisation (Gersho & Gray 1992, ch. 12), in steps over batches. A step moves each shape to the running mean of
its patches, weighted by their values: the Newton step of the squared error.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ligeia.dsp.pursuit import pursue, strongest_patches
from ligeia.hypersound.atoms import analysed, plane_of
from ligeia.hypersound.augmentation import Augmentation
from ligeia.hypersound.dictionary import MAX_SHAPES, MAX_SIDE, Dictionary
from ligeia.hypersound.material import DataConfig, Material, read_material
from ligeia.progress import OnProgress
from ligeia.records.journal import Row
from ligeia.training.config import TrainingConfig, read_settings, require
from ligeia.training.objective import Objective, Step
from ligeia.training.runs import train

Floats = NDArray[np.float32]
MEMORY = 0.95
"""Factor on what earlier batches weigh in the mean of a shape, at each step."""
AT_ONCE = 1024
"""Patches that are compared with all shapes at once."""
EVALUATED = 8192
"""Patches that evaluations use at most."""
RATIO, SOUNDS = 16, 12
"""Samples per number, and clips, of the SNR that is measured at the end."""
JUDGE = "unexplained"


@dataclass(frozen=True, kw_only=True)
class AtomsConfig:
    """Settings of a dictionary: the table `[atoms]`.

    Raises:
        InputError: a setting is out of range.
    """

    rate: int = 16000
    """Samples per second."""
    frame_size: int = 256
    """Samples of a frame of the transform."""
    sine: bool = True
    """Windows rise as sin(pi/2 u) (`Lapped.sine`)."""
    shapes: int = 1024
    """Number of shapes."""
    frames: int = 4
    """Frames of a shape."""
    bins: int = 8
    """Coefficients of a shape in each of its frames."""
    crop_seconds: float = 2.0
    """Length of the crops that patches are cut from."""
    samples_per_patch: int = 128
    """Samples of a crop for each patch that it gives."""
    rounds: int = 1
    """Crops of each stretch of the recordings, at different places."""
    batch: int = 16384
    """Patches of a step, over all processes."""

    def __post_init__(self) -> None:
        require(1 <= self.shapes <= MAX_SHAPES, f"shapes must lie between 1 and {MAX_SHAPES}, got {self.shapes}")
        for name in ("frames", "bins"):
            require(1 <= getattr(self, name) <= MAX_SIDE, f"{name} must lie between 1 and {MAX_SIDE}")
        require(self.bins <= self.frame_size, f"bins must be at most the frame_size {self.frame_size}, got {self.bins}")
        require(0 < self.crop_seconds < 1e3, f"crop_seconds must be a positive number, got {self.crop_seconds}")
        for name in ("samples_per_patch", "rounds", "batch"):
            require(getattr(self, name) >= 1, f"{name} must be at least 1, got {getattr(self, name)}")
        self.dictionary(np.eye(self.frames * self.bins, dtype=np.float32)[:1])

    def dictionary(self, shapes: Floats) -> Dictionary:
        """Return the dictionary of `shapes [n, frames bins]`."""
        return Dictionary(shapes.reshape(-1, self.frames, self.bins), self.rate, self.frame_size, self.sine)


@dataclass(frozen=True, kw_only=True)
class AtomsTraining:
    """A configuration: the tables `[atoms]`, `[data]` and `[training]` of a TOML file."""

    atoms: AtomsConfig
    data: DataConfig
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def on(self, folder: Path | None) -> "AtomsTraining":
        """Return the configuration for another folder of recordings; None changes nothing."""
        return self if folder is None else replace(self, data=replace(self.data, folder=folder))


def read_atoms_training(path: Path) -> AtomsTraining:
    """Read a configuration.

    Raises:
        InputError: it cannot be read, or a setting is unknown, missing or out of range.
    """
    return AtomsTraining(**read_settings(path, atoms=AtomsConfig, data=DataConfig, training=TrainingConfig))


# --- patches ----------------------------------------------------------------------------------------


def patches_of(samples: Floats, config: AtomsConfig) -> Floats:
    """Return patches of norm 1 `[n, frames bins]` from `samples [time]`: those of the most energy, half apart."""
    blank = config.dictionary(np.eye(config.frames * config.bins, dtype=np.float32)[:1])
    _, coefficients = analysed(samples[None], blank)
    plane = plane_of(coefficients[0], config.frames)
    return strongest_patches(plane, config.frames, config.bins, len(samples) // config.samples_per_patch)


def gathered(material: Material, config: AtomsConfig) -> tuple[Floats, Floats]:
    """Return the patches to learn from, and those that validate."""
    crops = material.crops
    learned = [
        patches_of(crops.crop(number, lap)[0], config) for lap in range(config.rounds) for number in range(len(crops))
    ]
    validating = [patches_of(clip, config) for clip in material.validation]
    return np.concatenate(learned), np.concatenate(validating)


# --- learning ---------------------------------------------------------------------------------------


class Shapes(nn.Module):
    """Shapes `[n, d]`, and the weight of the patches in the running mean of each."""

    weight: Tensor

    def __init__(self, start: Floats) -> None:
        super().__init__()
        self.shapes = nn.Parameter(torch.from_numpy(start))
        self.register_buffer("weight", torch.zeros(len(start)))

    def units(self) -> Tensor:
        """Return the shapes, with norm 1."""
        return nn.functional.normalize(self.shapes, dim=1, eps=1e-9)


class PatchApproximation(Objective):
    """The part of patches that the best shape of each, with its value, leaves."""

    name, memory, judge = "learning shapes", "batch in [atoms]", JUDGE

    def __init__(self, config: AtomsTraining, material: Material, patches: tuple[Floats, Floats], device: torch.device):
        self.config, self.clips = config.atoms, material.validation[:SOUNDS]
        self.patches, self.validation = (torch.from_numpy(part).to(device) for part in patches)
        count = config.atoms.shapes
        require(len(self.patches) >= count, f"{count} shapes need as many patches, and there are {len(self.patches)}")
        chosen = np.random.default_rng(config.training.seed % 2**63).permutation(len(self.patches))[:count]
        self.module: Shapes = Shapes(patches[0][np.sort(chosen)]).to(device)

    def batch(self, step: Step) -> Tensor:
        """Return patches `[n, d]`."""
        return self.patches[torch.from_numpy(step.indices(len(self.patches), self.config.batch))]

    @torch.no_grad()
    def matched(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Return the best shape of each patch, and its value."""
        columns = self.module.units().T
        products = [part @ columns for part in torch.split(patches, AT_ONCE)]
        kinds = torch.cat([part.abs().argmax(dim=1) for part in products])
        return kinds, torch.cat(products).gather(1, kinds[:, None])[:, 0]

    def backward(self, step: Step) -> float:
        """Add up the gradient, divided by the curvature: the weight of the patches in the mean of each shape."""
        patches = self.batch(step)
        kinds, values = self.matched(patches)
        shapes, weight = self.module.units().detach(), self.module.weight
        left = patches - values[:, None] * shapes[kinds]
        weight.mul_(MEMORY).index_add_(0, kinds, values.square())
        pull = torch.zeros_like(shapes).index_add_(0, kinds, values[:, None] * left)
        step.processes.average([weight, pull])
        move = pull / weight.clamp(min=1e-6)[:, None]
        with torch.no_grad():
            self.module.shapes.copy_(shapes)
        step.backward(-(self.module.shapes * move).sum())
        return float((1 - values.square()).mean())

    def evaluate(self) -> Mapping[str, float]:
        """Return the mean part of the energy of patches that validate that is left, and the shapes that are in use."""
        _, values = self.matched(self.validation[:: max(len(self.validation) // EVALUATED, 1)])
        used = float((self.module.weight > 0).float().mean())
        return {JUDGE: float((1 - values.square()).mean()), "used": used}

    def finish(self) -> Mapping[str, float]:
        """Return the same, and the mean SNR of clips that validate."""
        dictionary = self.config.dictionary(self.module.units().detach().cpu().numpy())
        return {**self.evaluate(), "snr_db": float(np.mean([snr_of(clip, dictionary) for clip in self.clips]))}

    def identity(self) -> str:
        """Return a digest of settings and patches."""
        digest = hashlib.sha256(repr(self.config).encode())
        for part in (self.patches, self.validation):
            digest.update(part.cpu().numpy().data)
        return digest.hexdigest()


def snr_of(samples: Floats, dictionary: Dictionary) -> float:
    """Return the SNR in dB of `samples [time]` in atoms, with one number for `RATIO` samples."""
    _, coefficients = analysed(samples[None], dictionary)
    plane = plane_of(coefficients[0], dictionary.shapes.shape[1])
    _, left = pursue(plane, dictionary.shapes, len(samples) // RATIO // 3, index=dictionary.index)
    return float(10 * np.log10(np.square(plane).sum() / max(np.square(left).sum(), 1e-30)))


@dataclass(frozen=True)
class LearnedAtoms:
    """A finished training."""

    dictionary: Dictionary
    curve: list[Row]
    facts: dict[str, Any]
    """Facts for the report."""


def learn_atoms(
    config: AtomsTraining, *, folder: Path | None = None, resume: bool = False, on_progress: OnProgress | None = None
) -> LearnedAtoms:
    """Train a dictionary.

    With a `folder` its states and curve are kept there; with `resume` the same call after a crash goes on from there,
    to the same bytes. The callback may raise `Cancelled` to stop.

    Raises:
        InputError: there are no recordings, too few patches, or the folder holds another run.
    """
    atoms, seed = config.atoms, config.training.seed
    plain = Augmentation(phase_mangle=0.0, dequantise=False)
    samples = round(atoms.crop_seconds * atoms.rate)
    material = read_material(config.data, plain, rate=atoms.rate, samples=samples, seed=seed, on_progress=on_progress)
    patches = gathered(material, atoms)
    trained = train(
        lambda device: PatchApproximation(config, material, patches, device),
        config.training,
        folder=folder,
        resume=resume,
        on_progress=on_progress,
    )
    shapes = nn.functional.normalize(trained.weights["shapes"], dim=1, eps=1e-9).numpy()
    scores = {name: value for name, value in trained.curve[-1].items() if name not in ("step", "seconds")}
    facts = {"steps": trained.steps, "seconds": trained.seconds, "patches": len(patches[0]), "scores": scores}
    return LearnedAtoms(atoms.dictionary(shapes), trained.curve, {**facts, **material.facts()})
