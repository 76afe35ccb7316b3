"""Training of the family of notes: `ligeia train latent notes` (torch).

An autodecoder (Park et al. 2019) of levels: every voice, an instrument played so loudly, has a code, and every note a
small deviation from its voice's. The networks see the sum; half of the time the deviation is left out, so that the
voice alone says how an instrument sounds at pitches that nobody recorded.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module, Parameter
from torch.nn.functional import huber_loss

from ligeia.codec.family.model import FamilyModel
from ligeia.codec.family.partials import (
    PartialsSettings,
    noise_features,
    onset_terms,
    pitch_features,
    settling_terms,
    tone_features,
)
from ligeia.dsp.noise_bands import band_hz
from ligeia.errors import InputError
from ligeia.latent.decoders.partials import PartialsDecoder
from ligeia.latent.partials.material import (
    QUIETEST_DB,
    NoteData,
    Targets,
    facts_of,
    find_notes,
    instants,
    read_targets,
)
from ligeia.progress import OnProgress
from ligeia.records.journal import Row
from ligeia.training.config import TrainingConfig, require, settings_from
from ligeia.training.objective import Objective, Step
from ligeia.training.runs import train

CONFIGURATION = Path(__file__).parent.parent / "notes.toml"
HUBER_DB = 6.0
"""Errors beyond this count linearly."""
WEIGHED_DB = (-85.0, -20.0)
"""Levels weigh from nothing to one between these."""
LEAST_WEIGHT = 0.02
SETTLED_SECONDS = 0.015
"""The pitch is not known before."""
CORRECTION_SPREAD = 1.0
"""Spread of the numbers of codes that only embedded notes use: steps of their rounding are parts of it."""
SPREAD = 0.6
"""Standard deviation of what flutters, in mean absolute deviations: half of what it is, since not all that a smooth
level misses of a note is chance."""


@dataclass(frozen=True, kw_only=True)
class NoteLoss:
    """Weights of the loss: the table `[loss]`."""

    noise: float = 0.7
    """Weight of the levels of noise, beside those of partials."""
    flutter: float = 0.1
    pitch: float = 0.1
    """Weight of inharmonicity and the settling of the pitch."""
    sustain: float = 10.0
    """Weight of the decay of instruments that hold their notes, in units of 40 dB a second."""
    voice_penalty: float = 1e-3
    """Weight of the mean square of the voices' codes."""
    note_penalty: float = 0.1
    """Weight of the mean square of the notes' deviations."""
    left_out: float = 0.5
    """Part of the notes of a batch whose deviation is left out."""
    blur: float = 0.05
    """Standard deviation of noise on the codes, so that neighbours sound alike."""
    batch: int = 24

    def __post_init__(self) -> None:
        require(0 <= self.left_out <= 1, f"left_out must lie between 0 and 1, got {self.left_out}")
        require(self.batch >= 1, f"batch must be at least 1, got {self.batch}")
        require(self.blur >= 0, f"blur must be at least 0, got {self.blur}")


@dataclass(frozen=True, kw_only=True)
class NotesConfig:
    """All settings of a training: one table of the file for each field."""

    data: NoteData
    decoder: PartialsSettings = field(default_factory=PartialsSettings)
    loss: NoteLoss = field(default_factory=NoteLoss)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def on(self, folder: Path | None) -> "NotesConfig":
        """Return the configuration for another folder of recordings; None changes nothing."""
        return self if folder is None else replace(self, data=replace(self.data, folder=folder))


def is_notes_config(path: Path) -> bool:
    """Tell whether a configuration is one of notes: whether its decoder is of the kind "partials".

    Raises:
        InputError: the file cannot be read as TOML.
    """
    if not path.is_file():  # shipped names, or a file that is missing
        return False
    return bool(_tables(path).get("decoder", {}).get("kind") == PartialsSettings.kind)


