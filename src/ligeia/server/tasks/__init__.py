"""Tasks that can be done with a recording: one file each, over the library's own functions."""
