"""Recordings: manifests, readers, splits, suites, cached crops, and what shipped models have learned from."""
