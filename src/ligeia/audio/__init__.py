"""Sound in memory and on disk: numpy only, no torch."""
