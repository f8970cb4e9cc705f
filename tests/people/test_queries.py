"""Who is who: people, desks, and who holds what."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from desk.errors import NotFound
from desk.people import queries
from tests import factories


def test_before_there_is_a_newsroom_it_is_said_how_to_make_one(session: Session) -> None:
    with pytest.raises(NotFound, match="desk init"):
        queries.newsroom(session)
    factories.newsroom(session)
    assert queries.newsroom(session).agency == "Meridian News"


def test_somebody_acts_with_the_roles_they_have_now(session: Session) -> None:
    world, sports = factories.desk(session), factories.desk(session, "Sports desk")
    eva = factories.person(session, "Eva Janssens", roles=((world, "editor"), (sports, "approver")))
    actor = queries.actor_of(session, eva)
    assert (actor.kind, actor.person_id, actor.name, actor.is_admin) == ("person", eva.id, "Eva Janssens", False)
    assert actor.roles == {(world.id, "editor"), (sports.id, "approver")}
    assert actor.desks("editor") == {world.id}
    assert actor.desks() == {world.id, sports.id}
    assert queries.actor_of(session, factories.person(session)).roles == frozenset()


def test_those_who_hold_a_role_are_listed_once_by_name_and_without_who_left(session: Session, now: datetime) -> None:
    world, sports = factories.desk(session), factories.desk(session, "Sports desk")
    both = factories.person(session, "Zora Both", roles=((world, "editor"), (world, "approver")))
    eva = factories.person(session, "Eva Janssens", roles=((world, "editor"),))
    left = factories.person(session, "Ada Left", roles=((world, "editor"),))
    left.disabled_at = now
    factories.person(session, "Sam Sports", roles=((sports, "editor"),))
    session.flush()
    assert queries.holders(session, world.id, "editor", "approver") == [eva, both]
    assert queries.holders(session, world.id, "correspondent") == []
    assert left in queries.everybody(session, disabled=True)
    assert queries.everybody(session, disabled=True)[-1] == left
    assert left not in queries.everybody(session)


def test_closed_desks_are_passed_over_and_can_still_be_looked_up(session: Session, now: datetime) -> None:
    world, closed = factories.desk(session), factories.desk(session, "Closed desk")
    closed.closed_at = now
    session.flush()
    assert queries.desks(session) == [world]
    assert queries.desk(session, closed.public_id) == closed


def test_what_there_is_not_is_said_to_be_none(session: Session) -> None:
    for look in (queries.desk, queries.person):
        for public_id in ("bcdfghjkmn", "", "x" * 400, "' OR 1=1 --"):
            with pytest.raises(NotFound):
                look(session, public_id)
    assert queries.by_email(session, "nobody@meridian.example") is None
    assert queries.people(session, []) == {}


def test_an_address_is_found_however_it_is_typed(session: Session) -> None:
    olena = factories.person(session)
    assert queries.by_email(session, f"  {olena.email.title()} ") == olena
    assert queries.people(session, [olena.id, 999_999]) == {olena.id: olena}
