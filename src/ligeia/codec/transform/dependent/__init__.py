"""Dependent quantisation, and signs that are predicted: profiles with `Profile.dependent` (FORMAT.md §8.8).

- `trellis`: the two quantisers, and which of them each coefficient has;
- `surroundings`: what is known around a coefficient, as contexts of its size; `memory`: what came long before;
- `signs`: what its neighbours tell of its sign;
- `model`: the networks that read both;
- `decoding`: symbols to levels, frame by frame; `encoding`: levels to symbols, all frames at once;
- `choosing`: the encoder's choice of levels, by dynamic programming along each coefficient's frames;
- `learning`, `trainable`, `weighted`: the training of the networks.
"""
