"""Build the player of `web/player`: python scripts/build_player.py [--out DIR].

DIR (default: web/player/dist) gets both builds: ligeia-player.js with its Worker, and ligeia-player.classic.js, one
script with everything inside. With the default folder the one script is also written to examples/, where player.html
loads it and people find it without node; its first line says of which sources it was made.
"""

import argparse
import hashlib
import json
import runpy
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "web" / "player" / "dist"
SHIPPED = ROOT / "examples" / "ligeia-player.js"
CLASSIC = "ligeia-player.classic.js"
OF_THE_PAGE = ("web/app/", "web/vite.config.ts")
PAGE_BUILDER: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("build_page.py")))


def fingerprint() -> str:
    """Return one digest of everything that the player is made of."""
    sources = {name: one for name, one in PAGE_BUILDER["sources"]().items() if not name.startswith(OF_THE_PAGE)}
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


def first_line() -> str:
    """Return the line that says of which sources a script was made."""
    made_of = fingerprint()[:16]
    return f"/* Ligeia's player, <ligeia-audio>. Apache-2.0. Made by scripts/build_player.py of sources {made_of}. */\n"


def build(out: Path) -> None:
    """Write both builds to `out`, in place of whatever was there.

    Raises:
        CannotBuild: as in scripts/build_page.py.
    """
    node = PAGE_BUILDER["find_node"]()
    PAGE_BUILDER["install"](node)
    vite = PAGE_BUILDER["WEB"] / "node_modules" / "vite" / "bin" / "vite.js"
    words = ("build", "--config", "vite.player.config.ts", "--outDir", str(out), "--logLevel", "warn")
    node.run(vite, *words, "--mode", "production", "--emptyOutDir")
    node.run(vite, *words, "--mode", "classic")
    script = out / CLASSIC
    script.write_text(first_line() + script.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> None:
    """Do what the words of the command ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DIST, help="folder that is overwritten (default: web/player/dist)")
    out = parser.parse_args().out.resolve()
    try:
        build(out)
    except PAGE_BUILDER["CannotBuild"] as error:
        sys.exit(f"error: {error}")
    if out == DIST:
        SHIPPED.write_bytes((DIST / CLASSIC).read_bytes())
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
