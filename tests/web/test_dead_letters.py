"""Dead letters: each with what can be done about it by whoever reads."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.newsroom import entering
from desk.outbox import service as outbox
from desk.outbox.models import Delivery, Message
from desk.people.models import Person
from desk.store import Store
from tests.reader import post, said
from tests.room import Room

pytestmark = pytest.mark.either


def test_what_is_for_somebody_who_was_shut_out_says_so_has_no_button_and_is_not_counted(
    ada: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    facts = {"slug": "GRAIN/CORRIDOR", "by": "Eva", "n": 1}
    with store.write() as session:
        for person in (room.olena, room.nino):
            outbox.put(session, "approved", f"approved:{person.id}", ("person", person.id), now=now, facts=facts)
        for delivery in session.scalars(select(Delivery)):
            delivery.state, delivery.said, delivery.address = "dead", "550 no such mailbox", "x@meridian.example"
        hers = session.scalars(
            select(Delivery.public_id).join(Message).where(Message.recipient_id == room.olena.id)
        ).one()
    assert ada.get("/dead-letters").text.count("/again") == 2
    assert post(ada, f"/people/{room.olena.public_id}/disable").status_code == 303
    page = ada.get("/dead-letters")
    assert "Olena Demchuk is shut out: it will not be sent" in said(page)
    assert (f"{hers}/again" in page.text, page.text.count("/again")) == (False, 1)
    assert "Dead letters 1 " in said(page)
    refused = post(ada, f"/dead-letters/{hers}/again")
    assert (refused.status_code, "Olena Demchuk is shut out" in said(refused)) == (409, True)
    with store.write() as session:
        message = session.scalars(select(Message).where(Message.recipient_id == room.nino.id)).one()
        outbox.cancel(session, [message.id], why="the story was killed", now=now)
    page = ada.get("/dead-letters")
    assert "cancelled: the story was killed" in said(page)
    assert ("/again" in page.text, "No dead letters" in said(page)) == (False, True)
    post(ada, f"/people/{room.olena.public_id}/enable")
    assert f"{hers}/again" in ada.get("/dead-letters").text


@pytest.fixture
def dead(room: Room, store: Store, now: datetime) -> None:
    """A link for Nino that could not be handed over."""
    with store.write() as session:
        entering.mail_link(session, session.get_one(Person, room.nino.id), now)
        for delivery in session.scalars(select(Delivery)):
            delivery.state, delivery.said = "dead", "550 no such mailbox"


@pytest.mark.usefixtures("dead")
def test_a_link_that_did_not_arrive_is_mailed_anew_on_the_page_of_whom_it_was_for_by_who_may(
    ada: FlaskClient, eva: FlaskClient, room: Room
) -> None:
    page = ada.get("/dead-letters")
    assert f'href="/people/{room.nino.public_id}"' in page.text
    assert "Mail Nino Kapanadze a new link" in said(page)
    page = eva.get("/dead-letters")
    assert "an administrator can mail a new one" in said(page)
    assert f"/people/{room.nino.public_id}" not in page.text
