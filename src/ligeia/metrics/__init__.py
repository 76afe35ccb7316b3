"""How close are two sounds? One idea per file; `table.METRICS` lists them all; `score` applies them with care."""
