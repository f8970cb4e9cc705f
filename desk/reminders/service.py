"""Steps of the rungs' own table: lay a ladder, take it away, and fire what is due.

What a rung is about belongs to somebody else, who hands `fire_due` a table from kind to a reader. A reader is called
when rungs fire, so that a condition ("nothing filed") is never stale, and it holds what it reads until the commit: two
workers never fire rungs of one thing, and nobody changes the thing in between.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, update
from sqlalchemy.orm import Session

from desk.aside import Aside
from desk.people.models import Person
from desk.reminders import rules
from desk.reminders.models import Rung
from desk.text import LONGEST_LINE, shorten

EDITOR = "editor"
NOBODY = "nobody to tell"

Thing = tuple[str, int]
Put = Callable[[Person, str, dict[str, Any]], int | None]


def person(person_id: int) -> str:
    """How a rung says that it is for that person."""
    return f"person:{person_id}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a thing stands as its rungs fire.

    `over` says why nobody need be reminded any more; `to` gives, for each `whom` that stands on the thing now, the
    people it means; `put` puts a message to one of them under a key, with facts beside the thing's own, and gives its
    id (None if it was put before).
    """

    deadline_no: int
    over: Literal["filed", "cancelled"] | None
    to: Mapping[str, Sequence[Person]]
    put: Put


# of these things: what is absent is in somebody else's hands, and left until the next time; what is None is gone
Reader = Callable[[Session, Collection[int], datetime], Mapping[int, Standing | None]]


