"""Families of sounds: one network and a code for each sound (Zuiderveld 2021).

`decoders` holds the conditional functions of time, one idea a file, and `encoder` the network that makes codes of
sounds. Their settings, and the file in which a family is kept, are in `codec.family`, which needs no torch.
"""
