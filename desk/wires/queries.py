"""Reads of wire copy and of the stories that stand on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from desk import search
from desk.errors import NotFound
from desk.wires.models import Intake, Item, Source, Use


def sources(session: Session) -> Sequence[Source]:
    """All sources by name, each with how it stands: last poll, last new copy, failures on end, what it says."""
    return session.scalars(select(Source).order_by(Source.name)).all()


def source(session: Session, public_id: str) -> Source:
    """The source of that public id. Raises NotFound."""
    found = session.scalar(select(Source).where(Source.public_id == public_id))
    if found is None:
        raise NotFound("There is no such wire source.")
    return found


def unreadable(session: Session, most: int = 20) -> Sequence[Row[Intake, str]]:
    """What came last and could not be read, with the names of its sources, newest first."""
    rows = select(Intake, Source.name).join(Source, Source.id == Intake.source_id).where(Intake.error.is_not(None))
    return session.execute(rows.order_by(Intake.at.desc(), Intake.id.desc()).limit(most)).all()


def items(
    session: Session,
    source: str | None = None,
    words: str | None = None,
    before: str | None = None,
    limit: int = 60,
    *,
    changed: datetime | None = None,
) -> Sequence[Row[Item, str]]:
    """Items in their last revisions with the names of their sources, newest first.

    `source` and `before` (the last item of the page before) are public ids; each of `words` must begin a word of the
    item. With `changed` (the present) only what asks for care: corrected, withheld, killed, under embargo.
    """
    rows = (
        select(Item, Source.name)
        .join(Source, Source.id == Item.source_id)
        .where(Item.superseded_at.is_(None), search.matches(session, words or "", Item))
        .order_by(Item.at.desc(), Item.id.desc())
        .limit(limit)
        .options(defer(Item.body_html), defer(Item.search_text), defer(Item.fields))
    )
    if source:
        rows = rows.where(Source.public_id == source)
    if before:
        last = item(session, before)
        rows = rows.where(or_(Item.at < last.at, and_(Item.at == last.at, Item.id < last.id)))
    if changed is not None:
        rows = rows.where(or_(Item.revision > 1, Item.pubstatus != "usable", Item.embargo_at > changed))
    return session.execute(rows).all()


def beginnings(session: Session, item_ids: Sequence[int]) -> dict[int, tuple[str, dict[str, Any]]]:
    """The first 700 characters of the copy of these items, perhaps cut within a mark, and their fields; by item."""
    begin = func.substr(Item.body_html, 1, 700)
    rows = session.execute(select(Item.id, begin, Item.fields).where(Item.id.in_(item_ids))) if item_ids else ()
    return {row[0]: (row[1], row[2]) for row in rows}


def item(session: Session, public_id: str) -> Item:
    """The item, in the revision of that public id. Raises NotFound."""
    found = session.scalar(select(Item).where(Item.public_id == public_id))
    if found is None:
        raise NotFound("There is no such wire item.")
    return found


def item_revisions(session: Session, of: Item) -> Sequence[Item]:
    """All revisions of an item, first to last."""
    same = select(Item).where(Item.source_id == of.source_id, Item.guid == of.guid)
    return session.scalars(same.order_by(Item.revision)).all()


def known(session: Session, source_id: int, guids: Sequence[str]) -> dict[str, list[Item]]:
    """The revisions of these guids that a source has sent, each first to last, without their copy."""
    rows = session.scalars(
        select(Item)
        .where(Item.source_id == source_id, Item.guid.in_(guids))
        .order_by(Item.revision)
        .options(defer(Item.body_html), defer(Item.search_text), defer(Item.fields))
    )
    found: dict[str, list[Item]] = {}
    for row in rows:
        found.setdefault(row.guid, []).append(row)
    return found


def uses(session: Session, of: Item) -> Sequence[Use]:
    """The stories that stand on an item, in whatever revision it was when they were opened; oldest first."""
    used = select(Use).join(Item, Item.id == Use.item_id)
    used = used.where(Item.source_id == of.source_id, Item.guid == of.guid)
    return session.scalars(used.order_by(Use.at, Use.story_id)).all()


def used_by(session: Session, source_id: int, guids: Sequence[str]) -> dict[str, set[int]]:
    """The ids of the stories that stand on items of these guids."""
    rows = session.execute(
        select(Item.guid, Use.story_id)
        .join(Use, Use.item_id == Item.id)
        .where(Item.source_id == source_id, Item.guid.in_(guids))
    )
    found: dict[str, set[int]] = {}
    for guid, story_id in rows:
        found.setdefault(guid, set()).add(story_id)
    return found


def embargo_of(session: Session, story_id: int) -> datetime | None:
    """The latest embargo of the wire items that a story stands on, as they stand in their last revisions; or None."""
    used = (
        select(Item.source_id, Item.guid).join(Use, Use.item_id == Item.id).where(Use.story_id == story_id).subquery()
    )
    return session.scalar(
        select(func.max(Item.embargo_at))
        .join(used, (used.c.source_id == Item.source_id) & (used.c.guid == Item.guid))
        .where(Item.superseded_at.is_(None))
    )
