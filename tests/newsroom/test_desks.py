"""The agency and its desks: made, renamed, closed when nothing is left on them, opened again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from desk.db import Database
from desk.errors import Forbidden, Invalid, NotNow
from desk.newsroom import commissioning, desks, history, publishing, staffing
from desk.people import queries
from desk.people.models import Membership, Person
from desk.store import Store
from tests import factories
from tests.newsroom.walk import Walk, begin


@pytest.fixture
def ada(session: Session) -> Person:
    """The only administrator."""
    factories.newsroom(session)
    return factories.person(session, "Ada Novak", zone="Europe/Prague", is_admin=True)


@pytest.fixture
def walk(session: Session, now: datetime) -> Walk:
    return begin(session, now)


def test_whoever_makes_a_desk_edits_it_until_others_do(session: Session, ada: Person, now: datetime) -> None:
    desk = desks.add_desk(session, factories.actor(session, ada), name=" Sports  desk ", zone="brussels", now=now)
    assert (desk.name, desk.zone) == ("Sports desk", "Europe/Brussels")
    assert queries.holders(session, desk.id, "editor") == [ada]
    for name in ("", " ", "Sports desk", "Sports\tdesk"):
        with pytest.raises(Invalid) as refused:
            desks.add_desk(session, factories.actor(session, ada), name=name, zone="UTC", now=now)
        assert refused.value.field == "name"


def test_a_desk_whose_clock_moves_keeps_its_deadlines(session: Session, ada: Person, walk: Walk) -> None:
    before = walk.assignment.deadline_at
    desks.change_desk(
        session, factories.actor(session, ada), walk.desk.public_id, name="World", zone="Asia/Tokyo", now=walk.now
    )
    session.expire_all()
    assert walk.assignment.deadline_at == before


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("agency", " "),
        ("first_year", 1799),
        ("first_year", 2027),
        ("first_year", None),
        ("ask_mail", "the desk"),
        ("ask_phone", "ask for Eva"),
    ],
)
def test_what_can_not_stand_under_copy_or_be_asked_at_is_refused_at_its_field(
    session: Session, ada: Person, now: datetime, field: str, given: str | int | None
) -> None:
    fields: dict[str, object] = {
        "agency": "Meridian News", "first_year": 1999, "permission_sentence": "", "ask_mail": "", "ask_phone": "",
        field: given,
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        desks.change_newsroom(session, factories.actor(session, ada), **fields, now=now)  # type: ignore[arg-type]  # a test names real fields
    assert refused.value.field == field


def test_a_desk_with_something_unfinished_on_it_is_not_closed(session: Session, ada: Person, walk: Walk) -> None:
    by = factories.actor(session, ada)
    factories.story(session, walk.desk, "OLD/NEWS", state="published")
    with pytest.raises(NotNow, match=r"unfinished stories on it: 1\. They are listed below"):
        desks.close_desk(session, by, walk.desk.public_id, walk.now)
    for state in ("pitched", "filed"):
        walk.story.state = state
        session.flush()
        assert desks.unfinished(session, walk.desk) == [walk.story]
    walk.story.state = "published"  # and its assignment is still somebody's
    session.flush()
    assert desks.unfinished(session, walk.desk) == [walk.story]
    assert walk.desk.closed_at is None


def test_a_closed_desk_takes_no_story_and_opens_again_with_its_roles(session: Session, ada: Person, walk: Walk) -> None:
    by, eva = factories.actor(session, ada), factories.actor(session, walk.eva)
    sports = factories.desk(session, "Sports desk")
    session.add(Membership(person_id=walk.eva.id, desk_id=sports.id, role="editor"))
    session.flush()
    for _ in range(2):
        desks.close_desk(session, by, sports.public_id, walk.now)
    assert sports not in queries.desks(session)
    assert queries.desks(session, closed=True)[-1] == sports
    with pytest.raises(Invalid, match="Sports desk is closed"):
        commissioning.make_story(
            session, queries.actor_of(session, walk.eva), sports.public_id, slug="CUP/FINAL", title="Cup", now=walk.now
        )
    spiked = factories.story(session, sports, "CUP/DRAW", state="spiked")
    with pytest.raises(Invalid, match="Sports desk is closed"):
        publishing.unspike(session, queries.actor_of(session, walk.eva), spiked.public_id, walk.now)
    with pytest.raises(Invalid, match=r"is closed\. Open it again, or take another name"):
        desks.add_desk(session, by, name="Sports desk", zone="UTC", now=walk.now)
    only_open = [(walk.desk.public_id, "editor")]  # their page shows no closed desk
    staffing.change_person(
        session, by, walk.eva.public_id, name=walk.eva.name, title="", email=walk.eva.email, zone="UTC", is_admin=False,
        roles=only_open, now=walk.now,
    )  # fmt: skip
    for _ in range(2):
        desks.reopen_desk(session, by, sports.public_id, walk.now)
    assert (sports.id, "editor") in queries.actor_of(session, walk.eva).roles
    said = [one.sentence % one.params for one in history.of_desk(session, sports)]
    assert said == ["Ada Novak opened the desk Sports desk again", "Ada Novak closed the desk Sports desk"]
    for act in (desks.close_desk, desks.reopen_desk):
        with pytest.raises(Forbidden):
            act(session, eva, sports.public_id, walk.now)


def test_a_desk_is_not_closed_under_a_story_that_is_being_made(clone: Database, now: datetime) -> None:
    """Either the story is there first and the desk stays open, or the desk is closed and the story is refused."""
    store = Store(clone)
    with store.write() as session:
        desk = factories.desk(session)
        ada = factories.actor(session, factories.person(session, "Ada Novak", is_admin=True))
        eva = factories.actor(session, factories.person(session, "Eva Janssens", roles=((desk, "editor"),)))
    together = Barrier(2)

    def press(act: Callable[[Session], object]) -> bool:
        together.wait()
        try:
            store.run(act)
        except (Invalid, NotNow):
            return False
        return True

    acts: list[Callable[[Session], object]] = [
        lambda session: commissioning.make_story(
            session, eva, desk.public_id, slug="GRAIN/CORRIDOR", title="Ministers meet", now=now
        ),
        lambda session: desks.close_desk(session, ada, desk.public_id, now),
    ]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, acts)) == [False, True]


def test_a_desk_says_what_it_was_called_and_where_its_clock_was(session: Session, ada: Person, now: datetime) -> None:
    by, desk = factories.actor(session, ada), factories.desk(session)
    for _ in range(2):
        desks.change_desk(session, by, desk.public_id, name="Europe desk", zone="london", now=now)
    assert [one.sentence % one.params for one in history.of_desk(session, desk)] == [
        "Ada Novak moved the clock of the desk Europe desk from Europe/Brussels to Europe/London",
        "Ada Novak renamed the desk World desk to Europe desk",
    ]
