"""What a revision of wire copy means to the stories that stand on it: their releases, and who must hear of it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import SYSTEM
from desk.audit.service import record
from desk.newsroom import publishing, reading, telling
from desk.outbox.models import Delivery, Message
from desk.people import queries as people
from desk.stories import queries as stories
from desk.stories.models import Story
from desk.stories.workflow import OVER
from desk.wires import queries, rules
from desk.wires.models import Item, Source

MAILED_EVERY = timedelta(hours=1)

Revised = tuple[Item, Item]  # the revision before, and the new one


def follow(session: Session, source_id: int, revised: Sequence[Revised], now: datetime) -> None:
    """Set releases again where an embargo moved or copy was withdrawn, and tell the editors of the stories' desks.

    A step of taking in; the source is locked. Of a story that is over nobody is told.
    """
    used = queries.used_by(session, source_id, [row.guid for _, row in revised]) if revised else {}
    on = [(before, row, used[row.guid]) for before, row in revised if row.guid in used]
    for story_id in sorted({story_id for before, row, ids in on if _moved(before, row) for story_id in ids}):
        publishing.reset_release(session, story_id, now)
    for before, row, ids in on:
        change = rules.change_of(_stands(before), _stands(row), now)
        if change is not None:
            for story in session.scalars(select(Story).where(Story.id.in_(ids)).order_by(Story.id)):
                _tell(session, story, change, before, row, now)


def _moved(before: Item, row: Item) -> bool:
    return before.embargo_at != row.embargo_at or before.pubstatus != row.pubstatus


def _stands(row: Item) -> rules.Stands:
    return rules.Stands(row.pubstatus, row.embargo_at, (row.headline, row.byline or "", row.body_html))


def _tell(session: Session, story: Story, change: rules.Change, before: Item, row: Item, now: datetime) -> None:
    """Write-throughs come by the dozen on a breaking story: other words are worth a mail only once ours are out, and
    then one an hour. A mail of other words that is not out yet gives way to this."""
    if story.state in OVER:
        return
    out = stories.current_edition(session, story.id) is not None
    key = f"wire_changed:{story.id}:{row.source_id}:{hashlib.sha256(row.guid.encode()).hexdigest()[:16]}"
    telling.unsay(session, story, f"{key}:revised:", why="the wire changed again", now=now)
    quietly = change == "revised" and not (out and _is_time(session, story, f"{key}:revised:", now))
    source = session.get_one(Source, row.source_id)
    headline = before.headline if change == "killed" else row.headline  # a kill often bears none of its own
    record(
        session, SYSTEM, "wire_changed", ("item", row.id), now=now, story_id=story.id, desk_id=story.desk_id,
        source=source.name, headline=headline, change=change,
    )  # fmt: skip
    telling.tell(
        session, "wire_changed", people.holders(session, story.desk_id, "editor"), but=SYSTEM,
        key=f"{key}:{change}:{row.id}",
        facts=reading.about(
            session, story, change=change, source=source.name, headline=headline, item=row.public_id,
            note=row.fields.get("ednote") or "", embargo=telling.iso(row.embargo_at) if row.embargo_at else None,
            out=out,
        ),
        story=story, now=now, quietly=quietly,
    )  # fmt: skip


def _is_time(session: Session, story: Story, prefix: str, now: datetime) -> bool:
    """Whether no mail of this kind has gone out within the hour."""
    mailed = (
        select(Message.id)
        .join(Delivery, Delivery.message_id == Message.id)
        .where(Message.story_id == story.id, Message.key.startswith(prefix, autoescape=True))
        .where(Message.cancelled_at.is_(None), Message.put_at > now - MAILED_EVERY)
    )
    return session.scalars(mailed.limit(1)).first() is None
