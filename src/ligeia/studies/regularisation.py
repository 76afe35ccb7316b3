"""Does a penalty on the function's weights lower the noise of a family? (Zuiderveld 2021, sections 5.4.1 and 6.3.1)

A constant penalty lambda/2 |W|^2, or one that falls to zero over the first half, on the function alone, for twice the
steps of the other tables; pi-GAN without one, for as many steps, beside it.
"""

from ligeia.studies.family_tables import family_study

PENALTIES = ("pi_gan", "constant_1", "constant_10", "constant_30", "decaying_10", "decaying_30", "decaying_50")

STUDY = family_study(
    "regularisation",
    question="does a penalty on the function's weights lower the noise?",
    source="Zuiderveld 2021, sections 5.4.1 and 6.3.1, Tables 6.13 to 6.15",
    setups=PENALTIES,
    times=2.0,
)
"""At paper size the configurations of the penalties have 10 000 epochs, and pi-GAN's the 5000 of its row in print."""
