"""What should have gone out and did not is found, and goes out."""

import re
from datetime import timedelta

from sqlalchemy import Select, delete, event, func, select, text
from sqlalchemy.orm import Session

from desk import bells, chance
from desk.aside import Aside
from desk.audit.models import Entry
from desk.newsroom import notifying, sweeping
from desk.outbox import sweeping as outbox
from desk.outbox.models import Due, Message
from desk.republication.models import Notice
from desk.stories.models import Story
from desk.wires.models import Source
from tests import factories
from tests.factories import NOW


def source(session: Session, name: str, **more: object) -> Source:
    row = Source(public_id=chance.public_id(), name=name, kind="feed", url="https://a.example/feed", zone="UTC", **more)
    session.add(row)
    session.flush()
    return row


def test_an_edition_published_without_its_notices_is_told_now_and_only_once(session: Session) -> None:
    desk = factories.desk(session)
    factories.licensee(session, desks=(desk,))
    story = factories.story(session, desk, state="published")
    factories.edition(session, story)
    assert sweeping.sweep(session, NOW).told == 1
    assert session.scalar(select(func.count()).select_from(Notice)) == 1
    assert sweeping.sweep(session, NOW).is_clean


def test_an_edition_that_fails_costs_neither_the_others_nor_the_queue(session: Session) -> None:
    desk = factories.desk(session)
    licensee = factories.licensee(session, desks=(desk,))
    broken, whole = (factories.edition(session, factories.story(session, desk, slug)) for slug in ("A", "B"))
    (notice,) = notifying.edition_out(session, session.get_one(Story, broken.story_id), broken, NOW)
    session.get_one(Message, notice.message_id).key = "lost"  # so that a second notice of it is refused
    session.execute(delete(Entry).where(Entry.verb == notifying.TOLD))
    aside = Aside()
    assert sweeping.sweep(session, NOW, aside).told == 1
    assert aside.ids("edition") == {broken.id}
    told = session.scalars(select(Notice.edition_id).where(Notice.licensee_id == licensee.id).order_by(Notice.id)).all()
    assert told == [broken.id, whole.id]


def test_an_edition_that_nobody_may_have_is_no_gap_and_a_later_grant_does_not_make_it_one(session: Session) -> None:
    desk = factories.desk(session)
    story = factories.story(session, desk, state="published")
    notifying.edition_out(session, story, factories.edition(session, story), NOW)
    factories.licensee(session, desks=(desk,))
    assert sweeping.sweep(session, NOW).is_clean
    assert session.scalar(select(func.count()).select_from(Notice)) == 0


def test_only_the_last_edition_of_a_story_is_told_late(session: Session) -> None:
    desk = factories.desk(session)
    factories.licensee(session, desks=(desk,))
    story = factories.story(session, desk, state="published")
    factories.edition(session, story)
    second = factories.edition(session, story, "update")
    sweeping.sweep(session, NOW)
    assert session.scalars(select(Notice.edition_id)).all() == [second.id]


def test_old_editions_are_left_alone(session: Session) -> None:
    desk = factories.desk(session)
    factories.licensee(session, desks=(desk,))
    factories.edition(session, factories.story(session, desk), at=NOW - timedelta(days=8))
    assert sweeping.sweep(session, NOW).is_clean


def test_what_the_sweep_reads_does_not_grow_with_the_archive(session: Session) -> None:
    desk = factories.desk(session)
    for days in (1, 8, 400):
        factories.edition(session, factories.story(session, desk, f"A/{days}"), at=NOW - timedelta(days=days))
    plan = explained(session, sweeping.untold(NOW))
    assert "ix_editions_published_at" in plan
    assert not re.search(r"SCAN (editions|entries)|Seq Scan", plan), plan


def explained(session: Session, query: Select[int]) -> str:
    """How a database would go about a query, if tables were large."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    if not sqlite:
        session.execute(text("SET LOCAL enable_seqscan = off"))
    sql = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    rows = session.execute(text(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{sql}".replace(":", "\\:")))
    return "\n".join(str(row) for row in rows)


def test_a_delivery_that_fell_out_of_the_queue_is_queued_again(session: Session) -> None:
    desk = factories.desk(session)
    factories.licensee(session, desks=(desk,))
    story = factories.story(session, desk, state="published")
    notifying.edition_out(session, story, factories.edition(session, story), NOW)
    session.execute(delete(Due))
    assert sweeping.sweep(session, NOW).outbox.queued == 1
    assert session.scalar(select(func.count()).select_from(Due)) == session.scalar(
        select(func.count()).select_from(Message)
    )


def test_what_fell_out_of_the_queue_is_found_without_reading_its_bytes(session: Session) -> None:
    desk = factories.desk(session)
    factories.licensee(session, desks=(desk,))
    story = factories.story(session, desk, state="published")
    notifying.edition_out(session, story, factories.edition(session, story), NOW)
    session.execute(delete(Due))
    session.expunge_all()
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert outbox.sweep(session, NOW).queued == 1
    assert not [sql for sql in asked if "deliveries.wire," in sql]
    assert [sql for sql in asked if "deliveries.wire_id" in sql]


def test_a_source_that_nobody_polls_is_named_and_rung_for(session: Session) -> None:
    late = NOW - timedelta(minutes=6)
    silent = source(session, "Sahel Press", next_poll_at=late)
    source(session, "Held", next_poll_at=late, lease_until=NOW + timedelta(seconds=30))
    source(session, "Stopped", next_poll_at=late, stopped_at=NOW)
    source(session, "In time", next_poll_at=NOW)
    assert sweeping.sweep(session, NOW).unpolled == ("Sahel Press",)
    assert (bells.POLL, silent.public_id) in bells.take(session)


def test_a_story_past_its_release_is_counted(session: Session) -> None:
    story = factories.story(session, factories.desk(session))
    story.state, story.release_at = "scheduled", NOW - timedelta(minutes=6)
    session.flush()
    assert sweeping.sweep(session, NOW).unreleased == 1
