"""The product's source, parsed: what each module imports, calls and names."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name, its text, its syntax tree."""

    name: str
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def file(self) -> str:
        return str(self.path.relative_to(ROOT))

    def at(self, node: ast.AST) -> str:
        return f"{self.file}:{getattr(node, 'lineno', 0)}"

    def imports(self) -> Iterator[tuple[ast.AST, str]]:
        """Every module that is imported, anywhere in the file: `from desk import db` imports `desk.db`."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                for alias in node.names:
                    deeper = f"{module}.{alias.name}"
                    yield node, deeper if deeper in names() else module

    def names_of(self, module: str) -> dict[str, str]:
        """The names by which this file knows things of `module`: local name -> name there."""
        return {
            alias.asname or alias.name: alias.name
            for node in self.nodes
            if isinstance(node, ast.ImportFrom) and node.module == module
            for alias in node.names
        }

    def uses_of(self, module: str) -> Iterator[tuple[ast.AST, str]]:
        """What of `module` is used here, by whatever name the module or the thing was imported."""
        for name in self.names_of(module).values():
            yield self.tree, name
        folder, _, last = module.rpartition(".")
        aliases = {local for local, there in self.names_of(folder).items() if there == last}
        for node in self.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                yield node, node.attr

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in self.nodes if isinstance(node, ast.Call))


@cache
def product() -> tuple[Module, ...]:
    """All modules of `desk` and `workers`."""
    paths = [path for folder in ("desk", "workers") for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(_module(path) for path in paths)


@cache
def migrations() -> tuple[Module, ...]:
    """All modules of `migrations`."""
    return tuple(_module(path) for path in sorted((ROOT / "migrations").rglob("*.py")))


@cache
def names() -> frozenset[str]:
    """The dotted names of all modules and packages of the product."""
    return frozenset(module.name for module in product())


def dotted(node: ast.AST) -> str:
    """`a.b.c` for an attribute of names, else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (start := dotted(node.value)):
        return f"{start}.{node.attr}"
    return ""


def listed(found: list[str]) -> str:
    """What a failing guard says: one finding a line."""
    return "\n" + "\n".join(sorted(found))


def _module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path, path.read_text())
