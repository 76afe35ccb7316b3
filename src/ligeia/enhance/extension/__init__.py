"""Extenders: each makes of a recording one at a higher rate, any part of which can be read."""
