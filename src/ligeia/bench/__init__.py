"""Ligeia beside other codecs: adapters, a runner that writes rows, and reports made from rows."""
