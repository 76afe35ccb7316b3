"""Trainings of HyperSound for studies: rows of the paper's tables as published, and the same at a scale of seconds.

The paper trains each row with 25 million crops of 1.5 s. A reduced row is the shipped configuration of the same row
with other sizes: shorter crops at a lower rate, a smaller encoder and trunk, target networks of as many numbers *for
each sample* as the paper's, the first frequency of SIREN kept in Hz, and the loss's transforms within the crop. What
the row is about (variant, reading, weighting, network, the quotient of learning rates) is what the configuration says.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ligeia.errors import needs_extra

if TYPE_CHECKING:
    from ligeia.hypersound.config import HyperSoundConfig
    from ligeia.hypersound.configuration import Configuration

PUBLISHED_RATE = 1e-4
"""Learning rate of the paper's FMLP, of which those of other rows are a multiple."""
PUBLISHED_EPOCHS, PUBLISHED_CURRICULUM = 2500, 500
MOST_WIDTH = 512
SILENCE = 1e-2
"""Peak up to which crops keep their level: short ones often hold nothing but noise."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Sizes of a reduced row."""

    rate: int = 8000
    """Sampling rate in Hz."""
    samples: int = 128
    """Samples of a crop: 16 ms. Of longer ones hypernetworks this small learn nothing in minutes."""
    depth: int = 3
    """Hidden layers of the target networks (the paper's 5 would be 4 units wide)."""
    octaves: int = 5
    """Octaves of FMLP: to 1 kHz, where the paper's end at 344 Hz."""
    channels: int = 4
    """Channels of the encoder's first layer."""
    latent: int = 16
    """Channels of its output."""
    strides: tuple[int, ...] = (8,)
    """Its blocks."""
    trunk: tuple[int, ...] = (128, 128, 128)
    """Dense layers."""
    sizes: tuple[int, ...] = (128, 64, 32)
    """Transforms of the loss."""
    bands: int = 32
    """Mel bands of the loss."""
    batch: int = 32
    """Crops of a step (the paper's 16 would need more steps, which cost nearly as much)."""
    epoch: int = 1600
    """Crops of an epoch."""
    steps: int = 800
    """Steps of a row."""
    learning_rate: float = 2e-3
    """Peak of the cosine schedule where the paper has 1e-4."""
    warmup_steps: int = 50
    """Steps over which the learning rate first rises."""
    evaluations: int = 5
    """Evaluations of a run."""
    clips: int = 128
    """Clips that validate."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Recordings below LIGEIA_DATA, and which of them validate."""

    include: str
    """Pattern of their paths."""
    speakers: tuple[str, ...] = ()
    """Speakers who validate; none: about `share` of the speakers."""
    share: float = 0.0
    """Share of the groups that validates."""
    by: str = "speaker"
    """Label that the recordings of a group have in common."""
    skip_seconds: float = 0.5
    """Start of each recording that is not used."""


SPEECH = Material(
    include="train/speech/*", speakers=("LibriSpeech-118", "LibriSpeech-163", "LibriSpeech-19", "LibriSpeech-226")
)
MATERIALS = {
    "speech": SPEECH,
    "digits": Material(include="digits/*", share=0.2, skip_seconds=0.02),
    "notes": Material(include="train/notes/*", share=0.2, by="id", skip_seconds=0.02),
}
"""Recordings by name; speakers who validate are among those that models may learn from."""


def row(
    name: str,
    scale: Scale | None,
    material: Material | None = None,
    *,
    seed: int = 0,
    times: float = 1.0,
    rate: float = 1.0,
    **changes: Mapping[str, Any],
) -> "Configuration":
    """Return the shipped configuration of a row of the paper, with changes `table={setting: value}`.

    With a `scale` it is reduced, for a `material`, with so many `times` the steps, and `rate` times the learning rate.

    Raises:
        MissingExtra: torch is not installed.
        InputError: there is no such row.
    """
    with needs_extra("torch", "torch"):  # imported here, so that the studies can be listed without it
        from ligeia.hypersound.configuration import named
    config = named(name)
    tables = {table: replace(getattr(config, table), **values) for table, values in changes.items()}
    config = replace(config, **tables)
    config = replace(config, training=replace(config.training, seed=seed))
    return config if scale is None else reduced(config, scale, material or SPEECH, times=times, rate=rate)


