"""What can be done with each file of a corpus: one module for each action, over the library's own functions."""
