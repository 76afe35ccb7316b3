"""The loops of `syntax` and `entropy` as machine code, by numba: the same integers, several times as fast."""