def read_notes_config(path: Path) -> NotesConfig:
    """Read the configuration of a training.

    Raises:
        InputError: it cannot be read, a table or setting is unknown, missing or out of range.
    """
    tables = _tables(path)
    kinds = {"data": NoteData, "decoder": PartialsSettings, "loss": NoteLoss, "training": TrainingConfig}
    if unknown := tables.keys() - kinds.keys():
        raise InputError(f"{path}: unknown table {min(unknown)!r}; there are: {', '.join(kinds)}")
    decoder = dict(tables.get("decoder", {}))
    if (kind := decoder.pop("kind", PartialsSettings.kind)) != PartialsSettings.kind:
        raise InputError(f"{path} [decoder]: a family of notes has the kind {PartialsSettings.kind!r}, got {kind!r}")
    found = tables | {"decoder": decoder}
    return NotesConfig(
        data=settings_from(NoteData, found.get("data", {}), f"{path} [data]"),
        decoder=settings_from(PartialsSettings, decoder, f"{path} [decoder]"),
        loss=settings_from(NoteLoss, found.get("loss", {}), f"{path} [loss]"),
        training=settings_from(TrainingConfig, found.get("training", {}), f"{path} [training]"),
    )


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from error


class NotesModule(Module):
    """The networks, the codes of voices, and the deviations of notes."""

    def __init__(self, settings: PartialsSettings, *, voices: int, notes: int, seed: int) -> None:
        super().__init__()
        self.decoder = PartialsDecoder(settings, samples=settings.rate, seed=seed)
        generator = torch.Generator().manual_seed(seed + 1)
        self.voices = Parameter(0.3 * torch.randn((voices, settings.timbre), generator=generator))
        self.notes = Parameter(torch.zeros((notes, settings.timbre)))


class NoteLevels(Objective):
    """The levels of notes, from codes and pitches."""

    name, memory, judge = "training notes", "batch in [loss]", "unseen_db"

    def __init__(self, config: NotesConfig, learned: Targets, unseen: Targets, device: torch.device) -> None:
        self.config, self.device = config, device
        self.learned, self.unseen = _Tensors(learned, config, device), _Tensors(unseen, config, device)
        self.digest = _digest(learned)
        self.module: NotesModule = NotesModule(
            config.decoder, voices=len(learned.voice_names), notes=len(learned.names), seed=config.training.seed
        ).to(device)

    def groups(self) -> list[list[Parameter]]:
        """The networks, and the codes."""
        return [list(self.module.decoder.parameters()), [self.module.voices, self.module.notes]]

    def backward(self, step: Step) -> float:
        """Add up the gradients of a step."""
        weights, module = self.config.loss, self.module
        at = torch.from_numpy(step.indices(len(self.learned.counts), weights.batch)).to(self.device)
        random = torch.from_numpy(step.random().standard_normal((len(at), self.config.decoder.timbre)))
        kept = torch.from_numpy(step.random().random(len(at)) >= weights.left_out)[:, None].to(self.device)
        voices, deviations = module.voices[self.learned.voices[at]], module.notes[at]
        codes = voices + deviations * kept + weights.blur * random.to(self.device, torch.float32)
        terms = self.terms(self.learned, at, codes)
        loss = terms["tone"] + weights.noise * terms["noise"] + weights.flutter * terms["flutter"]
        loss = loss + weights.pitch * (terms["settling"] + 10 * terms["stiffness"])
        loss = loss + weights.sustain * terms["falling"]
        loss = loss + weights.voice_penalty * module.voices.square().mean() * 100
        loss = loss + weights.note_penalty * module.notes[at].square().mean() * 100
        step.backward(loss)
        return float(loss.detach())

    def terms(self, targets: "_Tensors", at: Tensor, codes: Tensor) -> dict[str, Tensor]:
        """Return the terms of the loss of notes `at [n]` with timbres `codes [n, numbers]`, each a mean in dB."""
        decoder, most = self.module.decoder, int(targets.counts[at].max())
        timbre = codes[:, None]
        tone, flutter = decoder.tone(timbre, targets.tone_features[at, :most])
        noise = decoder.noise(timbre, targets.noise_features[at])
        stiff, settling = decoder.pitch(codes, targets.pitch_features[at])
        heard = targets.heard[at][:, None]
        inside = (torch.arange(most, device=self.device) < targets.counts[at][:, None])[:, :, None]
        levels, wanted = tone @ targets.basis.T, targets.levels[at, :most]
        weight = _weight(levels, wanted) * heard * inside
        error = (levels - wanted).detach()
        mean = (error * weight).sum(dim=2, keepdim=True) / (weight.sum(dim=2, keepdim=True) + 1e-6)
        spread = SPREAD * (error - mean).abs()
        noises, wanted_noise = noise @ targets.basis.T, targets.noise[at]
        cents = settling @ targets.settling.T
        known = targets.heard[at] * (targets.instants > SETTLED_SECONDS)
        sure = (targets.counts[at] / 20).clamp(max=1)
        return {
            "tone": _mean(_huber(levels, wanted), weight),
            "noise": _mean(_huber(noises, wanted_noise), _weight(noises, wanted_noise) * heard),
            "falling": ((tone[:, :, -1].mean(dim=1) + noise[:, :, -1].mean(dim=1)) * targets.sustained[at]).mean(),
            "flutter": _mean((flutter[:, :, None] - spread).abs(), weight),
            "settling": _mean(_huber(cents[:, None], targets.cents[at][:, None]), known[:, None]),
            "stiffness": ((stiff - targets.stiffness[at]).abs() * sure).mean(),
        }

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """Return the errors of notes that are not learned from, played with the codes of their voices."""
        targets = self.unseen
        sums: dict[str, float] = {}
        for at in torch.split(torch.arange(len(targets.counts), device=self.device), 64):
            terms = self.terms(targets, at, self.module.voices[targets.voices[at]])
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(at) / len(targets.counts)
        return {"unseen_db": sums["tone"] + self.config.loss.noise * sums["noise"]} | {
            f"unseen_{name}": value for name, value in sums.items()
        }

    def identity(self) -> str:
        """Return a digest of settings and material."""
        config = self.config
        return f"{config.decoder!r} {config.loss!r} {self.digest}"


