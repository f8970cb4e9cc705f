"""Who may import whom: from one's own folder without a circle, and from the rows below."""

from collections.abc import Callable
from functools import cache

from tests.guards.sources import Module, listed, names, product

FEATURES = (
    "stories", "assignments", "drafts", "approvals", "reminders", "wires", "republication", "diary", "search",
)  # fmt: skip
# from the top down; the last row, `base`, is every single file of `desk` that is not a composition
ROWS: tuple[tuple[str, ...], ...] = (
    ("web", "api", "cli", "workers"),
    ("http", "demo"),
    ("newsroom",),
    FEATURES,
    ("people",),
    ("outbox",),
    ("audit",),
    ("files",),
    ("base",),
)
DEPTH = {folder: depth for depth, row in enumerate(ROWS) for folder in row}
# these wire things together and stand outside: what may import them
COMPOSITION: dict[str, Callable[[str], bool]] = {
    "desk.app": lambda name: name.startswith("desk.web."),
    "desk.ring": lambda name: name.startswith(("desk.web.", "desk.cli.", "workers.")),
    "desk.models": lambda name: name.startswith(("desk.web.", "desk.cli.", "workers.")) or name == "desk.app",
}
CLI_MAY = frozenset({"workers.fetch", "workers.deliver"})
SERVERS = ("flask", "werkzeug", "celery", "kombu", "billiard", "redis")
JUNK = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"})


def folder_of(name: str) -> str:
    first, *rest = name.split(".")
    if first == "workers":
        return "workers"
    return rest[0] if len(rest) > 1 or (rest and f"desk.{rest[0]}" in packages()) else "base"


@cache
def packages() -> frozenset[str]:
    return frozenset(module.name for module in product() if module.path.name == "__init__.py")


def modules() -> list[Module]:
    return [module for module in product() if module.name not in COMPOSITION and module.name != "desk"]


def ours(name: str) -> bool:
    return name.split(".")[0] in ("desk", "workers")


def test_every_folder_stands_in_a_row() -> None:
    assert {folder_of(module.name) for module in modules()} <= set(DEPTH)


def test_a_module_imports_only_from_its_own_folder_and_from_rows_below() -> None:
    found = []
    for module in modules():
        here = folder_of(module.name)
        for node, name in module.imports():
            if not ours(name) or name in COMPOSITION or name == "desk":
                continue
            there = folder_of(name)
            allowed = there == here or DEPTH[there] > DEPTH[here] or (here == "cli" and name in CLI_MAY)
            if not allowed:
                found.append(f"{module.at(node)} ({here}) imports {name} ({there})")
    assert not found, listed(found)


def test_what_wires_things_together_is_imported_by_the_edges_only() -> None:
    found = [
        f"{module.at(node)} imports {name}"
        for module in product()
        for node, name in module.imports()
        if name in COMPOSITION and not COMPOSITION[name](module.name)
    ]
    assert not found, listed(found)


def test_no_folder_imports_itself_in_a_circle() -> None:
    found = []
    for folder in DEPTH:
        inside = {module.name: module for module in modules() if folder_of(module.name) == folder}
        graph = {name: {n for _, n in module.imports() if n in inside and n != name} for name, module in inside.items()}
        while leaves := [name for name, wanted in graph.items() if not wanted & set(graph)]:
            for name in leaves:
                del graph[name]
        if graph:
            found.append(f"{folder}: " + ", ".join(sorted(graph)))
    assert not found, listed(found)


def test_nothing_below_http_knows_a_web_server_or_a_broker() -> None:
    found = [
        f"{module.at(node)} imports {name}"
        for module in modules()
        if DEPTH[folder_of(module.name)] > DEPTH["http"] or folder_of(module.name) == "demo"
        for node, name in module.imports()
        if name.split(".")[0].startswith(SERVERS)
    ]
    assert not found, listed(found)


def test_workers_and_the_command_line_never_load_flask() -> None:
    """Not even through what they import."""
    graph = {module.name: {name for _, name in module.imports()} for module in product()}
    found = []
    for start in sorted(name for name in graph if name.startswith(("workers", "desk.cli"))):
        seen, todo = {start}, [start]
        while todo:
            name = todo.pop()
            if name.split(".")[0].startswith(("flask", "werkzeug")):
                found.append(f"{start} loads {name}")
            new = graph.get(name, set()) - seen
            seen |= new
            todo += new
    assert not found, listed(found)


def test_a_package_does_nothing_when_it_is_imported() -> None:
    assert not [module.file for module in product() if module.path.name == "__init__.py" and module.text.strip()]


def test_no_module_is_a_junk_drawer() -> None:
    assert not [name for name in names() if JUNK & set(name.split("."))]


def test_an_import_inside_a_function_says_why() -> None:
    found = []
    for module in product():
        lines = module.text.splitlines()
        for node, name in module.imports():
            line = getattr(node, "lineno", 1)
            if getattr(node, "col_offset", 0) and "#" not in lines[line - 1] + lines[line - 2]:
                found.append(f"{module.at(node)} imports {name}")
    assert not found, listed(found)
