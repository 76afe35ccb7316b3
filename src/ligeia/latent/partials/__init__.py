"""Notes as partials and noise: what the family `partials` learns from recordings, and how."""
