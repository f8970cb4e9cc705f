"""Reads of wire copy and of the stories that stand on it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, defer

from desk import search
from desk.errors import NotFound
from desk.wires.models import UNREADABLE, Intake, Item, Source, Use


def sources(session: Session, *, removed: bool = False) -> Sequence[Source]:
    """The sources by name, each with how it stands: last poll, last new copy, failures on end, what it says.

    With `removed` those that were removed, and only those.
    """
    listed = Source.removed_at.is_not(None) if removed else Source.removed_at.is_(None)
    return session.scalars(select(Source).where(listed).order_by(Source.name)).all()


def source(session: Session, public_id: str) -> Source:
    """The source of that public id. Raises NotFound."""
    found = session.scalar(select(Source).where(Source.public_id == public_id))
    if found is None:
        raise NotFound("There is no such wire source.")
    return found


def unreadable(session: Session, of: Source | None = None, most: int = 20) -> Sequence[Row[Intake, Source]]:
    """What came last, from one source or any that is not removed, and could not be read, with the source; newest first.

    What was read since from the same source under the same name is what it sent in its place.
    """
    later = aliased(Intake)
    mended = select(later.id).where(
        later.source_id == Intake.source_id, later.name == Intake.name, later.read_at.is_not(None),
        later.at > Intake.at,
    )  # fmt: skip
    rows = select(Intake, Source).join(Source, Source.id == Intake.source_id)
    rows = rows.where(UNREADABLE, ~mended.exists())
    rows = rows.where(Source.removed_at.is_(None) if of is None else Source.id == of.id)
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


def bodies(session: Session, item_ids: Collection[int]) -> dict[int, str]:
    """The copy of these items, canonical HTML, by item."""
    rows = session.execute(select(Item.id, Item.body_html).where(Item.id.in_(item_ids))) if item_ids else ()
    return {row[0]: row[1] for row in rows}


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


def last_revisions(session: Session, source_id: int, guids: Collection[str]) -> dict[str, Item]:
    """The last revision of each of these guids that a source has sent, without its copy."""
    rows = session.scalars(
        select(Item)
        .where(Item.source_id == source_id, Item.guid.in_(guids), Item.superseded_at.is_(None))
        .options(defer(Item.body_html), defer(Item.search_text), defer(Item.fields))
    )
    return {row.guid: row for row in rows}


def had(session: Session, source_id: int, wanted: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these pairs of guid and digest a source has sent, in any revision."""
    if not wanted:
        return set()
    guids, digests = {guid for guid, _ in wanted}, {digest for _, digest in wanted}
    rows = session.execute(
        select(Item.guid, Item.digest).where(
            Item.source_id == source_id, Item.guid.in_(guids), Item.digest.in_(digests)
        )
    )
    return {(row[0], row[1]) for row in rows}


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
