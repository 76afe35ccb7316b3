"""Write docs/api.md: every public name of `ligeia`, with its signature, what its docstring says, and its source.

Usage: python scripts/api_page.py

The source is parsed, never run: the page needs none of the extras, and comes out the same on every machine. Docstrings
are Markdown with a few sections (Args, Returns, Raises, Example), so that nothing but these is translated.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import ligeia

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "api.md"
SOURCE = ROOT / "src"
WIDTH = 100
"""Signatures that are longer are broken, one parameter to a line."""
ROOMS = {
    "ligeia.audio": ("Sound in memory and on disk", {}),
    "ligeia.codec": (
        "Compressing: streams",
        {"the format": "../src/ligeia/codec/FORMAT.md", "comparison with other codecs": "benchmark.md"},
    ),
    "ligeia.inr": ("Sound as a function", {"one sound through the house": "architecture.md"}),
    "ligeia.fitting": ("Fitting networks", {"networks and recipes": "networks.md"}),
    "ligeia.networks": ("Networks", {"networks and recipes": "networks.md"}),
    "ligeia.embedding": ("Writing functions by trained models", {"models": "models.md"}),
    "ligeia.latent": ("Families of sounds", {"families": "families.md", "the family notes": "notes-model.md"}),
    "ligeia.enhance": (
        "Mending sound",
        {"denoising": "denoise.md", "restoration": "restore.md", "extension": "extend.md"},
    ),
    "ligeia.metrics": ("Comparing sounds", {"metrics": "metrics.md"}),
    "ligeia.progress": ("Long calls", {}),
    "ligeia.errors": ("Errors", {}),
}
"""Headings of the page in order, and the pages that say more, by where a name is defined; others come last."""
Definition = ast.FunctionDef | ast.ClassDef | ast.AnnAssign | ast.Assign


@dataclass(frozen=True)
class Named:
    """A name, the module that defines it, and its definition."""

    name: str
    module: str
    node: Definition
    doc: str

    @property
    def anchor(self) -> str:
        """The fragment of its heading, as Markdown renderers make it."""
        return re.sub(r"[^\w-]", "", self.name.lower())


# --- finding definitions ------------------------------------------------------------------------------


def module_file(module: str) -> Path:
    """Return the file of a module."""
    path = SOURCE / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def find(name: str, module: str) -> Named | None:
    """Return what `name` is in `module`, imports followed; None for what the package does not define."""
    if not module_file(module).is_file():
        return None
    body = ast.parse(module_file(module).read_text(encoding="utf-8")).body
    for node, doc in documented(body):
        if name in names_of(node):
            return Named(name, module, node, doc)
    for node in (each for part in body if isinstance(part, ast.ImportFrom | ast.If) for each in ast.walk(part)):
        for alias in node.names if isinstance(node, ast.ImportFrom) else []:
            if (alias.asname or alias.name) == name:
                return find(alias.name, node.module or "")
    return None


def names_of(node: ast.stmt) -> list[str]:
    """Return the names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def documented(body: list[ast.stmt]) -> Iterator[tuple[Definition, str]]:
    """Yield each definition of a module or class with its docstring: its own, or the text that follows a variable."""
    for node, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node, ast.get_docstring(node) or ""
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            text = after.value if isinstance(after, ast.Expr) else None
            said = isinstance(text, ast.Constant) and isinstance(text.value, str)
            yield node, dedent(" " * node.col_offset + text.value).strip() if said else ""


def members(one: Named) -> Iterator[tuple[Definition, str]]:
    """Yield the public members of a class, those of its bases in the package first; each name stands once."""
    found: dict[str, tuple[Definition, str]] = {}
    for base in [one, *bases(one)][::-1]:
        for node, doc in documented(base.node.body):
            for name in names_of(node):
                if not name.startswith("_") or name == "__call__":
                    found[name] = node, doc or (found[name][1] if name in found else "")
    yield from found.values()


def bases(one: Named) -> list[Named]:
    """Return the base classes that the package defines, nearest first."""
    direct = [find(ast.unparse(base), one.module) for base in one.node.bases]
    return [each for base in direct if base for each in (base, *bases(base))]


# --- signatures ---------------------------------------------------------------------------------------


def annotation(node: ast.expr | None) -> str:
    """Return a type as it is read, without the quotes of those that are imported later."""
    if node is None:
        return ""
    return re.sub(
        r"'([^']*)'", lambda text: text[1] if "Literal" not in ast.unparse(node) else text[0], ast.unparse(node)
    )


