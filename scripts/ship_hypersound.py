"""Store a trained model of HyperSound with its weights in float16, as the package has it, and say what that changes.

    ligeia train hypersound speech -o speech.safetensors
    python scripts/ship_hypersound.py speech.safetensors src/ligeia/hypersound/hypersound.safetensors

It prints the digest for datasets/provenance.toml, and the SNR of what the two write for noise, one against the other.
"""

import hashlib
import sys
from pathlib import Path

import torch

from ligeia.hypersound.weights import load_model, save_model


def main() -> None:
    """Convert, compare, and print."""
    source, target = map(Path, sys.argv[1:])
    model, facts = load_model(source)
    save_model(target, model.half(), facts, overwrite=True)
    full, _ = load_model(source)
    halved, _ = load_model(target)
    noise = torch.rand(256, full.config.samples, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        wanted, found = full(noise), halved(noise)
    ratio = 10 * torch.log10(wanted.square().sum() / (wanted - found).square().sum())
    print(f"{target}: {target.stat().st_size:,} bytes, sha256 {hashlib.sha256(target.read_bytes()).hexdigest()}")
    print(f"float16 against float32: {ratio:.1f} dB")


if __name__ == "__main__":
    main()
