"""HyperSound: a network that writes functions for sounds it never saw (Szatkowski et al. 2023).

`config` says what there is to choose; `encoder`, `variants` and `hypernetwork` are the model; `weights` is its file.
`configuration` reads what a training consists of: `material` and `augmentation` are what it learns from, `losses` what
it minimises, and `learning` joins them.

`atoms` writes a sound in few numbers: `dictionary` holds shapes of coefficients that `atoms_learning` has learned, and
`pursuit` finds where they are in a sound.
"""