class _Tensors:
    """Targets on a device, with the features of partials and bands."""

    def __init__(self, targets: Targets, config: NotesConfig, device: torch.device) -> None:
        def on_device(values: np.ndarray) -> Tensor:
            floating = values.dtype.kind == "f"
            return torch.from_numpy(values.astype(np.float32) if floating else values).to(device)

        notes, partials = targets.hz.shape
        pitch = targets.pitches.astype(np.float64)
        number = np.tile(np.arange(1.0, partials + 1), notes)
        tone = tone_features(np.repeat(pitch, partials), number, np.maximum(targets.hz.ravel().astype(np.float64), 1.0))
        bands = band_hz(config.decoder.rate, config.decoder.bands)
        noise = noise_features(np.repeat(pitch, len(bands)), np.tile(bands, notes))
        self.tone_features = on_device(tone.reshape(notes, partials, -1))
        self.noise_features = on_device(noise.reshape(notes, len(bands), -1))
        self.pitch_features = on_device(pitch_features(pitch))
        self.levels, self.noise = on_device(targets.levels), on_device(targets.noise)
        self.counts, self.voices = on_device(targets.counts), on_device(targets.voices)
        self.heard, self.cents = on_device(targets.heard.astype(np.float32)), on_device(targets.cents)
        self.sustained = on_device(targets.sustained.astype(np.float32))
        self.stiffness = on_device(targets.inharmonicity)
        self.instants = on_device(instants())
        self.basis, self.settling = on_device(onset_terms(instants())), on_device(settling_terms(instants()))


def _weight(found: Tensor, wanted: Tensor) -> Tensor:
    low, high = WEIGHED_DB
    return ((torch.maximum(found.detach(), wanted) - low) / (high - low)).clamp(LEAST_WEIGHT, 1)


