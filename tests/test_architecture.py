"""The house rules: which module may load what, how big things may grow, and what never appears in src.

Every check is a function from a folder to a list of complaints, tried on a bad tree before it judges ours.
"""

import ast
import graphlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "src" / "ligeia"
TESTS = REPOSITORY / "tests"

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
FRONT_DOOR = {"codec/encode.py encode"}
"""Functions whose keywords are settings that users type one of at a time; all may be given in one dataclass as well."""
FILE_LINES, MEDIAN_LINES, LONG_LINES, LONG_SHARE, PARAMETERS = 400, 10, 50, 0.03, 7

FORBIDDEN_EVERYWHERE = {"builtins.eval", "builtins.exec"}
FORBIDDEN_BELOW_CLI = {"builtins.print", "sys.exit"}
PICKLING = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
BUILTINS = {"print", "eval", "exec"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(package: Path) -> Iterator[Path]:
    """Every Python file of a package, in a fixed order."""
    return iter(sorted(package.rglob("*.py")))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(package: Path) -> Iterator[tuple[Path, Function]]:
    """Every function and method of a package, nested ones too."""
    for path in sources(package):
        for node in ast.walk(parse(path)):
            if isinstance(node, Function):
                yield path, node


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """How many parameters a caller sees: all but a leading self or cls."""
    given = function.args
    positional = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    if positional[:1] in (["self"], ["cls"]):
        positional = positional[1:]
    return len(positional) + len(given.kwonlyargs) + (given.vararg is not None) + (given.kwarg is not None)


def in_cli(path: Path, package: Path) -> bool:
    return path.relative_to(package).parts[0] in ("cli", "cli.py")


# --- the checks -------------------------------------------------------------------------------------


def vague_names(package: Path) -> list[str]:
    """Modules and folders whose name says nothing."""
    found = [path for path in sources(package) if path.stem in VAGUE_NAMES]
    found += [path for path in sorted(package.rglob("*")) if path.is_dir() and path.name in VAGUE_NAMES]
    return [f"{path.relative_to(package)}: name it after what is in it" for path in found]


def long_files(package: Path) -> list[str]:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(package)}
    return [
        f"{path.relative_to(package)}: {length} lines, {FILE_LINES} at most"
        for path, length in lengths.items()
        if length > FILE_LINES
    ]


def long_functions(package: Path) -> list[str]:
    """Complaints where the median, or the share of long functions, is over budget."""
    found = [(body_lines(node), f"{path.relative_to(package)}:{node.name}") for path, node in functions(package)]
    if not found:
        return []
    complaints = []
    median = statistics.median(length for length, _ in found)
    if median > MEDIAN_LINES:
        complaints.append(f"the median function has {median} lines, {MEDIAN_LINES} at most")
    long = [f"{name} ({length})" for length, name in sorted(found, reverse=True) if length > LONG_LINES]
    if len(long) > LONG_SHARE * len(found):
        complaints.append(f"{len(long)} of {len(found)} functions have over {LONG_LINES} lines: {', '.join(long)}")
    return complaints


def wide_functions(package: Path) -> list[str]:
    """Functions with too many parameters; a command's options under cli do not count."""
    return [
        f"{path.relative_to(package)}:{node.lineno} {node.name} has {parameters(node)} parameters"
        for path, node in functions(package)
        if parameters(node) > PARAMETERS
        and not in_cli(path, package)
        and f"{path.relative_to(package)} {node.name}" not in FRONT_DOOR
    ]


def untested_modules(package: Path, tests: Path) -> list[str]:
    """Modules that no test in the folder of their room imports; those of cli are tested through the command."""
    complaints = []
    for path in sources(package):
        inside = path.relative_to(package)
        if inside.name == "__init__.py" or in_cli(path, package):
            continue
        room = tests / inside.parts[0] if len(inside.parts) > 1 else tests
        parent = re.escape(".".join((package.name, *inside.parent.parts)))
        imports = re.compile(rf"\b{parent}\.{path.stem}\b|from {parent} import (?:\([^)]*|.*)\b{path.stem}\b")
        texts = (test.read_text(encoding="utf-8") for test in room.rglob("*.py"))
        if not any(imports.search(text) for text in texts):
            complaints.append(f"{inside}: no test in {room.relative_to(tests.parent)} imports it")
    return complaints


def imported_modules(path: Path, package: Path) -> set[str]:
    """Modules of the package that one of them imports, inside functions and for types too."""
    targets = {
        name
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    }
    return {name for name in targets if (package.parent / f"{name.replace('.', '/')}.py").is_file()}


