"""Fitted networks as bytes: quantisation and entropy coding of their parameters."""
