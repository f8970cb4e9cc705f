"""The agency and its desks: made, renamed, closed once nothing is left on them, opened again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from desk import db, revisions
from desk.actor import Actor
from desk.assignments.models import Assignment
from desk.assignments.workflow import UNFINISHED as OPEN_WORK
from desk.audit.service import record
from desk.errors import Invalid, NotNow
from desk.people import asking, queries, service
from desk.people.models import Desk, Newsroom
from desk.permissions import require
from desk.stories.models import Story
from desk.stories.workflow import OVER, UNFINISHED
from desk.text import LONGEST_NAME, line


def found_newsroom(session: Session, *, agency: str, zone: str, now: datetime, is_demo: bool = False) -> Newsroom:
    """Make the newsroom's one row, with plain defaults that an administrator changes later."""
    agency = line(agency, "agency", "agency's name", most=LONGEST_NAME)
    row = service.add_newsroom(session, agency=agency, zone=zone, is_demo=is_demo, now=now)
    revisions.touch(session, "newsroom")
    return row


def change_newsroom(
    session: Session,
    actor: Actor,
    *,
    agency: str,
    first_year: int | None,
    permission_sentence: str,
    ask_mail: str,
    ask_phone: str,
    now: datetime,
) -> None:
    """Change what stands under republished copy, and where licensees are told to ask (each may be empty).

    Raises Invalid, naming the field.
    """
    require(actor, "newsroom.manage")
    agency = line(agency, "agency", "agency's name", most=LONGEST_NAME)
    if not agency:
        raise Invalid("The agency needs a name: it stands in every dateline.", field="agency")
    if first_year is None or not 1800 <= first_year <= now.year:
        raise Invalid("The first year is a year of four figures, not after this one.", field="first_year")
    row = queries.newsroom(session)
    old = service.describe_newsroom(
        session, row, agency=agency, first_year=first_year,
        permission_sentence=line(permission_sentence, "permission_sentence", "sentence"),
        ask_mail=asking.mail_to_ask(ask_mail), ask_phone=asking.phone_to_ask(ask_phone),
    )  # fmt: skip
    revisions.touch(session, "newsroom")
    record(session, actor, "newsroom_changed", ("newsroom", 1), now=now, agency=row.agency, old=old)


def add_desk(session: Session, actor: Actor, *, name: str, zone: str, now: datetime) -> Desk:
    """Make a desk. Whoever makes the first ones edits them too, until people are given their roles."""
    require(actor, "newsroom.manage")
    row = service.add_desk(session, name=name, zone=zone, editor=actor.person_id)
    record(session, actor, "desk_made", ("desk", row.id), now=now, desk_id=row.id, name=row.name)
    revisions.touch(session, "newsroom")
    return row


def change_desk(session: Session, actor: Actor, public_id: str, *, name: str, zone: str, now: datetime) -> Desk:
    """Rename a desk or move its clock. Deadlines keep their instant."""
    require(actor, "newsroom.manage")
    row = queries.desk(session, public_id)
    old_name, old_zone = service.describe_desk(session, row, name=name, zone=zone)
    of = ("desk", row.id)
    if row.name != old_name:
        record(session, actor, "desk_renamed", of, now=now, desk_id=row.id, name=row.name, old=old_name)
    if row.zone != old_zone:
        record(session, actor, "desk_moved", of, now=now, desk_id=row.id, name=row.name, zone=row.zone, old=old_zone)
    revisions.touch(session, "newsroom")
    return row


def close_desk(session: Session, actor: Actor, public_id: str, now: datetime) -> Desk:
    """Close a desk on which nothing is unfinished: no new story is made on it. Its archive and its roles stay.

    Raises NotNow while something is; `unfinished` says what.
    """
    require(actor, "newsroom.manage")
    row = queries.desk(session, public_id)
    db.lock(session, Desk, row.id)  # whoever makes a story on it now is waited for
    if row.closed_at is not None:
        return row
    left = len(unfinished(session, row))
    if left:
        raise NotNow(
            "%(name)s can't be closed yet: unfinished stories on it: %(left)s. They are listed below. "
            "Finish, spike or kill each of them first.",
            name=row.name, left=left,
        )  # fmt: skip
    service.close_desk(session, row, now)
    record(session, actor, "desk_closed", ("desk", row.id), now=now, desk_id=row.id, name=row.name)
    revisions.touch(session, "newsroom")
    return row


def reopen_desk(session: Session, actor: Actor, public_id: str, now: datetime) -> Desk:
    """Open a closed desk again, with the roles that people had on it."""
    require(actor, "newsroom.manage")
    row = queries.desk(session, public_id)
    if not service.close_desk(session, row, None):
        return row
    record(session, actor, "desk_reopened", ("desk", row.id), now=now, desk_id=row.id, name=row.name)
    revisions.touch(session, "newsroom")
    return row


def unfinished(session: Session, desk: Desk) -> Sequence[Story]:
    """The stories of a desk on which something is still to be done, or that somebody still has an assignment of."""
    asked = select(Assignment.story_id).where(Assignment.state.in_(OPEN_WORK))
    found = select(Story).where(Story.desk_id == desk.id, Story.state.not_in(OVER))
    left = or_(Story.state.in_([*UNFINISHED, "held"]), Story.id.in_(asked))
    return session.scalars(found.where(left).order_by(Story.due_at.is_(None), Story.due_at, Story.id)).all()
