"""What §8 of FORMAT.md says in tables is what the code does.

After a change of profiles or models `python -m pytest tests/codec --regenerate` writes both, and the golden streams.
"""

import hashlib
import re
from importlib.resources import files

import pytest

from ligeia.codec.lapped.payload import model_of
from ligeia.codec.lapped.profiles import FILL_HZ, PROFILES
from ligeia.codec.lapped.quantiser import SHRINK
from ligeia.codec.lapped.traversal import Grid

FORMAT = files("ligeia.codec").joinpath("FORMAT.md")
MODELS = ("shaped", "plain")


def profile_rows() -> str:
    rows = [
        f"| {p.name} | {number} | {p.slope} | {p.tilt} | {int(p.levelled)} | {p.fill_low:g} | {p.fill_high:g} | "
        f"{p.fill_limit:g} | {'shaped' if p.levelled else 'plain'} |\n"
        for number, p in PROFILES.items()
    ]
    return "".join(rows)


def restoring() -> str:
    return f"shrink_1 {SHRINK[1]:g}\nshrink_more {SHRINK[2]:g}\nfill_hz {FILL_HZ:g}\n"


def hashes() -> str:
    folder = files("ligeia.codec.lapped")
    rows = [hashlib.sha256(folder.joinpath(f"{name}.safetensors").read_bytes()).hexdigest() for name in MODELS]
    return "".join(f"{value} {name}.safetensors\n" for value, name in zip(rows, MODELS, strict=True))


SAID = {
    r"(\| name \| profile \|[^\n]*\n\| ---[^\n]*\n)((?:\|[^\n]*\n)*)": profile_rows,
    r"(```text restoring\n)(.*?)(?=```)": restoring,
    r"(```text models\n)(.*?)(?=```)": hashes,
}


@pytest.mark.parametrize("pattern", SAID, ids=lambda pattern: SAID[pattern].__name__)
def test_tables(pattern, regenerate):
    text, wanted = FORMAT.read_text(encoding="utf-8"), SAID[pattern]()
    if regenerate:
        text = re.sub(pattern, lambda found: found[1] + wanted, text, flags=re.DOTALL if "text" in pattern else 0)
        FORMAT.write_text(text, encoding="utf-8")
    assert re.search(pattern, text, re.DOTALL if "text" in pattern else 0)[2] == wanted


def test_files_of_models_are_those_of_the_profiles():
    from ligeia.codec.lapped.model import shipped

    for profile in PROFILES.values():
        grid = Grid(32, 1, 1, 8000, profile)
        assert model_of(grid) is shipped("shaped" if profile.levelled else "plain")
