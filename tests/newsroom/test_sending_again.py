"""What nobody needs to be told any more is not sent again, also if it never went out."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.drafts.rules import Copy
from desk.errors import NotNow
from desk.newsroom import commissioning, copydesk, reminding
from desk.outbox import service as outbox
from desk.outbox.models import Delivery, Due, Message
from desk.people.models import Person
from tests import factories
from tests.factories import NOW

HOUR = timedelta(hours=1)


class Room:
    """An editor and a correspondent of one desk, and a story."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.desk = factories.desk(session)
        self.ruth = factories.person(session, "Ruth Adler", roles=((self.desk, "editor"),))
        self.olena = factories.person(session, "Olena Demchuk", roles=((self.desk, "correspondent"),))
        self.story = factories.story(session, self.desk, state="reporting")

    def ended(self, kind: str, state: str) -> Delivery:
        """The one delivery of that kind, after it could not be handed over."""
        delivery = self.session.scalars(select(Delivery).join(Message).where(Message.kind == kind)).one()
        delivery.state = state
        self.session.execute(delete(Due).where(Due.delivery_id == delivery.id))
        self.session.flush()
        return delivery

    def send_again(self, delivery: Delivery) -> None:
        outbox.send_again(self.session, self.as_(self.ruth), delivery.public_id, now=NOW)

    def as_(self, person: Person) -> Actor:
        return factories.actor(self.session, person)


@pytest.fixture
def room(session: Session) -> Room:
    return Room(session)


def test_a_parked_reminder_of_what_was_filed_since_is_not_sent_again(room: Room) -> None:
    assignment = factories.assignment(room.session, room.story, assignee=room.olena, deadline=NOW + 3 * HOUR)
    reminding.plan(room.session, assignment, now=NOW)
    reminding.fire_due(room.session, NOW + HOUR)
    reminder = room.ended("reminder", "parked")
    copy = Copy(headline="Grain", body_html="<p>33 ships</p>")
    copydesk.file(room.session, room.as_(room.olena), room.story.public_id, copy, base_n=0, now=NOW + HOUR)
    with pytest.raises(NotNow, match="cancelled: "):
        room.send_again(reminder)


@pytest.mark.parametrize("ended", ["withdrawn", "cancelled"])
def test_a_dead_offer_of_what_is_no_longer_offered_is_not_sent_again(room: Room, ended: str) -> None:
    assignment = commissioning.assign(
        room.session, room.as_(room.ruth), room.story.public_id, medium="text",
        moment=factories.moment(NOW, hours=5), people=[room.olena.public_id], now=NOW,
    )  # fmt: skip
    offer = room.ended("offer", "dead")
    if ended == "cancelled":
        commissioning.cancel(room.session, room.as_(room.ruth), assignment.public_id, now=NOW)
    else:
        id_ = room.session.get_one(Message, offer.message_id).facts["offer"]
        commissioning.withdraw_offer(room.session, room.as_(room.ruth), id_, now=NOW)
    with pytest.raises(NotNow, match=f"offer {ended}"):
        room.send_again(offer)
