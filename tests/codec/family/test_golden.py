"""Golden streams of codes, held against a slow decoder that was written from FORMAT.md."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import reference_decoder
import reference_family
from made_streams import integers

import ligeia
from ligeia.codec.container import parse
from ligeia.codec.family import finding
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_stream
from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.lapped import LappedSettings
from ligeia.codec.family.members import pieces_layout
from ligeia.codec.family.model import FamilyModel, model_bytes, read_model
from ligeia.errors import FormatError

VECTORS = Path(__file__).parents[2] / "vectors"
SAMPLES, RATE = 150, 8000
SETTINGS = {
    "family_film": FilmSettings(code=5, widths=(6, 6), mapping_width=4, mapping_layers=1, first_omega=40.0,
                                hidden_omega=5.0),
    "family_lapped": LappedSettings(code=10, frame_size=32, stretches=2, borders=(8,), ranks=(2, 1, 1, 0), details=2,
                                    dictionary=5, shape_frames=2, shape_bins=3),
}  # fmt: skip


def _numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return ((integers(int(np.prod(shape)), seed) - 32768) / 32768).reshape(shape).astype(np.float32)


def _model(name: str) -> FamilyModel:
    settings = SETTINGS[name]
    shapes = settings.shapes(SAMPLES)
    arrays = {key: 0.5 * _numbers(shape, 3 + k) for k, (key, shape) in enumerate(shapes.items())}
    codes = _numbers((6, settings.code), 2)
    codes[:, 1] = 0.25  # the same in all sounds
    if name == "family_lapped":
        codes[:, [4, 7]], codes[:, [5, 8]] = 20, 3
    return FamilyModel(name="tiny", kind=settings.kind, settings=settings.table(), rate=RATE, samples=SAMPLES,
                       codes=codes, arrays=arrays)  # fmt: skip


def _stream(model: FamilyModel) -> bytes:
    layout = pieces_layout(model, 3 * SAMPLES - 20)
    codes = _numbers((layout[1].count, model.numbers), 9)
    if model.kind == "lapped":
        codes[:, [4, 7]] = [[100 + 17 * k, 3] for k in range(len(codes))]
        codes[:, [5, 8]] = [4, 1]
        codes[0, 9] = 0
    members = [Member(code, 0.0 if k == 1 else 0.5 + k / 4) for k, code in enumerate(codes)]
    return member_stream(model, members, layout, 13)


@pytest.fixture(autouse=True)
def beside() -> None:
    finding.look_in(VECTORS)


@pytest.mark.parametrize("name", SETTINGS)
def test_golden_streams(name: str, regenerate: bool) -> None:
    path, file = VECTORS / f"{name}.lig", VECTORS / f"{name}.safetensors"
    regenerate = regenerate and not path.exists()  # version 1 is frozen
    if regenerate:
        file.write_bytes(model_bytes(_model(name)))
        path.write_bytes(_stream(read_model(file)))
    stream, model = path.read_bytes(), file.read_bytes()
    header, blocks, samples = reference_family.decode(stream, model)
    codes = np.array([code for _, code in blocks]).astype("<f4")
    facts = {
        "bytes": len(stream),
        "model_sha256": hashlib.sha256(model).hexdigest(),
        "gains": [gain for gain, _ in blocks],
        "codes": [[round(float(value), 5) for value in code] for code in codes],
        "samples": {str(k): round(float(samples[k]), 6) for k in range(0, len(samples), 61)},
    }
    if regenerate:
        path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    assert facts == json.loads(path.with_suffix(".json").read_text())
    family = read_model(file)
    assert _stream(family) == stream
    parsed = parse(stream)
    for number, (gain, code) in enumerate(blocks):
        if gain:
            member = parsed.header.coding.member(parsed.payloads[number])
            assert member.gain == gain
            assert np.abs(member.code - code).max() < 1e-6
    inr = ligeia.decode(stream)
    assert header["count"] == inr.segments.count > 2
    level = np.sqrt(np.square(samples).mean())
    assert np.abs(inr.render().samples[0] - samples).max() < 2e-5 * level


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in VECTORS.glob("family_*")) < 40_000


def test_without_its_model_a_golden_stream_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stream = (VECTORS / "family_film.lig").read_bytes()
    monkeypatch.setattr(finding, "_KNOWN", {})
    finding._FOLDERS.set(())
    with pytest.raises(FormatError, match="needs the family tiny"):
        ligeia.decode(stream)
    with pytest.raises(reference_decoder.Invalid, match="a coding that needs a model"):
        reference_decoder.decode(stream)
    (tmp_path / "another.safetensors").write_bytes((VECTORS / "family_film.safetensors").read_bytes())
    finding.look_in(tmp_path)
    assert ligeia.decode(stream).rate == RATE
