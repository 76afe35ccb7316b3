"""Which decoder makes a family of sounds of codes: convolutions, or a function of time? (Zuiderveld 2021, section 6.1)

WaveGAN's decoder, IM-NET and pi-GAN, each with stored codes (autodecoder) and with an encoder (autoencoder); silence
and white noise beside them.
"""

from ligeia.studies.family_rows import SELECTING, FamilyConfig, family_cells, family_row
from ligeia.studies.family_tables import COLUMNS, FIGURES, lines
from ligeia.studies.study import Study

BASELINES = ("wavegan", "im_net", "pi_gan", "wavegan_ae", "im_net_ae", "pi_gan_ae")

CONFIG = {
    "laptop": FamilyConfig(setups=BASELINES),
    "hour": FamilyConfig(setups=BASELINES, times=5.0),
    "paper": FamilyConfig(setups=BASELINES, protocol="paper"),
}

STUDY = Study(
    name="decoders",
    question="which decoder makes sounds of codes best, and should an encoder make the codes?",
    source="Zuiderveld 2021, section 6.1, Tables 6.1 to 6.3",
    sizes=CONFIG,
    selecting=SELECTING,
    cells=family_cells,
    measure=family_row,
    lines=lines,
    columns=COLUMNS,
    figures=FIGURES,
)
