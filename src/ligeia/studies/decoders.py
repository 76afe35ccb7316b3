"""Which decoder makes a family of sounds of codes: convolutions, or a function of time? (Zuiderveld 2021, section 6.1)

WaveGAN's decoder, IM-NET and pi-GAN, each with stored codes (autodecoder) and with an encoder (autoencoder); silence
and white noise beside them.
"""

from ligeia.studies.family_tables import family_study

BASELINES = ("wavegan", "im_net", "pi_gan", "wavegan_ae", "im_net_ae", "pi_gan_ae")

STUDY = family_study(
    "decoders",
    question="which decoder makes sounds of codes best, and should an encoder make the codes?",
    source="Zuiderveld 2021, section 6.1, Tables 6.1 to 6.3",
    setups=BASELINES,
)