def import_circles(package: Path) -> list[str]:
    """Modules that import each other, over however many others."""
    imports = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts): imported_modules(path, package)
        for path in sources(package)
    }
    try:
        list(graphlib.TopologicalSorter(imports).static_order())
    except graphlib.CycleError as error:
        return [f"{' <- '.join(error.args[1])}: import each other"]
    return []


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What each name that the module imports stands for, as a dotted path."""
    names = {name: f"builtins.{name}" for name in BUILTINS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """`a.b.c` with `a` resolved through the imports; empty where it is no plain dotted, imported name."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def imports_pickling(node: ast.AST) -> bool:
    modules: list[str] = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        modules = [node.module]
    return any(module.partition(".")[0] in PICKLING for module in modules)


def allows_pickle(node: ast.AST) -> bool:
    """A call with `allow_pickle=` anything but a plain False."""
    return isinstance(node, ast.Call) and any(
        keyword.arg == "allow_pickle" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
        for keyword in node.keywords
    )


def unpickles(call: ast.Call, names: dict[str, str]) -> bool:
    """A call of `torch.load` without a plain `weights_only=True`."""
    return dotted(call.func, names) == "torch.load" and not any(
        keyword.arg == "weights_only" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )


def forbidden_in(tree: ast.Module, forbidden: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of every forbidden call and of everything that smells of pickle."""
    names = imported_names(tree)
    for node in ast.walk(tree):
        if imports_pickling(node) or allows_pickle(node):
            yield node.lineno, "pickle"  # type: ignore[attr-defined]
        elif isinstance(node, ast.Call) and unpickles(node, names):
            yield node.lineno, "torch.load without weights_only=True"
        elif isinstance(node, ast.Call) and (name := dotted(node.func, names)) in forbidden:
            yield node.lineno, name.removeprefix("builtins.")


def forbidden_calls(package: Path) -> list[str]:
    """print and sys.exit below cli; unpickling, eval and exec anywhere."""
    complaints = []
    for path in sources(package):
        forbidden = FORBIDDEN_EVERYWHERE | (set() if in_cli(path, package) else FORBIDDEN_BELOW_CLI)
        found = sorted(forbidden_in(parse(path), forbidden))
        complaints += [f"{path.relative_to(package)}:{line}: {name}" for line, name in found]
    return complaints


# --- our own package --------------------------------------------------------------------------------


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a fresh process that finds this checkout first."""
    path = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120)


def loaded_by(module: str) -> set[str]:
    """The modules in memory after a fresh process has imported `module`."""
    program = f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = run(sys.executable, "-c", program)
    assert done.returncode == 0, f"import {module} failed:\n{done.stderr}"
    return set(json.loads(done.stdout))


def test_decoding_needs_no_optimiser() -> None:
    loaded = loaded_by("ligeia.codec.decode")
    assert "ligeia.codec.decode" in loaded
    assert not loaded & {"ligeia.fitting", "matplotlib"}


def test_torch_is_an_extra() -> None:
    done = run(sys.executable, "-W", "error", str(TESTS / "run_without_torch.py"))
    assert done.returncode == 0, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("ligeia:")]
    assert errors == ['ligeia: this needs the package "torch": pip install "ligeia[torch]"'] * 4


def test_importing_ligeia_does_no_work() -> None:
    loaded = loaded_by("ligeia")
    assert "ligeia" in loaded
    assert not loaded & {"torch", "soundfile", "scipy", "matplotlib"}


def test_package_is_where_the_checks_look() -> None:
    assert {PACKAGE / "__init__.py", PACKAGE / "errors.py"} <= set(sources(PACKAGE))


RULES = [vague_names, long_files, long_functions, wide_functions, forbidden_calls, import_circles]


@pytest.mark.parametrize("check", RULES, ids=lambda check: check.__name__)
def test_house_rule(check) -> None:
    complaints = check(PACKAGE)
    assert not complaints, "\n".join(complaints)


def test_every_module_is_tested_in_its_room() -> None:
    complaints = untested_modules(PACKAGE, TESTS)
    assert not complaints, "\n".join(complaints)


