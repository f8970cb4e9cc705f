"""Wire copy that is killed, withheld, corrected or put under another embargo: the editors of the stories on it hear."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.newsroom import history, wiring
from desk.outbox.models import Delivery, Message
from desk.stories.models import Story
from desk.wires import rules
from desk.wires.models import Source
from desk.wires.rules import Stands
from tests import factories
from tests.factories import NOW
from tests.newsroom.test_wiring import add, send, standing, wire

HOUR = timedelta(hours=1)
LATER = NOW + timedelta(minutes=5)


class Room:
    """Two desks, and a story of the first that stands on an item of Nordpress."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.desk, other = factories.desk(session), factories.desk(session, "Sports desk")
        self.eva = factories.person(session, "Eva Editor", roles=((self.desk, "editor"),))
        factories.person(session, "Sven Sports", roles=((other, "editor"),))
        factories.person(session, "Arthur Lim", roles=((self.desk, "approver"),))
        self.source: Source = add(session)
        send(session, self.source, wire())
        self.story = self.use("GRAIN/CORRIDOR")

    def use(self, slug: str) -> Story:
        story = factories.story(self.session, self.desk, slug)
        actor = factories.actor(self.session, self.eva)
        wiring.use_in(self.session, actor, standing(self.session).public_id, story.public_id, NOW)
        return story

    def told(self) -> list[Message]:
        return list(self.session.scalars(select(Message).where(Message.kind == "wire_changed").order_by(Message.id)))


@pytest.fixture
def room(session: Session) -> Room:
    return Room(session)


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ({"pubstatus": "canceled", "headline": "KILL", "ednote": "The source withdrew it."}, "killed"),
        ({"pubstatus": "withheld"}, "withheld"),
        ({"embargoed": NOW + HOUR}, "embargo"),
    ],
)
def test_the_editors_of_the_storys_desk_are_told_by_bell_and_mail(
    room: Room, said: dict[str, object], change: str
) -> None:
    send(room.session, room.source, wire(**said), now=LATER)  # type: ignore[arg-type]  # fields by name
    (message,) = room.told()
    assert message.recipient_id == room.eva.id
    facts = message.facts
    assert (facts["change"], facts["source"], facts["slug"]) == (change, "Nordpress", "GRAIN/CORRIDOR")
    assert facts["item"] == standing(room.session).public_id
    assert (facts["note"], facts["out"]) == (said.get("ednote", ""), False)
    delivery = select(Delivery.channel, Delivery.state).where(Delivery.message_id == message.id)
    assert room.session.execute(delivery).all() == [("mail", "due")]
    last = history.of_story(room.session, room.story)[-1]
    assert (last.verb, last.params["change"]) == ("wire_changed", change)


@pytest.mark.parametrize("out", [False, True])
def test_other_words_of_wire_copy_stand_at_the_bell_and_are_mailed_only_once_ours_are_out(
    room: Room, out: bool
) -> None:
    if out:
        factories.edition(room.session, room.story)
    send(room.session, room.source, wire(headline="Blast at port of Odesa"), now=LATER)
    (message,) = room.told()
    assert (message.recipient_id, message.facts["change"]) == (room.eva.id, "revised")
    deliveries = room.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).all()
    assert len(deliveries) == int(out)


def test_of_many_other_words_within_an_hour_one_mail_goes_out_and_the_others_stand_at_the_bell(room: Room) -> None:
    factories.edition(room.session, room.story)
    for minutes in (0, 5, 30, 61):
        send(room.session, room.source, wire(headline=f"{minutes} killed"), now=LATER + timedelta(minutes=minutes))
        for delivery in room.session.scalars(select(Delivery)):
            delivery.state = "done"
        room.session.flush()
    mailed = select(Message.facts).join(Delivery).where(Message.kind == "wire_changed").order_by(Message.id)
    assert [facts["headline"] for facts in room.session.scalars(mailed)] == ["0 killed", "61 killed"]
    assert len(room.told()) == 4


def test_a_mail_of_other_words_that_is_not_out_yet_gives_way_to_the_next(room: Room) -> None:
    factories.edition(room.session, room.story)
    send(room.session, room.source, wire(headline="33 killed"), now=LATER)
    send(room.session, room.source, wire(headline="53 killed"), now=LATER + timedelta(minutes=1))
    send(room.session, room.source, wire(headline="KILL", pubstatus="canceled"), now=LATER + timedelta(minutes=2))
    states = room.session.execute(select(Delivery.state, Delivery.said).order_by(Delivery.id)).all()
    assert states == [*[("cancelled", "the wire changed again")] * 2, ("due", None)]


def test_a_kill_is_told_by_the_headline_that_was_killed_also_of_a_story_that_is_out(room: Room) -> None:
    factories.edition(room.session, room.story)
    room.story.state = "published"
    send(room.session, room.source, wire(headline="KILL", pubstatus="canceled"), now=LATER)
    (message,) = room.told()
    assert (message.facts["headline"], message.facts["out"]) == ("Explosion reported at port of Odesa", True)


def test_every_story_on_the_item_is_told_and_none_that_is_over(room: Room) -> None:
    second = room.use("ODESA/BLAST")
    spiked = room.use("ODESA/PORT")
    spiked.state = "spiked"
    room.session.flush()
    send(room.session, room.source, wire(pubstatus="canceled"), now=LATER)
    assert [message.story_id for message in room.told()] == [room.story.id, second.id]


def test_the_same_revision_is_told_once_and_the_next_again(room: Room) -> None:
    for _ in range(2):
        send(room.session, room.source, wire(headline="Blast"), now=LATER)
    send(room.session, room.source, wire(headline="Blast heard"), now=LATER)
    assert [message.facts["headline"] for message in room.told()] == ["Blast", "Blast heard"]


def test_nobody_is_told_of_an_item_on_which_nothing_stands(room: Room) -> None:
    send(room.session, room.source, wire("np-2", "Fog"), now=LATER)
    send(room.session, room.source, wire("np-2", "Fog lifts"), now=LATER)
    assert room.told() == []


def stands(pubstatus: str = "usable", embargo: datetime | None = None, words: str = "33 cm") -> Stands:
    return Stands(pubstatus, embargo, (words,))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (stands(), stands(), None),
        (stands(), stands("canceled", words="KILL"), "killed"),
        (stands(), stands("withheld"), "withheld"),
        (stands("withheld"), stands(words="53 cm"), "restored"),
        (stands(embargo=NOW + HOUR), stands(words="53 cm"), "embargo"),
        (stands(), stands(embargo=NOW + HOUR), "embargo"),
        (stands(embargo=NOW - HOUR), stands(), None),
        (stands(), stands(words="53 cm"), "revised"),
    ],
)
def test_what_a_revision_means_the_gravest_first(before: Stands, after: Stands, change: str | None) -> None:
    assert rules.change_of(before, after, NOW) == change
