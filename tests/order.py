"""Which tests go to one worker together, and which begin first.

A worker is given the tests of one file on one database at a time, so that what they share is made once. Those that
wait for processes begin first, beside others that need the processor; then come SQLite's, PostgreSQL's, and those that
need no database: each worker changes from one to the other once, and the last to begin are short.
"""

import re
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

DIALECT = re.compile(r"\[(sqlite|postgresql)\b")
TURNS = ("sqlite", "postgresql", "")
TOGETHER = {
    "tests/cli/test_demo.py": "the demo is loaded once",
    "tests/web/test_weight.py": "the demo is loaded once",
    "tests/chaos/test_kills.py": "one fleet at a time",
    "tests/chaos/test_play_on_postgres.py": "one fleet at a time",
    "tests/chaos/test_stops.py": "one fleet at a time",
}
SINGLY = "tests/pages/"  # they share the newsroom of their worker, and nothing else


def in_turn(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests in the order in which they are given out."""
    return sorted(items, key=_turn)


class ByFileAndDatabase(LoadScopeScheduling):
    """Gives out the tests of one file on one database together, in the order of `in_turn`."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # not those with the most tests first

    def _split_scope(self, nodeid: str) -> str:
        return given_with(nodeid)


def given_with(nodeid: str) -> str:
    """What a test is given out with: all of which this is the same go to one worker, one after another."""
    file = nodeid.partition("::")[0]
    if file.startswith(SINGLY):
        return nodeid
    return TOGETHER.get(file) or f"{file} {_dialect(nodeid)}"


def _turn(item: pytest.Item) -> tuple[int, bool]:
    dialect = _dialect(item.nodeid)
    waits = item.get_closest_marker("processes") is not None
    if waits and not dialect:
        return 0, item.get_closest_marker("browser") is None
    return 1 + TURNS.index(dialect), not waits


def _dialect(nodeid: str) -> str:
    found = DIALECT.search(nodeid)
    return found[1] if found else ""
