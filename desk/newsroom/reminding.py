"""Reminders of assignments: laying their rungs, and who is told what when one falls due.

A reminder that could not be handed over yet gives way to the next one about the same assignment to the same person:
after an outage, of the workers or of the mail server, one message says how things stand and how many were missed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import clock
from desk.actor import SYSTEM
from desk.aside import Aside
from desk.assignments.models import Assignment
from desk.assignments.workflow import UNFILED
from desk.newsroom.telling import editors_of_each, facts_of, tell, unsay
from desk.outbox import service as outbox
from desk.outbox.models import Delivery, Due, Message
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.reminders import service as reminders
from desk.reminders.rules import LATE
from desk.reminders.service import EDITOR, Reader, Standing
from desk.stories.models import Story
from desk.stories.workflow import OVER

KIND = "assignment"
GRACE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
OVERTAKEN = "overtaken by a later reminder"

Waiting = Mapping[tuple[str, int | None], Sequence[Message]]  # by public id of the assignment, and person


def plan(session: Session, assignment: Assignment, *, now: datetime) -> None:
    """Lay the rungs still ahead for the editors, and for the assignee if there is one, as the assignment now stands.

    Called when it is made or accepted, when its deadline moved, and when copy was returned. The story is locked.
    """
    whom = [EDITOR]
    if assignment.assignee_id is not None:
        whom.append(reminders.person(assignment.assignee_id))
    reminders.plan(session, _thing(assignment), assignment.deadline_no, assignment.deadline_at, whom, now)


def forget(session: Session, story: Story, assignment: Assignment, deadline_no: int, *, now: datetime) -> None:
    """Cancel the reminders of a deadline that is no longer one and that are not out yet."""
    unsay(session, story, f"{_key(assignment)}{deadline_no}:", why="deadline moved", now=now)


def stop(
    session: Session, story: Story, assignment: Assignment, *, why: str, now: datetime, person_id: int | None = None
) -> None:
    """Cancel the planned rungs (those of one person, or all) and the reminders that were put and are not out yet."""
    whom = None if person_id is None else reminders.person(person_id)
    reminders.cancel_for(session, _thing(assignment), why, whom)
    unsay(session, story, _key(assignment), part=f":{whom}:" if whom else "", why=why, now=now)


def after_hold(session: Session, story: Story, *, now: datetime) -> None:
    """Tell at once what fell due of a story while it was on hold, as it is released.

    What waits in the queue since before the hold gives way to that, and goes by itself where nothing fell due.
    """
    ids = session.scalars(select(Assignment.id).where(Assignment.story_id == story.id)).all()
    reminders.fire_of(session, READERS, KIND, ids, now=now, grace=GRACE)


def fire_due(session: Session, now: datetime, limit: int = 200, aside: Aside | None = None) -> int:
    """Put the reminders that are due by `now`, up to about `limit` rungs; gives how many rungs were settled.

    After an outage each person hears once of each assignment, with what was missed; so they do when a story is released
    that was on hold, of which nobody is reminded. Called by ticks until it gives 0.
    """
    return reminders.fire_due(session, READERS, but=ON_HOLD, now=now, limit=limit, grace=GRACE, aside=aside)


def told_late(session: Session, story_ids: Collection[int], now: datetime) -> dict[int, list[str]]:
    """Who was told, a quarter of an hour after it, that a deadline of these stories went by with nothing filed.

    Names in the order of the alphabet, by the story's id; without the stories of which nobody was told. A moved
    deadline begins anew.
    """
    if not story_ids:
        return {}
    late = select(Assignment).where(Assignment.story_id.in_(story_ids), Assignment.state.in_(UNFILED))
    late = late.where(Assignment.deadline_at < now)
    keys = tuple(f"{_key(one)}{one.deadline_no}:{LATE}:" for one in session.scalars(late))
    told = select(Message.story_id, Message.key, Person.name).join(Person, Person.id == Message.recipient_id)
    told = told.where(Message.story_id.in_(story_ids), Message.kind == "reminder", Message.recipient_kind == "person")
    found: dict[int, set[str]] = {}
    for story_id, key, name in session.execute(told.where(Message.cancelled_at.is_(None))) if keys else ():
        if story_id is not None and key.startswith(keys):
            found.setdefault(story_id, set()).add(name)
    return {story_id: sorted(names) for story_id, names in found.items()}


# --- steps


def _thing(assignment: Assignment) -> tuple[str, int]:
    return KIND, assignment.id


def _key(assignment: Assignment) -> str:
    return f"reminder:{KIND}:{assignment.id}:"


def _read_assignments(session: Session, ids: Collection[int], now: datetime) -> Mapping[int, Standing | None]:
    """How these assignments stand, with their stories locked.

    Those of a story that a verb has in hand, or that was put on hold just now, are left out.
    """
    rows = session.execute(select(Assignment.id, Assignment.story_id).where(Assignment.id.in_(ids)))
    of_story: dict[int, int] = dict(rows.all())
    stories = {
        story.id: story
        for story in session.scalars(
            select(Story)
            .where(Story.id.in_(set(of_story.values())), Story.state != "held")
            .order_by(Story.id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    }
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.id.in_(ids), Assignment.story_id.in_(stories))
        .execution_options(populate_existing=True)
    ).all()
    known = people.people(session, list({row.assignee_id for row in assignments if row.assignee_id}))
    desk_ids = {story.desk_id for story in stories.values()}
    desks = {desk.id: desk for desk in session.scalars(select(Desk).where(Desk.id.in_(desk_ids)))}
    editors = editors_of_each(session, [(row, stories[row.story_id]) for row in assignments])
    waiting = _waiting(session, stories)
    standing: dict[int, Standing | None] = {id_: None for id_ in ids if id_ not in of_story}
    for row, answering in zip(assignments, editors, strict=True):
        story = stories[row.story_id]
        assignee = known.get(row.assignee_id or 0)
        standing[row.id] = Standing(
            deadline_no=row.deadline_no,
            over=_over(story, row),
            to=_to(answering, assignee),
            put=partial(_put, session, story, row, desks[story.desk_id], assignee, waiting, now),
        )
    return standing


def _waiting(session: Session, story_ids: Collection[int]) -> Waiting:
    """The reminders about these stories that are not out yet, with their places in the queue held, the oldest first."""
    rows = session.execute(
        select(Message, Due)
        .join(Delivery, Delivery.message_id == Message.id)
        .join(Due, Due.delivery_id == Delivery.id)
        .where(Message.story_id.in_(story_ids), Message.kind == "reminder", Message.cancelled_at.is_(None))
        .order_by(Due.delivery_id)  # as whoever hands over locks them
        .with_for_update(of=Due)
    )
    found: dict[tuple[str, int | None], list[Message]] = {}
    for message, _place in rows:
        found.setdefault((message.facts["assignment"], message.recipient_id), []).append(message)
    return found


def _over(story: Story, assignment: Assignment) -> Literal["filed", "cancelled"] | None:
    if assignment.state in UNFILED and story.state not in OVER:
        return None
    return "filed" if assignment.state in ("filed", "done") else "cancelled"


def _to(editors: Sequence[Person], assignee: Person | None) -> dict[str, Sequence[Person]]:
    to: dict[str, Sequence[Person]] = {EDITOR: editors}
    if assignee is not None:
        to[reminders.person(assignee.id)] = [] if assignee.disabled_at is not None else [assignee]
    return to


def _put(
    session: Session,
    story: Story,
    assignment: Assignment,
    desk: Desk,
    assignee: Person | None,
    waiting: Waiting,
    now: datetime,
    to: Person,
    key: str,
    facts: dict[str, Any],
) -> int | None:
    """`minutes` are whole minutes from now to the deadline, negative once it is past."""
    missed = _overtake(session, waiting.get((assignment.public_id, to.id), ()), now)
    put = tell(
        session,
        "reminder",
        [to],
        but=SYSTEM,
        key=key,
        facts=facts_of(
            story,
            assignment,
            desk,
            minutes=(clock.minute_floor(assignment.deadline_at) - clock.minute_floor(now)) // MINUTE,
            state=assignment.state,
            assignee=assignee.name if assignee else None,
            said=assignment.said,
            **{**facts, "missed": [*missed, *facts["missed"]]},
        ),
        story=story,
        now=now,
    )
    return put[0].id if put else None


def _overtake(session: Session, earlier: Sequence[Message], now: datetime) -> list[str]:
    """Cancel these reminders; gives the rungs they were to tell of. One in somebody's hands just now may yet arrive."""
    missed: list[str] = []
    for message in earlier:
        if outbox.cancel(session, [message.id], why=OVERTAKEN, now=now):
            missed += [*message.facts["missed"], message.facts["rung"]]
    return missed


READERS: dict[str, Reader] = {KIND: _read_assignments}
ON_HOLD = {KIND: select(Assignment.id).join(Story, Story.id == Assignment.story_id).where(Story.state == "held")}
