"""Restoration: samples that are missing or clipped are computed from those that are known."""