def _huber(found: Tensor, wanted: Tensor) -> Tensor:
    return huber_loss(found.clamp(min=QUIETEST_DB), wanted, reduction="none", delta=HUBER_DB) / HUBER_DB


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean over notes of the weighted means of each."""
    weight = weight.expand_as(values)
    return ((values * weight).sum(dim=(1, 2)) / (weight.sum(dim=(1, 2)) + 1e-6)).mean()


def _digest(targets: Targets) -> str:
    return hashlib.sha256(targets.levels.tobytes() + targets.noise.tobytes()).hexdigest()


# --- a whole training ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class LearnedNotes:
    """A finished training."""

    model: FamilyModel
    curve: list[Row]
    scores: dict[str, float]
    """Errors on pitches that were not learned from, in dB."""
    steps: int
    seconds: float


def learn_notes(
    config: NotesConfig,
    *,
    name: str = "notes",
    folder: Path | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
) -> LearnedNotes:
    """Train the family of notes; with a `folder`, states and curve are kept there, and `resume` goes on from them.

    Raises:
        InputError: there are no recordings, or the folder holds another run.
        FitError: the training diverged.
    """
    notes = find_notes(config.data)
    learned = [note for note in notes if not config.data.unseen(note.midi)]
    unseen = [note for note in notes if config.data.unseen(note.midi)] or learned[:1]
    voices = tuple(sorted({note.voice for note in learned}))
    targets = read_targets(learned, config.data, voices=voices, on_progress=on_progress)
    judged = read_targets([note for note in unseen if note.voice in voices], config.data, voices=voices)
    trained = train(
        lambda device: NoteLevels(config, targets, judged, device),
        config.training,
        folder=folder,
        resume=resume,
        on_progress=on_progress,
    )
    scores = {key: float(value) for key, value in trained.curve[-1].items() if key.startswith("unseen")}
    facts = {"notes": len(learned), "steps": trained.steps, "scores": json.dumps(scores)}
    facts |= {"material": json.dumps(facts_of(learned)), "config": json.dumps(asdict(config.loss))}
    model = family_of(config.decoder, trained.weights, targets, name, facts)
    return LearnedNotes(model, trained.curve, scores, trained.steps, trained.seconds)


def family_of(
    settings: PartialsSettings,
    weights: Mapping[str, Tensor],
    targets: Targets,
    name: str,
    facts: Mapping[str, object],
) -> FamilyModel:
    """Return the family of trained weights: its items are instruments and voices, at the middle of their pitches."""
    prefix = "decoder.numbers."
    arrays = {key.removeprefix(prefix): _half(value) for key, value in weights.items() if key.startswith(prefix)}
    voices = weights["voices"].detach().cpu().numpy()
    heights = np.array([np.median(targets.pitches[targets.voices == k]) for k in range(len(voices))])
    items = _items(targets.voice_names)
    codes = np.zeros((len(items), settings.code), np.float16)
    codes[:, : settings.timbre] = [voices[members].mean(axis=0) for members in items.values()]
    spread = np.full(settings.code, CORRECTION_SPREAD, np.float32)
    spread[: settings.timbre] = voices.std(axis=0)
    return FamilyModel(
        name=name,
        kind="partials",
        settings=settings.table(),
        rate=settings.rate,
        samples=settings.rate,
        codes=codes,
        arrays=arrays,
        others={"spread": spread},
        names=tuple(items),
        labels=tuple(name.partition("/")[0] for name in items),
        pitches=tuple(float(heights[members].mean()) for members in items.values()),
        facts=facts,
    )


def _items(voices: Sequence[str]) -> dict[str, list[int]]:
    """Return the items of a family, and the voices that each is the mean of: instruments, and voices of several."""
    items: dict[str, list[int]] = {}
    for instrument in dict.fromkeys(voice.partition("/")[0] for voice in voices):
        members = [k for k, voice in enumerate(voices) if voice.partition("/")[0] == instrument]
        items[instrument] = members
        items |= {voices[k]: [k] for k in members if len(members) > 1}
    return items


def _half(value: Tensor) -> np.ndarray:
    return np.asarray(value.detach().cpu().numpy().astype(np.float16))
