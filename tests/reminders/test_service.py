"""Rungs in their table: laid, moved, taken away, and fired in batches by whoever comes first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.people.models import Person
from desk.reminders import service
from desk.reminders.models import Rung
from desk.reminders.service import EDITOR, Standing
from tests import factories

HOUR = timedelta(hours=1)
THING = ("pigeon", 7)


@dataclass
class Loft:
    """Things that have deadlines, as their owner would tell of them, and what was told to whom."""

    people: dict[str, list[Person]]
    deadline_no: int = 1
    over: Literal["filed", "cancelled"] | None = None
    gone: bool = False
    busy: bool = False
    told: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def read(self, session: Session, ids: Collection[int], now: datetime) -> Mapping[int, Standing | None]:
        if self.busy:
            return {}
        if self.gone:
            return dict.fromkeys(ids)
        return {id_: Standing(self.deadline_no, self.over, self.people, self.put) for id_ in ids}

    def put(self, person: Person, key: str, facts: dict[str, Any]) -> int | None:
        assert key not in {known for _, known, _ in self.told}
        self.told.append((person.name, key, facts))
        return None

    def fire(self, session: Session, now: datetime, limit: int = 100) -> int:
        return service.fire_due(
            session, {THING[0]: self.read}, now=now, limit=limit, grace=timedelta(minutes=5)
        )  # fmt: skip


@pytest.fixture
def li(session: Session) -> Person:
    return factories.person(session, "Li Wei")


@pytest.fixture
def ed(session: Session) -> Person:
    return factories.person(session, "Ed Frost")


@pytest.fixture
def loft(li: Person, ed: Person) -> Loft:
    return Loft({service.person(li.id): [li], EDITOR: [ed]})


def lay(session: Session, loft: Loft, deadline: datetime, now: datetime, thing: tuple[str, int] = THING) -> None:
    service.plan(session, thing, loft.deadline_no, deadline, list(loft.people), now)


def rungs(session: Session, state: str) -> list[tuple[str, str, int]]:
    rows = session.scalars(select(Rung).where(Rung.state == state).order_by(Rung.due_at, Rung.id))
    return [(row.rung, row.whom.partition(":")[0], row.deadline_no) for row in rows]


ALL = [
    ("24h", "person", 1),
    ("2h", "person", 1),
    ("15min", "person", 1),
    ("late15", "person", 1),
    ("late15", EDITOR, 1),
]


def test_a_ladder_is_laid_once_however_often_it_is_planned(session: Session, now: datetime, loft: Loft) -> None:
    for _ in range(2):
        lay(session, loft, now + 30 * HOUR, now)
        assert rungs(session, "planned") == ALL


def test_a_moved_deadline_re_times_every_rung_that_has_not_fired(session: Session, now: datetime, loft: Loft) -> None:
    lay(session, loft, now + 25 * HOUR, now)
    now += HOUR
    assert loft.fire(session, now) == 1
    loft.deadline_no = 2
    lay(session, loft, now + 3 * HOUR, now)
    assert rungs(session, "fired") == ALL[:1]
    assert rungs(session, "cancelled") == ALL[1:]
    assert rungs(session, "planned") == [(rung, whom, 2) for rung, whom, _ in ALL[1:]]


def test_copy_that_was_returned_brings_back_what_filing_cancelled_and_nothing_that_is_past(
    session: Session, now: datetime, loft: Loft
) -> None:
    deadline = now + 3 * HOUR
    lay(session, loft, deadline, now)
    service.cancel_for(session, THING, "filed")
    assert rungs(session, "planned") == []
    lay(session, loft, deadline, now + 2 * HOUR)
    assert rungs(session, "planned") == ALL[2:]
    assert {row.why for row in session.scalars(select(Rung).where(Rung.state == "planned"))} == {None}


def test_one_persons_rungs_are_cancelled_without_the_editors(
    session: Session, now: datetime, loft: Loft, li: Person
) -> None:
    lay(session, loft, now + 3 * HOUR, now)
    service.cancel_for(session, THING, "reassigned", service.person(li.id))
    assert rungs(session, "planned") == [("late15", EDITOR, 1)]


def test_a_rung_fires_when_it_is_due_and_never_again(session: Session, now: datetime, loft: Loft, li: Person) -> None:
    lay(session, loft, now + 3 * HOUR, now)
    assert loft.fire(session, now + HOUR - timedelta(seconds=1)) == 0
    assert loft.fire(session, now + HOUR) == 1
    assert loft.fire(session, now + HOUR) == 0
    assert loft.told == [
        (
            "Li Wei",
            f"reminder:pigeon:7:1:2h:person:{li.id}:{li.id}",
            {"rung": "2h", "part": "assignee", "missed": [], "delayed": False},
        )
    ]


def test_after_an_outage_one_message_each_says_what_was_missed(session: Session, now: datetime, loft: Loft) -> None:
    lay(session, loft, now + 30 * HOUR, now)
    assert loft.fire(session, now + 48 * HOUR) == 5
    assert [(name, facts["rung"], facts["missed"], facts["delayed"]) for name, _, facts in loft.told] == [
        ("Li Wei", "late15", ["24h", "2h", "15min"], True),
        ("Ed Frost", "late15", [], True),
    ]
    assert rungs(session, "covered") == ALL[:3]
    assert rungs(session, "fired") == ALL[3:]


def test_an_editor_who_writes_it_is_told_once_of_what_is_late(
    session: Session, now: datetime, loft: Loft, li: Person, ed: Person
) -> None:
    loft.people[EDITOR] = [li]
    lay(session, loft, now + HOUR, now)
    loft.fire(session, now + 2 * HOUR)
    assert [name for name, _, _ in loft.told] == ["Li Wei"]
    assert ("late15", EDITOR, 1) in rungs(session, "covered")
    loft.people[EDITOR] = [li, ed]
    loft.deadline_no, now = 2, now + 3 * HOUR
    lay(session, loft, now + HOUR, now)
    loft.fire(session, now + 2 * HOUR)
    assert [name for name, _, _ in loft.told] == ["Li Wei", "Li Wei", "Ed Frost"]


@pytest.mark.parametrize("over", ["filed", "cancelled"])
def test_whether_a_reminder_is_still_wanted_is_asked_when_it_fires(
    session: Session, now: datetime, loft: Loft, over: Literal["filed", "cancelled"]
) -> None:
    lay(session, loft, now + HOUR, now)
    loft.over = over
    assert loft.fire(session, now + 2 * HOUR) == 3
    assert loft.told == []
    assert {row.why for row in session.scalars(select(Rung))} == {over}


def test_a_rung_for_somebody_who_no_longer_has_it_falls_away(
    session: Session, now: datetime, loft: Loft, li: Person
) -> None:
    lay(session, loft, now + HOUR, now)
    del loft.people[service.person(li.id)]
    loft.fire(session, now + 2 * HOUR)
    assert [name for name, _, _ in loft.told] == ["Ed Frost"]
    assert rungs(session, "cancelled") == ALL[2:4]


def test_a_rung_that_means_nobody_is_cancelled_and_says_so(session: Session, now: datetime, loft: Loft) -> None:
    loft.people[EDITOR] = []
    lay(session, loft, now + HOUR, now)
    loft.fire(session, now + 2 * HOUR)
    assert session.scalars(select(Rung.why).where(Rung.whom == EDITOR)).all() == [service.NOBODY]


def test_a_thing_that_is_gone_takes_its_rungs_with_it(session: Session, now: datetime, loft: Loft) -> None:
    lay(session, loft, now + HOUR, now)
    loft.gone = True
    assert loft.fire(session, now + 2 * HOUR) == 3
    assert {(row.state, row.why) for row in session.scalars(select(Rung))} == {("cancelled", "gone")}


def test_a_thing_in_somebody_elses_hands_is_left_for_the_next_time(session: Session, now: datetime, loft: Loft) -> None:
    lay(session, loft, now + HOUR, now)
    loft.busy = True
    assert loft.fire(session, now + 2 * HOUR) == 0
    loft.busy = False
    assert loft.fire(session, now + 2 * HOUR) == 3


def test_a_kind_that_this_release_does_not_know_stays_due(session: Session, now: datetime, loft: Loft) -> None:
    lay(session, loft, now + HOUR, now, ("stranger", 1))
    assert loft.fire(session, now + 2 * HOUR) == 0
    assert len(rungs(session, "planned")) == 3


def test_a_batch_takes_the_longest_due_first_and_always_all_rungs_of_a_thing(
    session: Session, now: datetime, loft: Loft
) -> None:
    for id_ in (1, 2, 3):
        lay(session, loft, now + (30 + id_) * HOUR, now, (THING[0], id_))
    later = now + 60 * HOUR
    for id_ in (1, 2, 3):
        assert loft.fire(session, later, limit=1) == 5
        assert {key.split(":")[2] for _, key, _ in loft.told} == {str(known) for known in range(1, id_ + 1)}
    assert loft.fire(session, later, limit=1) == 0
    assert len(loft.told) == 6
