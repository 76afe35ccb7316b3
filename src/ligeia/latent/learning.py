"""Training of families: `ligeia train latent CONFIG.toml` (torch).

The objective of `ligeia.training`: a batch of sounds, what a step sees of each (`losses`), and one forward and one
backward pass that give the gradients of the network and of the codes. A batch is computed in parts whose activations
stay in the caches of the processor; the gradients are those of the whole.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

from ligeia.audio.atomic import write_bytes
from ligeia.codec.family.model import MAX_TEXT, FamilyModel, model_bytes
from ligeia.errors import FitError, InputError
from ligeia.latent.configuration import Configuration
from ligeia.latent.decoders.decoder import Decoder, grid
from ligeia.latent.family import ENCODER, Family, HasClosedForm
from ligeia.latent.losses import FamilyLoss, Sampler
from ligeia.latent.material import Material, read_material
from ligeia.progress import OnProgress
from ligeia.records.journal import Row
from ligeia.training.checkpoint import Tensors, read_state
from ligeia.training.objective import Objective, Step
from ligeia.training.optimisers import rate_factor
from ligeia.training.processes import pick_device, thread_count
from ligeia.training.runs import Trained, train

DECODER = "decoder."
LAST_GOOD = "last_good.safetensors"
"""The model that is left in the folder of a run that diverged."""
MOST_LINES = 5
ERROR = "mse"
"""The scalar of an evaluation that says how good the weights are."""
ACTIVATIONS = 2**19
"""Values of the widest layer that are computed together on a CPU, if they are of more than one sound: 2 MiB."""
TRANSFORMED = 2**17
"""Points, over all sounds, of decoders that make a whole sound at once, by convolutions or transforms."""
USUAL_WIDTH = 128


class FamilyObjective(Objective):
    """The loss of a family's sounds, given their codes."""

    name, memory = "training the family", "batch in [codes], or points in [loss]"

    def __init__(self, config: Configuration, material: Material, device: torch.device) -> None:
        self.config, self.material, self.device = config, material, device
        items = len(material.items)
        if items < config.codes.batch:
            raise InputError(
                f"a step needs {config.codes.batch} sounds and there are {items}: lower batch in [codes] to {items} at "
                "most, or give it more recordings"
            )
        self.module: Family = Family(config, items).to(device)
        self.waveforms = torch.from_numpy(material.waveforms).to(device)
        self.sampler = Sampler(config.loss, self.waveforms, whole=self.module.decoder.whole)
        self.family_loss = FamilyLoss(config.loss, self.sampler.points, config.data.samples)
        self.steps = 0
        """Steps of this run so far."""
        self.judge = ERROR if config.evaluation.keep == "best" else None

    def begin(self) -> "FamilyObjective":
        """Begin with the network and the codes of a closed form, where the settings say so; return the objective.

        Raises:
            InputError: the decoder knows no closed form.
        """
        decoder, codes = self.module.decoder, self.module.codes
        if self.config.codes.start == "closed":
            if not isinstance(decoder, HasClosedForm) or codes is None:
                kind = f"a decoder of kind {decoder.kind!r}"
                raise InputError(f'{kind} has no closed form: set start = "drawn" in [codes]')
            codes.values.copy_(decoder.solve(self.waveforms))
        return self

    def backward(self, step: Step) -> float:
        """Add up the gradients of a step, and move the codes of its sounds."""
        config, decoder = self.config, self.module.decoder
        decoder.unmask(step.fraction)
        numbers = step.indices(len(self.waveforms), config.codes.batch)
        items = torch.from_numpy(numbers).to(self.device)
        seen = self.sampler.draw(items, self._starts(step))
        with step.autocast():
            codes = self.module.codes_of(items, self.waveforms[items])
        leaf = codes.detach().float().requires_grad_()
        total = 0.0
        for part in parts(len(items), self._together(self.sampler.points)):
            with step.autocast():
                loss = self.family_loss(decoder, leaf[part], seen.part(part)).float().sum() / len(items)
            step.backward(loss)
            total += float(loss.detach())
        self.steps = step.number + 1
        assert leaf.grad is not None
        if codes.requires_grad:
            step.backward((codes * leaf.grad).sum())
        else:
            self._move(step, items, leaf.grad)
        return total

    def _starts(self, step: Step) -> Tensor:
        """Return where what is seen of this process's share of the batch begins; the same, however many share it."""
        batch, processes = self.config.codes.batch, step.processes
        if batch % processes.count:
            raise InputError(f"{processes.count} processes cannot share a batch of {batch} in [codes] evenly")
        random = np.random.default_rng([step.seed % 2**63, step.number])
        return self.sampler.starts(batch, random)[processes.rank :: processes.count]

    def _together(self, points: int) -> int:
        """Return how many sounds are computed together: on a CPU few, whose activations stay in its caches."""
        if self.device.type != "cpu":
            return len(self.waveforms)
        return max(points_together(self.module.decoder) // points, 1)

    def _move(self, step: Step, items: Tensor, gradients: Tensor) -> None:
        """Move the codes of all processes' shares of the batch; a sound that it holds twice moves once, by the sum."""
        codes, config, processes = self.module.codes, self.config, step.processes
        assert codes is not None
        table = torch.zeros_like(codes.values).index_add_(0, items, gradients)
        counts = torch.zeros(len(table), device=self.device).index_add_(0, items, torch.ones_like(items).float())
        processes.average([table, counts])
        moved = counts.nonzero()[:, 0]
        factor = rate_factor(config.training, step.fraction, step.number)
        codes.move(moved, table[moved], factor, config.training.betas)

    def evaluate(self) -> Mapping[str, float]:
        """Return the mean squared error of whole sounds, and the mean of their signal-to-noise ratios in dB.

        Raises:
            FitError: the error is no longer finite.
        """
        count = self.config.evaluation.items or len(self.waveforms)
        scalars = self.measured(torch.arange(min(count, len(self.waveforms)), device=self.device))
        if not isfinite(scalars[ERROR]):  # so that these weights are not kept
            raise FitError(self.diverged(self.steps, scalars[ERROR], self.config.training))
        return scalars

    def finish(self) -> Mapping[str, float]:
        """Return the same of all sounds, with all of the network let in."""
        self.module.decoder.unmask(1.0)
        return self.evaluate()

    @torch.no_grad()
    def measured(self, items: Tensor) -> dict[str, float]:
        """Return the scalars of an evaluation over some of the sounds."""
        squares, ratios = [], []
        for part in parts(len(items), self._together(self.waveforms.shape[1])):
            true = self.waveforms[items[part]]
            error = self.reconstructed(items[part]) - true
            squares += error.square().mean(1).tolist()
            power = true.square().sum(1) / error.square().sum(1).clamp_min(1e-30)
            ratios += (10 * power.clamp_min(1e-30).log10()).tolist()
        return {ERROR: float(np.mean(squares)), "snr_db": float(np.mean(ratios))}

    @torch.no_grad()
    def reconstructed(self, items: Tensor) -> Tensor:
        """Return the sounds of these numbers as the family has them, `[n, samples]`."""
        times = grid(self.waveforms.shape[1], device=self.device)
        codes = self.module.codes_of(items, self.waveforms[items])
        found: Tensor = self.module.decoder(codes, times)
        return found.float()

    @torch.no_grad()
    def all_codes(self) -> Tensor:
        """Return the codes of all sounds, `[items, numbers]`."""
        everything = torch.arange(len(self.waveforms), device=self.device)
        found = [self.module.codes_of(part, self.waveforms[part]) for part in torch.split(everything, 64)]
        return torch.cat(found)

    def groups(self) -> list[list[Parameter]]:
        """Return what the weight penalty falls on, the function itself, and all others."""
        decoder, encoder = self.module.decoder, self.module.encoder
        others = decoder.mapping() if self.config.codes.train_mapping else []
        return [decoder.body(), [*others, *(encoder.parameters() if encoder is not None else [])]]

    def penalised(self) -> list[bool]:
        """Return that the first group is."""
        return [True, False]

    def identity(self) -> str:
        """Return a digest of settings and material."""
        config = self.config
        tables = (config.decoder, config.codes, config.encoder, config.loss, config.evaluation)
        return hashlib.sha256(f"{tables!r} {self.material.identity()}".encode()).hexdigest()


def points_together(decoder: Decoder) -> int:
    """Return how many points, over all sounds, are computed together on a CPU."""
    if decoder.whole or isinstance(decoder, HasClosedForm):
        return TRANSFORMED
    return ACTIVATIONS // max(getattr(decoder.settings, "widths", (USUAL_WIDTH,)))


def parts(items: int, size: int) -> Iterator[slice]:
    """Yield the parts of a batch of sounds that are computed together: `size` sounds each."""
    for first in range(0, items, size):
        yield slice(first, min(first + size, items))


# --- a whole training ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class LearnedFamily:
    """A finished training."""

    config: Configuration
    weights: Tensors
    """Tensors of the decoder, `decoder.*`, and of the encoder where there is one, `encoder.*`."""
    codes: Tensor
    """The codes of the sounds, `[items, numbers]`."""
    scores: dict[str, float]
    """Means over all sounds."""
    curve: list[Row]
    """Rows of the curve (`training.runs.Trained`)."""
    material: Material
    steps: int
    seconds: float
    """Time of all steps, evaluations included."""

    def model(self, name: str) -> FamilyModel:
        """Return the family as it is kept in a file, under a name of 1 to 32 of a-z, 0-9, `.`, `_` and `-`.

        Raises:
            InputError: the name is not valid.
        """
        items, decoder = self.material.items, self.config.decoder
        pitches = [item.pitch for item in items if item.pitch is not None]
        arrays = {key: value.cpu().numpy() for key, value in self.weights.items()}
        return FamilyModel(
            name=name,
            kind=decoder.kind,
            settings=decoder.table(),
            rate=self.material.rate,
            samples=self.config.data.samples,
            codes=self.codes.cpu().numpy(),
            arrays={key.removeprefix(DECODER): value for key, value in arrays.items() if key.startswith(DECODER)},
            others={key: value for key, value in arrays.items() if not key.startswith(DECODER)},
            names=tuple(item.name[:MAX_TEXT] for item in items),
            labels=tuple(item.label[:MAX_TEXT] for item in items),
            pitches=tuple(float(pitch) for pitch in pitches) if len(pitches) == len(items) else (),
            facts=self._made(),
        )

    def _made(self) -> dict[str, Any]:
        """Return what a model file says of how it was made."""
        config = self.config
        facts: dict[str, Any] = {"steps": self.steps, "seed": config.training.seed, "scaling": config.data.scaling}
        facts |= self.scores
        if config.codes.inference == "autoencoder":
            facts[ENCODER] = asdict(config.encoder)
        return facts

    def facts(self) -> dict[str, Any]:
        """Return what there is to report."""
        numbers = sum(value.numel() for key, value in self.weights.items() if key.startswith(DECODER))
        facts = {"steps": self.steps, "seconds": self.seconds, "numbers": numbers, "scores": self.scores}
        return {**facts, "data": self.material.facts()}

    def lines(self) -> list[tuple[str, str]]:
        """Return the same for people: name and value."""
        material, lines = self.material, [(name, f"{value:.4g}") for name, value in self.scores.items()]
        lines.append(("learned from", f"{len(material.items)} sounds of {self.config.data.seconds:g} s"))
        for name, reason in list(material.left_out.items())[:MOST_LINES]:
            lines.append(("left out", f"{name}: {reason}"))
        if len(material.left_out) > MOST_LINES:
            lines.append(("left out", f"and {len(material.left_out) - MOST_LINES} more"))
        return lines


def learn(
    config: Configuration,
    *,
    material: Material | None = None,
    folder: Path | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
) -> LearnedFamily:
    """Train a family, on recordings that the configuration names, or on a material that was read before.

    With a `folder` its states and curve are kept there; with `resume` the same call after a crash goes on from there,
    to the same bytes. Under `torchrun` all processes train together. The callback may raise `Cancelled` to stop.

    Raises:
        InputError: there are not enough recordings, or the folder holds another run.
        FitError: the training diverged, or memory was short; where weights were kept, the message names their file.
    """
    sounds = read_material(config.data, on_progress=on_progress) if material is None else material
    try:
        trained = train(
            lambda device: FamilyObjective(config, sounds, device).begin(),
            config.training,
            folder=folder,
            resume=resume,
            on_progress=on_progress,
        )
    except FitError as error:
        kept = _last_good(config, sounds, folder)
        if kept is None:
            raise
        raise FitError(f"{error}; the weights of the last evaluation are kept in {kept}, as a model") from error
    return _finished(config, sounds, trained)


def family_name(path: Path) -> str:
    """Return the name of a family whose file this is: the beginning of the file's name, in the letters of names.

    Example:
        >>> family_name(Path("My Pianos.safetensors"))
        'my_pianos'
    """
    return re.sub(r"[^a-z0-9._-]", "_", path.stem.lower())[:32] or "family"


def _finished(config: Configuration, material: Material, trained: Trained) -> LearnedFamily:
    """Return the family of the weights that a run has kept."""
    objective = FamilyObjective(config, material, pick_device(config.training.device))
    objective.module.load_state_dict(trained.weights)
    objective.module.eval()
    with thread_count(config.training.threads):
        scores = objective.measured(torch.arange(len(material.items), device=objective.device))
        codes = objective.all_codes().cpu()
    weights = {key: value for key, value in trained.weights.items() if not key.startswith("codes.")}
    return LearnedFamily(config, weights, codes, scores, trained.curve, material, trained.steps, trained.seconds)


def _last_good(config: Configuration, material: Material, folder: Path | None) -> Path | None:
    """Write the model of the last evaluation before a failure into the folder of a run; None: there was none."""
    best = None if folder is None else folder / "best.safetensors"
    if folder is None or best is None or not best.exists():
        return None
    weights, facts = read_state(best)
    if not weights:
        return None
    family = _finished(config, material, Trained(weights, int(facts["step"]), 0.0))
    target = folder / LAST_GOOD
    write_bytes(target, model_bytes(family.model("last_good")), overwrite=True)
    return target
