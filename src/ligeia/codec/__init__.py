"""One function <-> bytes: the `.lig` format. FORMAT.md beside this file is the normative text."""
