"""Denoisers: each method is made ready for one recording, and then run on pieces of it."""
