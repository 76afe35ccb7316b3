"""What §8 of FORMAT.md says in tables is what the code does.

After a change of profiles or models `python -m pytest tests/codec --regenerate` writes both, and the golden streams.
"""

import hashlib
import re
from importlib.resources import files

import pytest

from ligeia.codec.transform.block_coding import dependent_model_of, model_of
from ligeia.codec.transform.dependent import model, trellis
from ligeia.codec.transform.quantiser import RECONSTRUCTION_BIAS
from ligeia.codec.transform.scale_factors import PROFILES, BlockFormat, Profile

FORMAT = files("ligeia.codec").joinpath("FORMAT.md")
MODELS = [profile.name for profile in PROFILES.values()]


def profile_rows() -> str:
    return "".join(f"| {' | '.join(profile_row(profile))} |\n" for profile in PROFILES.values())


def profile_row(p: Profile) -> list[str]:
    numbers = [p.slope, p.loud, p.spread, p.past, p.tilt]
    fills = [value for fill in (p.filling, p.empty_filling) for value in (fill.low, fill.high, fill.limit)]
    values = (p.wire_id, p.has_scale_factors, *numbers, *fills, p.noise_split_hz, p.reconstruction_bias)
    return [p.name, *(f"{value:g}" for value in values)]


def reconstruction() -> str:
    return f"bias_above_1 {RECONSTRUCTION_BIAS:g}\n"


def next_states() -> str:
    return "   ".join(f"{even} {odd}" for even, odd in trellis.NEXT.tolist()) + "\n"


def dependent_bias() -> str:
    values = {
        f"bias_{quantiser}_{name}": trellis.BIAS[quantiser, level]
        for quantiser in (0, 1)
        for level, name in ((1, "1"), (2, "above"))
    }
    return "".join(f"{name} {value:g}\n" for name, value in values.items())


def hashes() -> str:
    folder = files("ligeia.codec.transform")
    rows = [hashlib.sha256(folder.joinpath(f"{name}.safetensors").read_bytes()).hexdigest() for name in MODELS]
    return "".join(f"{value} {name}.safetensors\n" for value, name in zip(rows, MODELS, strict=True))


SAID = {
    r"(\| name \| profile \|[^\n]*\n\| ---[^\n]*\n)((?:\|[^\n]*\n)*)": profile_rows,
    r"(```text reconstruction\n)(.*?)(?=```)": reconstruction,
    r"(```text next_state\n)(.*?)(?=```)": next_states,
    r"(```text dependent\n)(.*?)(?=```)": dependent_bias,
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
    from ligeia.codec.transform.context_model import shipped_model

    for profile in PROFILES.values():
        grid = BlockFormat(32, 1, 1, 8000, profile)
        if profile.dependent:
            assert dependent_model_of(grid) is model.shipped_model(profile.name)
        else:
            assert model_of(grid) is shipped_model(profile.name)