def signature(name: str, node: ast.FunctionDef, *, method: bool = False) -> str:
    """Return a function's signature, broken where it is long."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    absent = [None] * (len(positional) - len(arguments.defaults))
    parts = [parameter(*pair) for pair in zip(positional, [*absent, *arguments.defaults], strict=True)][method:]
    if arguments.vararg:
        parts.append("*" + parameter(arguments.vararg, None))
    elif arguments.kwonlyargs:
        parts.append("*")
    parts += [parameter(*pair) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        parts.append("**" + parameter(arguments.kwarg, None))
    return broken(name, parts, f" -> {annotation(node.returns)}" if node.returns else "")


def parameter(argument: ast.arg, default: ast.expr | None) -> str:
    """Return `name: type = default`."""
    kind = f": {annotation(argument.annotation)}" if argument.annotation else ""
    return argument.arg + kind + ("" if default is None else f" = {ast.unparse(default)}")


def broken(name: str, parts: list[str], result: str) -> str:
    """Return a call on one line, or with one parameter to a line."""
    line = f"{name}({', '.join(parts)}){result}"
    return line if len(line) <= WIDTH else "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){result}"])


def is_property(node: Definition) -> bool:
    """True for a property, cached or not."""
    marks = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return any(ast.unparse(mark) in ("property", "cached_property") for mark in marks)


def constructor(one: Named) -> str:
    """Return how an object of a dataclass is made; other classes are made by functions."""
    marks = [ast.unparse(mark) for mark in one.node.decorator_list]
    if not any(mark.startswith("dataclass") for mark in marks):
        return ""
    made = [node for node, _ in members(one) if is_field(node)]
    parts = [ast.unparse(node.target) + f": {annotation(node.annotation)}" + default_of(node) for node in made]
    return broken(one.name, [*(["*"] if any("kw_only=True" in mark for mark in marks) else []), *parts], "")


def is_field(node: Definition) -> bool:
    """True for a field of a dataclass."""
    return isinstance(node, ast.AnnAssign) and not ast.unparse(node.annotation).startswith("ClassVar")


def default_of(node: ast.AnnAssign) -> str:
    """Return ` = value`, with `…` for one that is made anew each time."""
    value = "" if node.value is None else ast.unparse(node.value)
    if value.startswith("field("):
        value = "…" if "default" in value else ""
    return f" = {value}" if value else ""


# --- Markdown -----------------------------------------------------------------------------------------

SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Example):\n((?:[ ]+.*\n?|\n)+)", re.MULTILINE)
TITLES = {"Args": "Arguments"}


def markdown(doc: str, links: dict[str, str]) -> str:
    """Return a docstring as Markdown: sections become lists or code, public names become links."""
    text, sections = SECTION.split(doc)[0], SECTION.findall(doc)
    parts = [linked(text.strip(), links)]
    for title, body in sections:
        body = dedent(body).strip()
        if title == "Example":
            parts.append(f"```pycon\n{body}\n```")
            continue
        items = re.split(r"\n(?=\S)", body)
        lines = [re.sub(r"^([\w*, .`]+): *", r"`\1`: ", " ".join(item.split())) for item in items]
        parts.append(f"**{TITLES.get(title, title)}**\n\n" + "\n".join(f"- {linked(line, links)}" for line in lines))
    return "\n\n".join(part for part in parts if part)


def linked(text: str, links: dict[str, str]) -> str:
    """Return text in which each public name in backticks leads to its place."""
    return re.sub(
        r"`(?:ligeia\.)?(\w+)`", lambda name: f"[{name[0]}](#{links[name[1]]})" if name[1] in links else name[0], text
    )


def entry(one: Named, links: dict[str, str]) -> str:
    """Return the part of the page about one name."""
    links = {name: anchor for name, anchor in links.items() if name != one.name}
    where = module_file(one.module).relative_to(ROOT)
    parts = [f"### {one.name}"]
    if isinstance(one.node, ast.FunctionDef):
        parts += [code(signature(one.name, one.node))]
    elif isinstance(one.node, ast.ClassDef):
        parts += [code(made)] if (made := constructor(one)) else []
        parents = [f"`{ast.unparse(base)}`" for base in one.node.bases]
        parts += [f"Derives from {linked(', '.join(parents), links)}."] if parents else []
    elif isinstance(one.node, ast.AnnAssign):
        parts += [code(f"{one.name}: {annotation(one.node.annotation)}")]
    else:
        parts += [code(ast.unparse(one.node))]
    parts.append(markdown(one.doc, links))
    if isinstance(one.node, ast.ClassDef):
        parts += class_members(one, links)
    return "\n\n".join([*(part for part in parts if part), f"Defined in [`{one.module}`](../{where})."])


def class_members(one: Named, links: dict[str, str]) -> list[str]:
    """Return a list of fields and properties, then each method."""
    values, methods = [], []
    for node, doc in members(one):
        if isinstance(node, ast.AnnAssign) and is_field(node):
            values.append(f"- `{ast.unparse(node.target)}: {annotation(node.annotation)}`" + colon(doc, links))
        elif isinstance(node, ast.FunctionDef) and is_property(node):
            values.append(f"- `{node.name}: {annotation(node.returns)}`" + colon(doc, links))
        elif isinstance(node, ast.FunctionDef) and "overload" not in map(ast.unparse, node.decorator_list):
            fixed = "staticmethod" in map(ast.unparse, node.decorator_list)
            call = signature(f"{one.name}.{node.name}", node, method=not fixed)
            methods.append(f"{code(call)}\n\n{markdown(doc, links)}")
    return [*(["**Fields and properties**", "\n".join(values)] if values else []), *methods]


def colon(doc: str, links: dict[str, str]) -> str:
    """Return `: text` of a member's docstring on one line, its sections left out."""
    text = " ".join(SECTION.split(doc)[0].split())
    return f": {linked(text, links)}" if text else ""