def plan(
    session: Session, thing: Thing, deadline_no: int, deadline_at: datetime, whom: Collection[str], now: datetime
) -> None:
    """Lay the rungs still ahead for `whom` (`editor`, or what `person` gives), as that thing now stands.

    Serves a first plan, an acceptance, a moved deadline (planned rungs of other numbers are cancelled) and a return
    (rungs of this number that were cancelled and are still ahead come back). What fired stays as it is.
    """
    rows = session.scalars(
        select(Rung)
        .where(Rung.thing_kind == thing[0], Rung.thing_id == thing[1])
        .order_by(Rung.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    change = rules.replan(rows, deadline_at, deadline_no, now, whom=whom)
    for row in change.cancel:
        row.state, row.why = "cancelled", "deadline moved"
    for row, due_at in change.reset:
        row.state, row.why, row.due_at = "planned", None, due_at
    session.add_all(
        Rung(
            thing_kind=thing[0],
            thing_id=thing[1],
            rung=step.rung,
            deadline_no=deadline_no,
            whom=step.whom,
            due_at=step.due_at,
            state="planned",
        )
        for step in change.add
    )
    session.flush()


def cancel_for(session: Session, thing: Thing, why: str, whom: str | None = None) -> None:
    """Cancel the planned rungs of a thing, all of them or those of one `whom`."""
    planned = (Rung.thing_kind == thing[0], Rung.thing_id == thing[1], Rung.state == "planned")
    those = update(Rung).where(*planned, Rung.whom == whom) if whom else update(Rung).where(*planned)
    session.execute(those.values(state="cancelled", why=shorten(why, LONGEST_LINE)))


def fire_due(
    session: Session,
    readers: Mapping[str, Reader],
    *,
    but: Mapping[str, Select[int]] = MappingProxyType({}),
    now: datetime,
    limit: int,
    grace: timedelta,
    aside: Aside | None = None,
) -> int:
    """Fire what is due by `now`, up to about `limit` rungs, the longest due first; gives how many were settled.

    Of the rungs of one thing for one `whom` only the latest is told, and its message names the others; a message that
    comes more than `grace` after its rung says so. Nobody gets two messages about one thing at a time. Kinds without
    a reader stay due, for the release that has one, and so do those of the things that `but` selects of a kind, for the
    time when it does not. A thing that fails is put aside, and the others are told.
    """
    aside = Aside() if aside is None else aside
    first = select(Rung.thing_kind, Rung.thing_id).where(*_due(now), or_(*_left(readers, but, aside)))
    wanted: dict[str, set[int]] = {}
    for kind, id_ in session.execute(first.order_by(Rung.due_at, Rung.id).limit(limit)):
        wanted.setdefault(kind, set()).add(id_)
    return _fire(session, readers, wanted, now, grace, aside)


def fire_of(
    session: Session, readers: Mapping[str, Reader], kind: str, ids: Collection[int], *, now: datetime, grace: timedelta
) -> int:
    """Fire at once what is due of these things, as `fire_due` would."""
    return _fire(session, readers, {kind: ids}, now, grace, Aside())


# --- steps


def _fire(
    session: Session,
    readers: Mapping[str, Reader],
    wanted: Mapping[str, Collection[int]],
    now: datetime,
    grace: timedelta,
    aside: Aside,
) -> int:
    held: dict[Thing, Standing | None] = {
        (kind, id_): standing
        for kind, ids in wanted.items()
        for id_, standing in aside.read(session, kind, ids, partial(_read, readers[kind], session, now)).items()
    }
    rows = _claim(session, held, now)
    dues = _cancel_fallen(rows, held)
    bundles = sorted(rules.bundle(dues, now, grace), key=lambda one: one.told.whom == EDITOR)  # assignees first
    by_thing: dict[Thing, list[rules.Bundle]] = {}
    for bundle in bundles:
        by_thing.setdefault(bundle.told.thing, []).append(bundle)
    for thing, theirs in by_thing.items():
        with aside.apart(session, *thing):
            _tell_of(rows, theirs, held[thing])
    session.flush()
    return sum((row.thing_kind, row.thing_id) not in aside for row in rows.values())


def _due(now: datetime) -> tuple[Any, ...]:
    return Rung.state == "planned", Rung.due_at <= now


def _left(readers: Collection[str], but: Mapping[str, Select[int]], aside: Aside) -> list[ColumnElement[bool]]:
    """The things that there is a reader for, without those that `but` selects or that are put aside; never empty."""
    left: list[ColumnElement[bool]] = [false()]
    for kind in readers:
        theirs = and_(Rung.thing_kind == kind, Rung.thing_id.not_in(aside.ids(kind)))
        left.append(and_(theirs, Rung.thing_id.not_in(but[kind])) if kind in but else theirs)
    return left


def _read(reader: Reader, session: Session, now: datetime, ids: Collection[int]) -> Mapping[int, Standing | None]:
    return reader(session, ids, now)


def _claim(session: Session, held: Collection[Thing], now: datetime) -> dict[int, Rung]:
    """All due rungs of these things, locked, by id; not only those that the limit let through."""
    by_kind: dict[str, list[int]] = {}
    for kind, id_ in held:
        by_kind.setdefault(kind, []).append(id_)
    if not by_kind:
        return {}
    theirs = or_(*(and_(Rung.thing_kind == kind, Rung.thing_id.in_(ids)) for kind, ids in by_kind.items()))
    rows = session.scalars(
        select(Rung)
        .where(*_due(now), theirs)
        .order_by(Rung.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def _cancel_fallen(rows: Mapping[int, Rung], held: Mapping[Thing, Standing | None]) -> list[rules.Due]:
    """Cancels what need not be told any more; gives what stands."""
    facts = {
        thing: rules.Facts(standing.deadline_no, frozenset(standing.to), standing.over)
        for thing, standing in held.items()
        if standing is not None
    }
    stand, fallen = rules.settle([_as_due(row) for row in rows.values()], facts)
    for one in fallen:
        rows[one.due.id].state, rows[one.due.id].why = "cancelled", one.why
    return stand


def _as_due(row: Rung) -> rules.Due:
    return rules.Due(
        id=row.id,
        thing_kind=row.thing_kind,
        thing_id=row.thing_id,
        rung=row.rung,
        whom=row.whom,
        deadline_no=row.deadline_no,
        due_at=row.due_at,
    )


def _tell_of(rows: Mapping[int, Rung], bundles: Sequence[rules.Bundle], standing: Standing | None) -> None:
    told: dict[tuple[Thing, int], int | None] = {}
    for bundle in bundles:
        if standing is not None:
            _tell(rows, bundle, standing, told)


def _tell(
    rows: Mapping[int, Rung], bundle: rules.Bundle, standing: Standing, told: dict[tuple[Thing, int], int | None]
) -> None:
    top = rows[bundle.told.id]
    people = standing.to[top.whom]
    key = f"reminder:{top.thing_kind}:{top.thing_id}:{top.deadline_no}:{top.rung}:{top.whom}"
    facts = {
        "rung": top.rung,
        "part": rules.part_of(top.whom),
        "missed": [one.rung for one in bundle.missed],
        "delayed": bundle.delayed,
    }
    mine: list[int | None] = []
    for one in people:
        if (bundle.told.thing, one.id) not in told:
            told[bundle.told.thing, one.id] = standing.put(one, f"{key}:{one.id}", facts)
            mine.append(told[bundle.told.thing, one.id])
    message_id = next((id_ for id_ in mine if id_ is not None), None)
    for due in (bundle.told, *bundle.missed):
        row = rows[due.id]
        row.message_id = message_id
        if not people:
            row.state, row.why = "cancelled", NOBODY
        else:
            row.state = "fired" if row is top and mine else "covered"
            if not mine:  # each of them was told just now, as the other of the two
                row.message_id = told[bundle.told.thing, people[0].id]
