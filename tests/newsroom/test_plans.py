"""What is read all day goes by indexes: no page reads through a table that grows with the archive."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from bench.newsroom import Filled, fill
from desk import db
from desk.assignments import queries as assignments
from desk.newsroom import board, finding, history, menu, storypage
from desk.outbox import queries as outbox
from desk.stories import queries as stories
from tests import factories

GROWS = (
    "assignments", "bylines", "decisions", "deliveries", "drafts", "editions", "entries", "items", "messages",
    "offers", "stories", "uses", "versions",
)  # fmt: skip
# indexes that hold only what is unfinished, and ones walked from the newest end, may be read as they are
WALKED = ("ix_stories_on_board", "uq_offers_made", "ix_items_at")
NEWEST_FOUND = "ix_stories_changed_at"
# for PostgreSQL's planner what is read costs, and where it lies does not: so it plans as for tables of any size
DEAR = (
    "enable_seqscan = off", "seq_page_cost = 0", "random_page_cost = 0", "cpu_tuple_cost = 1",
    "cpu_index_tuple_cost = 1", "cpu_operator_cost = 0.0001",
)  # fmt: skip
STORIES, UNFINISHED = 400, 48


@pytest.fixture(scope="module")
def filled(database: db.Database) -> Iterator[tuple[Session, Filled]]:
    """A small newsroom with an archive, of which the planner knows the size."""
    with (
        database.engine.connect() as connection,
        connection.begin() as outer,
        Session(connection, join_transaction_mode="create_savepoint") as session,
    ):
        yield session, fill(session, STORIES, UNFINISHED, factories.NOW)
        outer.rollback()


READS = {
    "board": lambda s, of: board.page(
        s, factories.actor(s, of.editor), of.editor, desk=None, view=None, now=factories.NOW
    ),
    "board of a desk by state": lambda s, of: board.page(
        s, factories.actor(s, of.editor), of.editor, desk=of.desk.public_id, view="state", now=factories.NOW
    ),
    "nobody on it": lambda s, of: board.page(
        s, factories.actor(s, of.editor), of.editor, desk=None, view="nobody", now=factories.NOW
    ),
    "waiting": lambda s, of: board.waiting(s, factories.actor(s, of.editor), factories.NOW),
    "menu": lambda s, of: menu.counts(s, factories.actor(s, of.editor)),
    "bell": lambda s, of: outbox.messages_of(s, of.correspondent.id),
    "mine": lambda s, of: assignments.mine(s, of.correspondent.id),
    "story": lambda s, of: storypage.view(s, factories.actor(s, of.editor), "s000000380"),
    "history": lambda s, of: history.of_story(s, stories.story(s, "s000000380")),
    "found by words": lambda s, of: find(s, of, words="grain mini"),
    "found by person": lambda s, of: find(s, of, person=of.correspondent.public_id),
    "found by state": lambda s, of: find(s, of, state="pitched"),
    "found late": lambda s, of: find(s, of, state="late", desk=of.desk.public_id),
    "found for a correspondent": lambda s, of: finding.find(
        s, factories.actor(s, of.correspondent), finding.Wanted(words="s"), now=factories.NOW
    ),
}


def seen(session: Session, of: Filled, **asked: str | None) -> object:
    return board.page(session, factories.actor(session, of.editor), of.editor, **asked, now=factories.NOW)


def find(session: Session, of: Filled, **wanted: str) -> object:
    actor = factories.actor(session, of.editor)
    return finding.find(session, actor, finding.Wanted(**wanted), now=factories.NOW)


@pytest.mark.parametrize("read", READS)
def test_no_read_of_every_day_goes_through_a_whole_table(filled: tuple[Session, Filled], read: str) -> None:
    session, of = filled
    connection = session.connection()
    with asked(connection) as statements:
        READS[read](session, of)
        session.expunge_all()
    assert statements
    found = [f"{what}\n  in {sql}" for sql, given in statements for what in scans(connection, sql, given)]
    if read.startswith("found"):
        found = [what for what in found if NEWEST_FOUND not in what]
    assert not found, "\n".join(found)


@contextmanager
def asked(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """The SELECTs of a block, as the driver was given them."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, given: Any, _context: Any, _many: Any) -> None:
        if sql.lstrip().startswith(("SELECT", "WITH")):
            found.append((sql, given))

    event.listen(connection, "before_cursor_execute", note)
    yield found
    event.remove(connection, "before_cursor_execute", note)


def scans(connection: Connection, sql: str, given: Any) -> list[str]:
    """What of a statement's plan reads through a table, or through an index of all its rows."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
        steps = [str(row[3]) for row in plan]
        return [step for step in steps if (of := re.match(r"SCAN (\w+?)(_\d+)?\b", step)) and _grows(of[1], step)]
    for setting in DEAR:
        connection.execute(text(f"SET LOCAL {setting}"))
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", given).scalar()
    return list(_scanned((plan if isinstance(plan, list) else json.loads(str(plan)))[0]["Plan"]))


def _grows(table: str, step: str) -> bool:
    return table in GROWS and not any(index in step for index in WALKED)


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    index, relation = node.get("Index Name", ""), node.get("Relation Name", "")
    through = node["Node Type"] == "Seq Scan" or (
        "Index" in node["Node Type"] and index and "Index Cond" not in node and index not in WALKED
    )
    if through and relation in GROWS:
        yield f"{node['Node Type']} of {relation} by {index}"
    for inner in node.get("Plans", ()):
        yield from _scanned(inner)