def code(text: str) -> str:
    """Return a block of code that no test runs: their blocks are named python."""
    return f"```py\n{text}\n```"


def types_in(names: list[Named]) -> list[Named]:
    """Return the classes and aliases of the package that public signatures and docstrings name, but are not public."""
    found: dict[str, Named] = {}
    for one in names:
        for node, doc in [(one.node, one.doc), *(members(one) if isinstance(one.node, ast.ClassDef) else ())]:
            kinds = [node.annotation] if isinstance(node, ast.AnnAssign) else []
            if isinstance(node, ast.FunctionDef):
                arguments = [*node.args.args, *node.args.kwonlyargs]
                kinds = [*(argument.annotation for argument in arguments if argument.annotation), node.returns]
            words = {word for kind in kinds for word in re.findall(r"\b[A-Z]\w+", annotation(kind))}
            words |= {*re.findall(r"`([A-Z]\w*[a-z]\w*)`", doc)}
            for word in words - {other.name for other in names}:
                if (each := find(word, one.module)) and each.node is not one.node:
                    found[word] = each
    return sorted(found.values(), key=lambda one: one.name.lower())


def public_names() -> list[Named]:
    """Return what `ligeia.__all__` names, in order of the rooms."""
    homes = ligeia._HOME
    found = [one for name in ligeia.__all__ if name in homes and (one := find(name, homes[name]))]
    if missing := {*ligeia.__all__} - {one.name for one in found} - {"__version__"}:
        raise SystemExit(f"no definition was found of: {', '.join(sorted(missing))}")
    return sorted(found, key=lambda one: (list(ROOMS).index(room_of(one)), one.name.lower()))


def room_of(one: Named) -> str:
    """Return the entry of `ROOMS` that a name belongs to."""
    return next((room for room in ROOMS if f"{one.module}.".startswith(f"{room}.")), "ligeia.errors")


def page() -> str:
    """Return docs/api.md."""
    names = public_names()
    types = types_in(names)
    links = {one.name: one.anchor for one in [*names, *types]}
    parts = [
        "# The library",
        "Every public name of `ligeia`, made by `make docs` from signatures and docstrings; do not edit. "
        "What is not named here may change without notice. Every example is run by the tests. "
        "`ligeia.__version__` is the version.",
        "Time is in seconds and frequency in Hz everywhere; samples are float32 `[channels, time]`, nominally in "
        "[-1, 1]. Nothing is imported before it is used: names that need an extra raise "
        f"[`MissingExtra`](#{links['MissingExtra']}) where it is not installed.",
    ]
    rooms = {room: [one for one in names if room_of(one) == room] for room in ROOMS}
    summary = [
        f"| {ROOMS[room][0]} | {' · '.join(f'[`{one.name}`](#{one.anchor})' for one in here)} |"
        for room, here in rooms.items()
        if here
    ]
    summary.append(f"| Types in signatures | {' · '.join(f'[`{one.name}`](#{one.anchor})' for one in types)} |")
    parts.append("\n".join(["| about | names |", "| --- | --- |", *summary]))
    for room, here in rooms.items():
        title, pages = ROOMS[room]
        more = [f"[{name}]({path})" for name, path in pages.items()]
        parts += [f"## {title}", *([f"More: {', '.join(more)}."] if more else [])] if here else []
        parts += [entry(one, links) for one in here]
    parts += ["## Types in signatures", "What the names above give or take; import them from where they are defined."]
    parts += [entry(one, links) for one in types]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
