"""The loudness of the page against pyloudnorm, on the same samples."""

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from made_pairs import ROOT, Samples, tone

SOURCE = ROOT / "web" / "app" / "src" / "compare" / "loudness.ts"
Case = tuple[str, int]
TYPESCRIPT = ROOT / "web" / "node_modules" / "typescript" / "lib" / "typescript.js"
PROGRAM = """
const ts = require(process.argv[1]), fs = require("fs");
const compilerOptions = {module: "commonjs", target: "es2022"};
const code = ts.transpileModule(fs.readFileSync(process.argv[2], "utf8"), {compilerOptions});
const made = {exports: {}};
new Function("module", "exports", code.outputText)(made, made.exports);
const found = JSON.parse(process.argv[3]).map(({rate, channels, file}) => {
  const bytes = fs.readFileSync(file), all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const length = all.length / channels;
  const sound = Array.from({length: channels}, (_, c) => all.slice(c * length, (c + 1) * length));
  return made.exports.loudnessOf([sound], rate);
});
console.log(JSON.stringify(found));
"""


def measured(sounds: dict[Case, Samples], folder: Path) -> dict[Case, dict[str, object]]:
    """Return what the page's own code says of each sound."""
    node = shutil.which("node")
    if node is None or not TYPESCRIPT.is_file():
        pytest.skip("no node, or the tools of web/ are not installed")
    given = []
    for (name, rate), samples in sounds.items():
        file = folder / f"{name}-{rate}.f32"
        file.write_bytes(samples.astype("<f4").tobytes())
        given.append({"rate": rate, "channels": len(samples), "file": str(file)})
    command = [node, "-e", PROGRAM, str(TYPESCRIPT), str(SOURCE), json.dumps(given)]
    found = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    return dict(zip(sounds, json.loads(found), strict=True))


def sound_of(name: str, rate: int) -> Samples:
    """Return a made sound; the random ones are the same every time."""
    random = np.random.default_rng(0)
    time = np.arange(5 * rate) / rate
    if name == "tone":
        return tone(997, 3, rate, 0.5)
    if name == "bursts":  # loud, quiet and silent parts: both gates matter
        envelope = np.repeat([1, 0.01, 0, 0.3, 0.001], rate)
        return (random.standard_normal((1, 5 * rate)) * 0.1 * envelope).astype(np.float32)
    chirp = np.sin(2 * np.pi * (50 * time + 0.04 * rate * time**2))
    return np.stack([0.2 * chirp, 0.05 * random.standard_normal(len(time))]).astype(np.float32)


def test_it_agrees_with_pyloudnorm(tmp_path: Path) -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    cases = itertools.product(["tone", "bursts", "stereo"], [8000, 16000, 22050, 44100, 48000])
    sounds = {(name, rate): sound_of(name, rate) for name, rate in cases}
    for case, found in measured(sounds, tmp_path).items():
        meter = pyloudnorm.Meter(case[1], filter_class="DeMan")
        expected = meter.integrated_loudness(sounds[case].T.astype(float))
        assert found == {"by": "loudness", "level": pytest.approx(expected, abs=0.005)}, case
