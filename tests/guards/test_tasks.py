"""Every task has limits and is scheduled or rung; every bell has somebody who hears it."""

import ast
import importlib
from typing import Any

import pytest
from celery import Celery

from desk import bells
from tests.guards.sources import dotted, listed, product
from workers.schedule import ARGUMENTS, EVERY, SCHEDULE

MODULES = [
    module
    for module in product()
    if module.name.startswith("workers.") and "workers.task" in {name for _, name in module.imports()}
]


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    """The tasks of the workers, by name; other tests in this process make tasks of their own, called `tests.…`."""
    for module in MODULES:
        importlib.import_module(module.name)
    app = Celery("guard", set_as_current=False)
    app.finalize()
    return {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))}


def test_every_task_ends_by_itself_before_it_is_ended(tasks: dict[str, Any]) -> None:
    assert tasks
    for name, task in tasks.items():
        assert task.time_limit, name
        assert 0 < task.soft_time_limit < task.time_limit <= 120, name
        assert task.ignore_result, name


def test_every_task_is_in_the_timetable_or_is_rung_and_all_that_is_named_exists(tasks: dict[str, Any]) -> None:
    assert set(tasks) == set(EVERY) | bells.ALL
    assert set(ARGUMENTS) <= set(EVERY)
    assert {line["task"] for line in SCHEDULE.values()} == set(EVERY)


def test_a_bell_that_came_too_late_is_dropped() -> None:
    assert all(line["options"]["expires"] <= 2 * line["schedule"] for line in SCHEDULE.values())


def test_the_worker_loads_every_module_that_has_tasks() -> None:
    app = next(module for module in product() if module.name == "workers.app")
    named = next(
        ast.literal_eval(keyword.value)
        for call in app.calls()
        if dotted(call.func) == "app.conf.update"
        for keyword in call.keywords
        if keyword.arg == "imports"
    )
    assert set(named) == {module.name for module in MODULES}


def test_no_task_is_made_past_the_wrapper_and_none_retries() -> None:
    found = [
        f"{module.at(node)} uses {dotted(node)}"
        for module in product()
        if module.name.startswith("workers") and module.name != "workers.task"
        for node in module.nodes
        if dotted(node).split(".")[-1] in ("shared_task", "apply_async", "delay", "send_task", "retry")
    ]
    assert not found, listed(found)
