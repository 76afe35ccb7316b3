"""Build the player of `web/player`: python scripts/build_player.py [--out DIR].

DIR (default: web/player/dist) gets both builds: ligeia-player.js with its Worker and its models as files beside it, and
ligeia-player.classic.js, one script with everything inside. scripts/build_page.py puts them into the package too.
"""

import argparse
import runpy
import struct
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "web" / "player" / "dist"
PAGE_BUILDER: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("build_page.py")))


def build(out: Path) -> None:
    """Write both builds to `out`, in place of whatever was there.

    Raises:
        CannotBuild: as in scripts/build_page.py.
    """
    node = PAGE_BUILDER["find_node"]()
    PAGE_BUILDER["install"](node)
    vite = PAGE_BUILDER["package_script"]("vite")
    words = ("build", "--config", "vite.player.config.ts", "--outDir", str(out), "--logLevel", "warn")
    node.run(vite, *words, "--mode", "production", "--emptyOutDir")
    node.run(vite, *words, "--mode", "classic")
    script = out / "ligeia-player.classic.js"
    script.write_text(in_ascii(script.read_text(encoding="utf-8")), encoding="ascii")


def in_ascii(script: str) -> str:
    """Return a script that means the same on pages that do not say how they are written: modules are always UTF-8."""
    return "".join(
        letter if letter.isascii() else "".join(f"\\u{unit:04x}" for unit in struct.unpack(f"<{len(pair) // 2}H", pair))
        for letter in script
        for pair in [letter.encode("utf-16-le")]
    )


def main() -> None:
    """Do what the words of the command ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DIST, help="folder that is overwritten (default: web/player/dist)")
    out = parser.parse_args().out.resolve()
    try:
        build(out)
    except PAGE_BUILDER["CannotBuild"] as error:
        sys.exit(f"error: {error}")
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
