"""Benchmarks: `python -m benchmarks [fit|decode|size|startup ...]` adds rows to results/, which are committed."""
