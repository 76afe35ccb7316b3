"""Many files: a manifest of what is to be done, a worker that does one of them, a run that loses nothing, a table."""
