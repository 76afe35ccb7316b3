"""Does a penalty on the function's weights lower the noise of a family? (Zuiderveld 2021, sections 5.4.1 and 6.3.1)

A constant penalty lambda/2 |W|^2, or one that falls to zero over the first half, on the function alone, for twice the
steps of the other tables; pi-GAN without one, for as many steps, beside it.
"""

from ligeia.studies.family_rows import SELECTING, FamilyConfig, family_cells, family_row
from ligeia.studies.family_tables import COLUMNS, FIGURES, lines
from ligeia.studies.study import Study

PENALTIES = ("pi_gan", "constant_1", "constant_10", "constant_30", "decaying_10", "decaying_30", "decaying_50")

CONFIG = {
    "laptop": FamilyConfig(setups=PENALTIES, times=2.0),
    "hour": FamilyConfig(setups=PENALTIES, times=5.0),
    "paper": FamilyConfig(setups=PENALTIES, protocol="paper"),
}
"""At paper size the configurations of the penalties have 10 000 epochs, and pi-GAN's the 5000 of its row in print."""

STUDY = Study(
    name="regularisation",
    question="does a penalty on the function's weights lower the noise?",
    source="Zuiderveld 2021, sections 5.4.1 and 6.3.1, Tables 6.13 to 6.15",
    sizes=CONFIG,
    selecting=SELECTING,
    cells=family_cells,
    measure=family_row,
    lines=lines,
    columns=COLUMNS,
    figures=FIGURES,
)
