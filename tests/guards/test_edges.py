"""Who commits, who writes which tables, who asks for the time, for chance and for the environment."""

import ast
from collections.abc import Iterator

from tests.guards.sources import Module, dotted, listed, migrations, product
from tests.guards.test_imports import FEATURES

COMMIT = frozenset({"desk/store.py", "desk/cli/schema.py", "migrations/env.py"})
OWNERS = (*FEATURES, "outbox", "audit", "files", "people")
WRITES = frozenset({"add", "add_all", "merge", "delete", "bulk_save_objects", "bulk_insert_mappings"})
STATEMENTS = frozenset({"insert", "update", "delete"})


def test_only_the_edges_commit() -> None:
    found = [
        f"{module.at(call)} commits"
        for module in (*product(), *migrations())
        if module.file not in COMMIT
        for call in module.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]
    assert not found, listed(found)


def test_only_the_settings_read_the_environment() -> None:
    found = [
        f"{module.at(node)} reads {dotted(node)}"
        for module in product()
        if module.file != "desk/settings.py"
        for node in module.nodes
        if dotted(node) in ("os.environ", "os.getenv", "os.environb")
    ]
    found += [
        f"{module.file} imports the environment"
        for module in product()
        if {"environ", "getenv"} & set(module.names_of("os").values())
    ]
    assert not found, listed(found)


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = ("now", "utcnow", "today")
    found = [
        f"{module.at(call)} calls {dotted(call.func)}"
        for module in product()
        if module.file != "desk/clock.py"
        for call in module.calls()
        if dotted(call.func) == "time.time"
        or (isinstance(call.func, ast.Attribute) and call.func.attr in asking and _is_a_date(call.func.value))
    ]
    assert not found, listed(found)


def _is_a_date(node: ast.AST) -> bool:
    return dotted(node).split(".")[-1] in ("datetime", "date")


def test_all_chance_comes_from_one_place() -> None:
    found = [
        f"{module.at(node)} imports {name}"
        for module in product()
        if module.file != "desk/chance.py"
        for node, name in module.imports()
        if name.split(".")[0] in ("random", "secrets", "uuid")
    ]
    found += [
        f"{module.at(node)} uses os.urandom"
        for module in product()
        for node in module.nodes
        if dotted(node) == "os.urandom"
    ]
    assert not found, listed(found)


def test_the_newsroom_never_writes_the_tables_of_a_feature() -> None:
    """It gathers, asks and records; each feature changes its own rows. Staffing is the newsroom's own act on people."""
    found = []
    for module in product():
        if module.name.startswith("desk.newsroom."):
            found += list(_makes_rows(module))
        if module.name.startswith("desk.newsroom.") and module.name != "desk.newsroom.staffing":
            found += [*_writes(module), *_sets_columns(module)]
    assert not found, listed(found)


def _makes_rows(module: Module) -> Iterator[str]:
    owners = [owner for owner in OWNERS if not (owner == "people" and module.name == "desk.newsroom.staffing")]
    models = {name for owner in owners for name in module.names_of(f"desk.{owner}.models") if name[:1].isupper()}
    for call in module.calls():
        what = dotted(call.func)
        if what in models:
            yield f"{module.at(call)} makes a row: {what}(…)"
        elif what.split(".")[-1] in STATEMENTS and call.args and dotted(call.args[0]) in models:
            yield f"{module.at(call)} changes rows: {what}({dotted(call.args[0])})"


def _writes(module: Module) -> Iterator[str]:
    for call in module.calls():
        what = dotted(call.func)
        if what == "setattr" or (what.split(".")[-1] in WRITES and what.split(".")[0] in ("session", "db")):
            yield f"{module.at(call)} writes by itself: {what}"


def _sets_columns(module: Module) -> Iterator[str]:
    own = {"self"} | {node.name for node in module.nodes if isinstance(node, ast.ExceptHandler) and node.name}
    for node in module.nodes:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and dotted(target.value) not in own:
                yield f"{module.at(node)} sets a column: {dotted(target)}"