def reduced(config: "Configuration", scale: Scale, material: Material, *, times: float, rate: float) -> "Configuration":
    """Return a configuration at another scale."""
    steps = max(round(times * scale.steps), 1)
    epochs = steps * scale.batch / scale.epoch
    curriculum = epochs * PUBLISHED_CURRICULUM / PUBLISHED_EPOCHS
    return replace(
        config,
        model=_model(config, scale),
        loss=replace(config.loss, sizes=scale.sizes, bands=scale.bands, curriculum_epochs=curriculum),
        data=replace(
            config.data,
            include=(material.include,),
            last_speakers=0,
            validation_speakers=material.speakers,
            validation_share=material.share,
            validation_by=material.by,
            skip_seconds=material.skip_seconds,
            validation_segments=scale.clips,
            samples_per_epoch=scale.epoch,
            batch=scale.batch,
        ),
        augmentation=replace(config.augmentation, silence=SILENCE),
        training=replace(
            config.training,
            steps=steps,
            learning_rates=(config.training.learning_rates[0] / PUBLISHED_RATE * scale.learning_rate * rate,),
            schedule="cosine",
            warmup_steps=min(scale.warmup_steps, steps),
            clip_gradient=1.0,
            evaluations=scale.evaluations,
            log_every=steps,
            device="cpu",
            threads=1,
        ),
        evaluation=replace(config.evaluation, metrics=(), final_metrics=()),
    )


def _model(config: "Configuration", scale: Scale) -> "HyperSoundConfig":
    model = config.model
    density = model.spec().parameters / model.samples
    target = dict(model.target) | {"depth": scale.depth}
    if "octaves" in target:
        target["octaves"] = scale.octaves
    if "first_omega" in target:  # omega / (pi T) Hz
        target["first_omega"] *= scale.samples / scale.rate / (model.samples / model.rate)
    small = replace(
        model,
        rate=scale.rate,
        samples=scale.samples,
        channels=scale.channels,
        latent=scale.latent,
        strides=scale.strides,
        trunk=scale.trunk,
        target=target,
    )
    return replace(small, target=target | {"width": width_of(small, round(density * scale.samples))})


def width_of(model: "HyperSoundConfig", numbers: int) -> int:
    """Return the width at which a model's target network has a number of parameters nearest to `numbers`."""

    def distance(width: int) -> int:
        spec = replace(model, target=model.target | {"width": width}).spec()
        return int(abs(spec.parameters - numbers))

    best = 1
    for width in range(2, MOST_WIDTH):
        if distance(width) >= distance(best):
            break
        best = width
    return best


def with_network(config: "Configuration", network: str) -> "Configuration":
    """Return a configuration that writes another architecture, as Ligeia's own recipe designs it for such a crop.

    It has about as many numbers as the configuration's own network.
    """
    from ligeia.fitting.own_recipes import own_recipe
    from ligeia.fitting.plan import Shape

    model = config.model
    shape = Shape(samples=model.samples, rate=model.rate, channels=1)
    target = _plain(own_recipe(network).design(shape))
    other = replace(model, network=network, target=target)
    return replace(config, model=replace(other, target=target | {"width": width_of(other, model.numbers)}))


def _plain(spec: Any) -> dict[str, Any]:
    """Return the fields of a spec as a configuration states them: None is not stated, and tuples are lists."""
    fields = {name: value for name, value in asdict(spec).items() if value is not None and name != "channels"}
    if "init" in fields:
        fields["init"] = {name: value for name, value in fields["init"].items() if value is not None}
        fields["init"] |= {name: list(v) for name, v in fields["init"].items() if isinstance(v, tuple)}
    return fields
