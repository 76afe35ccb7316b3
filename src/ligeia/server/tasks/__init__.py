"""What can be done with a recording: one file for each task, over the library's own functions."""
