"""Messages of the library in the words of the command: its arguments are options here."""

import re

WORDS = (
    ("pass overwrite=True to overwrite", "pass --force to overwrite"),
    ("no folder of recordings: set", "no folder of recordings: pass --data DIR, set"),
    ("needs recordings: set LIGEIA_DATA", "needs recordings: pass --data DIR, or set LIGEIA_DATA"),
    ("none are downloaded: model, or", "none are downloaded: --model DIR, or"),
    ("; model must name", "; --model must name"),
    (
        "needs ratings of reconstructions: a CSV file",
        "needs ratings of reconstructions: pass --ratings FILE, a CSV file",
    ),
    ("no reference and estimate: no file of scores is named", "no reference and estimate: pass --scores FILE"),
    ("; `like` takes", "; --like takes"),
    ("or pass force=True to", "or pass --force to"),
    ("ending included (whole_names=True)", "ending included: --whole-names"),
    ("; salvage=True gives", "; ligeia decode --salvage gives"),
)
"""Phrases of the library, and what the command says in their place."""
MAX_SECONDS = re.compile(r"; max_seconds=(\d+)")


def in_options(message: str) -> str:
    """Return a message of the library as one line that speaks of options.

    Example:
        >>> in_options("a.wav exists; pass overwrite=True to overwrite")
        'a.wav exists; pass --force to overwrite'
    """
    line = " ".join(message.split())
    for library, command in WORDS:
        line = line.replace(library, command)
    return MAX_SECONDS.sub(r"; ligeia decode --max-seconds \1", line)