def test_import_contracts_are_kept() -> None:
    beside = Path(sys.executable).with_name("lint-imports")
    program = str(beside) if beside.is_file() else shutil.which("lint-imports")
    if program is None:
        pytest.skip("import-linter is not installed")
    done = run(program, "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


# --- the checks themselves, on small trees ----------------------------------------------------------


def tree(root: Path, **files: str) -> Path:
    """Writes files under `root`; `__` in a name stands for a folder's slash."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def lines_of_function(name: str, length: int) -> str:
    return f'def {name}():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * length


def test_vague_names_are_found(tmp_path: Path) -> None:
    package = tree(tmp_path, utils="", audio__helpers="", misc__siren="", communal="")
    found = [complaint.partition(":")[0] for complaint in vague_names(package)]
    assert found == ["audio/helpers.py", "utils.py", "misc"]


def test_long_files_are_found(tmp_path: Path) -> None:
    package = tree(tmp_path, fits="x = 1\n" * FILE_LINES, over="x = 1\n" * (FILE_LINES + 1))
    assert long_files(package) == ["over.py: 401 lines, 400 at most"]


def test_median_does_not_count_docstrings(tmp_path: Path) -> None:
    assert long_functions(tree(tmp_path, a=lines_of_function("f", MEDIAN_LINES))) == []
    (complaint,) = long_functions(tree(tmp_path, a=lines_of_function("f", MEDIAN_LINES + 1)))
    assert complaint == "the median function has 11 lines, 10 at most"


@pytest.mark.parametrize(("short", "complaints"), [(40, 0), (20, 1)])
def test_share_of_long_functions(tmp_path: Path, short: int, complaints: int) -> None:
    text = "\n".join(lines_of_function(f"f{n}", 2) for n in range(short))
    package = tree(tmp_path, a=text, b=lines_of_function("g", LONG_LINES + 1))
    assert len(long_functions(package)) == complaints


def test_function_without_statements_has_no_lines(tmp_path: Path) -> None:
    (pair,) = functions(tree(tmp_path, a='def f():\n    """Only this."""\n'))
    assert body_lines(pair[1]) == 0


def test_wide_functions_are_found_outside_cli(tmp_path: Path) -> None:
    wide = "def f(a, b, /, c, d, *e, g, h, **i): pass\n"
    method = "class A:\n    def m(self, a, b, c, d, e, f, g): pass\n"
    package = tree(tmp_path, fitting__loop=wide, cli__fit=wide, inr=method)
    assert wide_functions(package) == ["fitting/loop.py:1 f has 8 parameters"]


def test_import_circles_are_found_even_of_types(tmp_path: Path) -> None:
    package = tmp_path / "ligeia"
    late = "def f():\n    from ligeia.c import x\n"
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ligeia import a\n"
    tree(package, a="from ligeia.b import x", b=late, c="")
    assert import_circles(package) == []
    tree(package, c=typed)
    (complaint,) = import_circles(package)
    assert all(f"ligeia.{name}" in complaint for name in "abc")


def test_untested_modules_are_found(tmp_path: Path) -> None:
    package = tree(tmp_path / "src" / "ligeia", inr="", a__b="", a__c="", a__d="")
    (package / "a" / "__init__.py").touch()
    tests = tree(
        tmp_path / "tests", test_inr="import ligeia.inr", a__test_b="from ligeia.a.b import x", test_c="ligeia.a.d"
    )
    assert untested_modules(package, tests) == [
        "a/c.py: no test in tests/a imports it",
        "a/d.py: no test in tests/a imports it",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("print('x')", "print"),
        ("import builtins\nbuiltins.print('x')", "print"),
        ("import sys\nsys.exit(1)", "sys.exit"),
        ("from sys import exit as leave\nleave()", "sys.exit"),
        ("import torch\ntorch.load('x', weights_only=False)", "torch.load without weights_only=True"),
        ("import torch\ntorch.load('x', weights_only=safe)", "torch.load without weights_only=True"),
        ("import torch as t\nt.load('x')", "torch.load without weights_only=True"),
        ("def f():\n    from torch import load\n    return load('x')", "torch.load without weights_only=True"),
        ("eval('1')", "eval"),
        ("exec('1')", "exec"),
        ("import pickle", "pickle"),
        ("from pickle import loads", "pickle"),
        ("import numpy as np\nnp.load('x', allow_pickle=True)", "pickle"),
    ],
)
def test_forbidden_calls_are_found(tmp_path: Path, text: str, name: str) -> None:
    (complaint,) = forbidden_calls(tree(tmp_path, a=text))
    assert complaint.endswith(f": {name}")


@pytest.mark.parametrize(
    "text",
    [
        "def f(model):\n    model.eval()\n    model.load('x')",
        "import re\nre.compile('print(|eval(|sys.exit')",
        "import numpy as np\nnp.load('x', allow_pickle=False)",
        "from rich import print as show\nshow('x')",
        "import torch\ntorch.nn.Module().eval()",
        "import torch\ntorch.load('x', map_location='cpu', weights_only=True)",
        "'''Never call print(x), torch.load(x) or pickle.'''",
    ],
)
def test_innocent_code_passes(tmp_path: Path, text: str) -> None:
    assert forbidden_calls(tree(tmp_path, a=text)) == []


def test_cli_may_print_and_exit_but_not_unpickle(tmp_path: Path) -> None:
    text = "import sys, torch\nprint(1)\nsys.exit(2)\ntorch.load('x')\n"
    assert forbidden_calls(tree(tmp_path, cli__main=text)) == ["cli/main.py:4: torch.load without weights_only=True"]
