"""The edges press public verbs and nothing else; the tables that name verbs name ones that exist."""

import ast
import importlib
import inspect

import pytest

from desk.assignments import workflow as assignments
from desk.permissions import TABLE
from desk.stories import workflow as stories
from tests.guards.sources import Module, listed, names, product
from tests.guards.test_imports import FEATURES, folder_of

EDGES = frozenset({"web", "api", "cli", "workers"})
OWNERS = (*FEATURES, "people", "outbox", "audit", "files")
# whose whole trade a feature's steps are: the door, and the two edges that send and fetch
STEPS_OF = {
    "desk.people.signing": {"desk.web.door", "desk.web.account", "desk.cli.database"},
    "desk.outbox.handing": {"workers.deliver"},
    "desk.wires.service": {"workers.fetch"},
}


@pytest.mark.parametrize(
    "move", [*stories.MOVES.values(), *assignments.MOVES.values(), *assignments.OFFER_MOVES.values()], ids=str
)
def test_the_verb_of_every_move_exists_and_names_a_permission(move: stories.Move) -> None:
    module, _, name = move.verb.partition(".")
    verb = getattr(importlib.import_module(f"desk.newsroom.{module}"), name)
    parameters = list(inspect.signature(verb).parameters)
    assert parameters[:2] == ["session", "actor"]
    assert "now" in parameters
    assert move.permission in TABLE


def test_the_edges_use_verbs_and_reads_never_the_steps_of_a_feature() -> None:
    """A verb takes an actor, checks and records; a step takes none and only changes rows."""
    found = []
    for module in (one for one in product() if folder_of(one.name) in EDGES):
        for owner in OWNERS:
            for service in sorted(name for name in names() if name.startswith(f"desk.{owner}.")):
                if module.name in STEPS_OF.get(service, ()):
                    continue
                found += [
                    f"{module.at(node)} takes the step {service}.{used}"
                    for node, used in module.uses_of(service)
                    if _is_step(service, used)
                ]
    assert not found, listed(found)


def _is_step(module: str, name: str) -> bool:
    """Whether this is a function that takes a session and no actor, and not a read."""
    found = getattr(importlib.import_module(module), name)
    if module.endswith((".queries", ".models", ".rules", ".kinds")) or not inspect.isfunction(found):
        return False
    parameters = inspect.signature(found).parameters
    return "session" in parameters and "actor" not in parameters


def test_nobody_uses_what_another_module_keeps_to_itself() -> None:
    found = []
    for module in product():
        for node in module.nodes:
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("desk", "workers"):
                found += [f"{module.at(node)} imports {alias.name}" for alias in node.names if alias.name[0] == "_"]
        found += [f"{module.at(node)} uses {used}" for node, used in _private_uses(module)]
    assert not found, listed(found)


def _private_uses(module: Module) -> list[tuple[ast.AST, str]]:
    ours = {name for _, name in module.imports() if name in names()}
    return [
        (node, f"{name}.{used}")
        for name in ours
        for node, used in module.uses_of(name)
        if used.startswith("_") and not used.endswith("__")
    ]
