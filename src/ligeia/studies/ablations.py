"""Which parts of pi-GAN are essential: sines, FiLM, the mapping network, the shape? (Zuiderveld 2021, 6.2 and A.4.2)

Every setup has a mapping network that learns, and one weight normalisation. In the released program the mapping network
of every ablation kept the values that it started with, as its optimiser looked for another name: those rows are here
too for conditioning. `apart` starts the parts of a joined input by what each of them is, see `ConcatenationSettings`.
"""

from ligeia.studies.family_tables import family_study

ACTIVATIONS = ("sine_first", "sine_last", "relu")
CONDITIONING = (
    "concat_middle", "concat_all", "concat_middle_frozen", "concat_all_frozen", "concat_middle_apart",
    "concat_all_apart", "hypernetwork", "pi_gan_frozen",
)  # fmt: skip
MAPPING = ("mapping_1", "mapping_5")
SHAPES = ("wide", "deep", "shrinking")
ABLATIONS = ("pi_gan", *ACTIVATIONS, *CONDITIONING, *MAPPING, *SHAPES, "no_weight_norm")

STUDY = family_study(
    "ablations",
    question="what of pi-GAN is essential for sounds: sines, FiLM, the mapping, the shape?",
    source="Zuiderveld 2021, section 6.2, Tables 6.4 to 6.12 and 1 to 3",
    setups=ABLATIONS,
)
