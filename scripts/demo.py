"""The main job, start to end: a recording becomes a function, a file, and a sound again.

python scripts/demo.py [AUDIO] [--preset NAME]    writes demo-out/: the .lig stream, the decoded WAV, a picture.
"""

import argparse
import sys
from pathlib import Path
from time import monotonic

import numpy as np

import ligeia
from ligeia.audio.atomic import write_bytes
from ligeia.audio.signal import snr_from_energies
from ligeia.codec.encode import encode_with_report
from ligeia.codec.settings import EncodeSettings
from ligeia.metrics.waveform import pcm16_bytes
from ligeia.plots.recordings import plot_comparison
from ligeia.plots.style import save_figure
from ligeia.progress import Progress

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("audio", nargs="?", type=Path, default=ROOT / "examples" / "demo.flac")
    parser.add_argument("--preset", help="speech, music, waveform; draft, standard, fine of the siren")
    parser.add_argument("--out", type=Path, default=Path("demo-out"))
    options = parser.parse_args()
    try:
        run(options.audio, options.preset, options.out)
    except ligeia.LigeiaError as error:
        sys.exit(f"demo: {error}")


def run(path: Path, preset: str | None, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    audio = ligeia.read_audio(path)
    print(f"1  a recording   {path.name}: {audio.seconds:.2f} s, {audio.rate} Hz, {audio.channels} channel(s)")
    stream, report = encode_with_report(audio, EncodeSettings(preset=preset), on_progress=show)
    how = f"preset {report.preset}" if report.steps is None else f"preset {report.preset}, {report.steps} steps"
    print(f"2  a function    in {report.seconds:.1f} s, {how}, {report.snr_db:.2f} dB SNR")

    lig = folder / f"{path.stem}.lig"
    write_bytes(lig, stream, overwrite=True)
    info = ligeia.inspect(lig, counting=True)
    pcm16 = pcm16_bytes(audio.sample_count, audio.channels)
    print(f"3  a file        {lig}: {info.total_bytes:,} bytes on disk, {info.kbps:.1f} kbps")
    print(f"                 {info.parameters:,} parameters; 16-bit PCM of the same sound: {pcm16:,} bytes")

    started = monotonic()
    inr = ligeia.decode(lig.read_bytes())
    copy = inr.render()
    took = monotonic() - started
    wav = folder / f"{path.stem}.decoded.wav"
    ligeia.write_audio(wav, copy, overwrite=True)
    print(
        f"4  a sound again {wav}: {copy.sample_count} samples (original {audio.sample_count}), decoded in {took:.2f} s"
    )
    print(f"                 {snr_db(audio, copy):.2f} dB SNR")
    middle = audio.seconds / 2
    value, slope = inr([middle])[0, 0], inr.derivative([middle])[0, 0]
    print(f"5  any instant   f({middle:.4f} s) = {value:+.4f}, f' = {slope:+.1f} /s")

    picture = folder / f"{path.stem}.png"
    save_figure(plot_comparison(reference=audio, estimate=copy, title=f"{path.name}: {info.kbps:.1f} kbps"), picture)
    print(f"6  a picture     {picture}")


def show(progress: Progress) -> None:
    if sys.stdout.isatty():
        loss = "" if progress.loss is None else f"loss {progress.loss:.4f}"
        print(f"   {progress.stage or 'fitting':13} {100 * progress.done:3.0f} %  {loss:12}", end="\r", flush=True)


def snr_db(reference: ligeia.Audio, estimate: ligeia.Audio) -> float:
    signal, error = reference.samples, reference.samples - estimate.samples
    return snr_from_energies(*(float(np.square(one, dtype=np.float64).sum()) for one in (signal, error)))


if __name__ == "__main__":
    main()
