"""Small things: a view, a task, a file."""

import ast

from tests.guards.sources import Module, listed, product

LONGEST_FILE = 400
VIEW, TASK = 15, 10


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    found = [
        f"{module.file}: {lines} lines" for module in product() if (lines := module.text.count("\n")) > LONGEST_FILE
    ]
    assert not found, listed(found)


def test_a_view_is_fifteen_statements_at_most_and_a_task_ten() -> None:
    found = [
        f"{module.at(node)} {node.name}: {_statements(node)} statements"
        for module in product()
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and (most := _most(module, node)) and _statements(node) > most
    ]
    assert not found, listed(found)


def _most(module: Module, node: ast.FunctionDef) -> int | None:
    marks = {ast.unparse(one).partition("(")[0] for one in node.decorator_list}
    if module.name.startswith("desk.web.") and marks & {"pages.read", "pages.act"}:
        return VIEW
    return TASK if module.name.startswith("workers.") and "task" in marks else None


def _statements(node: ast.FunctionDef) -> int:
    """How many statements the body has, however many lines each takes; the docstring is none."""
    return sum(isinstance(inner, ast.stmt) for inner in ast.walk(node)) - 1 - (ast.get_docstring(node) is not None)
