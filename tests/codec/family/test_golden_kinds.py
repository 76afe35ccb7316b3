"""A golden stream and its model for every kind of family: what they decode to stays as it was when version 1 froze.

Two kinds, and the coding itself, are held against a slow decoder in test_golden.py. The samples here are this program's
own; a later one has to come to the same within 2^-15 of the largest of them, which is a step of 16-bit PCM.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from made_streams import integers

import ligeia
from ligeia.codec.container import parse
from ligeia.codec.decode import decode_pieces
from ligeia.codec.family import finding
from ligeia.codec.family.codes import Member
from ligeia.codec.family.concatenation import ConcatenationSettings, ImNetSettings
from ligeia.codec.family.encode import member_stream
from ligeia.codec.family.hypernetwork import HypernetworkSettings
from ligeia.codec.family.members import pieces_layout
from ligeia.codec.family.model import FamilyModel, model_bytes, read_model
from ligeia.codec.family.multiplicative import MultiplicativeSettings
from ligeia.codec.family.parallel import ParallelSettings
from ligeia.codec.family.partials import PartialsSettings
from ligeia.codec.family.wavegan import WaveGanSettings

VECTORS = Path(__file__).parents[2] / "vectors"
SAMPLES = 160
SMALL = {"code": 3, "mapping_width": 4, "mapping_layers": 1}
KINDS = {
    "concatenation": ConcatenationSettings(**SMALL, widths=(5, 5), where="all", first_omega=40.0, hidden_omega=5.0),
    "im_net": ImNetSettings(code=3, widths=(6, 4), coordinate_scale=10.0),
    "hypernetwork": HypernetworkSettings(**SMALL, widths=(5, 4), first_omega=40.0, hidden_omega=5.0),
    "multiplicative": MultiplicativeSettings(**SMALL, width=5, depth=3, conditioned="both", reach=60.0),
    "parallel": ParallelSettings(**SMALL, networks=2, width=4, depth=2, first_omega=40.0, hidden_omega=5.0),
    "wavegan": WaveGanSettings(code=3, width=2, first=10, factors=(4, 4), kernel=5, filter=8),
    "partials": PartialsSettings(timbre=2, curve=2, corrections=3, code=10, width=2, layers=1, bands=4, rate=8000),
}


def _numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return ((integers(int(np.prod(shape)), seed) - 32768) / 65536).reshape(shape).astype(np.float32)


def _model(kind: str) -> FamilyModel:
    settings = KINDS[kind]
    shapes = settings.shapes(SAMPLES)
    arrays = {key: _numbers(shape, 3 + k) for k, (key, shape) in enumerate(shapes.items())}
    codes = _numbers((4, settings.code), 2)
    pitches = (50.0, 55.0, 60.0, 65.0) if kind == "partials" else ()
    return FamilyModel(name=f"tiny-{kind}", kind=kind, settings=settings.table(), rate=8000, samples=SAMPLES,
                       codes=codes, arrays=arrays, pitches=pitches)  # fmt: skip


def _stream(model: FamilyModel) -> bytes:
    layout = pieces_layout(model, 2 * SAMPLES - 20)
    codes = _numbers((layout[1].count, model.numbers), 9)
    if model.kind == "partials":
        codes[:, 4] = 0  # the layout of corrections: none
        members = [Member(code, 0.5 + k / 4, 57.0 + k) for k, code in enumerate(codes)]
    else:
        members = [Member(code, 0.5 + k / 4) for k, code in enumerate(codes)]
    return member_stream(model, members, layout, 13)


@pytest.mark.parametrize("kind", KINDS)
def test_golden_streams(kind: str, regenerate: bool) -> None:
    path, file = VECTORS / f"family_{kind}.lig", VECTORS / f"family_{kind}.safetensors"
    regenerate = regenerate and not path.exists()  # version 1 is frozen
    if regenerate:
        file.write_bytes(model_bytes(_model(kind)))
        path.write_bytes(_stream(read_model(file)))
    finding.look_in(VECTORS)
    stream = path.read_bytes()
    header = parse(stream).header
    inr = ligeia.decode(stream)
    samples = inr.render().samples[0]
    facts = {
        "bytes": len(stream),
        "network": header.spec.wire_id,
        "blocks": inr.segments.count,
        "gains": inr.gains.tolist(),
        "samples": {str(k): float(f"{samples[k]:.7g}") for k in range(0, len(samples), 23)},
    }
    if regenerate:
        path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    golden = json.loads(path.with_suffix(".json").read_text())
    wanted = golden.pop("samples")
    found = facts.pop("samples")
    assert facts == golden
    assert np.abs(samples).max() > 0
    assert np.abs(np.array(list(found.values())) - list(wanted.values())).max() < 2**-15 * np.abs(samples).max()
    assert np.abs(np.concatenate(list(decode_pieces(stream)), 1)[0] - samples).max() < 1e-5 * np.abs(samples).max()
    assert _stream(read_model(file)) == stream
