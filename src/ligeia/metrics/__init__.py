"""Metrics of two sounds: `table.METRICS` lists them all, `score.score` applies them to recordings."""
