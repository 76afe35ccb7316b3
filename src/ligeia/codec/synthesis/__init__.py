"""Learned synthesis behind the decoder: a small network that knows speech improves what low rates leave of it."""
