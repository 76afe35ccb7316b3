"""Actions on the files of a corpus: one module each, over the library's own functions."""
