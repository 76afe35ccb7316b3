"""HyperSound: a network that writes functions for sounds it never saw (Szatkowski et al. 2023).

`config` says what there is to choose; `encoder`, `variants` and `hypernetwork` are the model; `weights` is its file.
"""
