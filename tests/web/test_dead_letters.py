"""Dead letters: each with what can be done about it by whoever reads."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.newsroom import entering
from desk.outbox.models import Delivery
from desk.people.models import Person
from desk.store import Store
from tests.reader import said
from tests.room import Room

pytestmark = pytest.mark.either


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
