"""Can the search for omega be avoided by letting frequencies in one after the other? (Zuiderveld 2021, 5.4.2 and 6.3.2)

The first layer's units have omegas drawn from U(0, w) in eight groups that are let in over the first half, slowest
first; for twice the steps of the other tables, as in the thesis.
"""

from ligeia.studies.family_tables import family_study

SCALINGS = (
    "pi_gan", "progressive_original", "progressive_3000_30", "progressive_3000_300", "progressive_3000_1000",
    "progressive_10000_30", "progressive_10000_300",
)  # fmt: skip

STUDY = family_study(
    "progressive",
    question="can frequencies that come one after the other replace the search for omega?",
    source="Zuiderveld 2021, sections 5.4.2 and 6.3.2, Tables 6.16 to 6.18",
    setups=SCALINGS,
    times=2.0,
)
"""At paper size the progressive configurations have 10 000 epochs, and pi-GAN's the 5000 of its row in print."""
