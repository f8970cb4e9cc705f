"""Licensees are told of every edition, once, by every way they are reached; and they say that they have read it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from desk.audit.models import Entry
from desk.db import Database
from desk.errors import Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import notifying, republishing
from desk.outbox import service as outbox
from desk.outbox.models import Delivery, Due, Message
from desk.people.models import Desk, Person
from desk.republication import service
from desk.republication.models import Licensee, Notice
from desk.store import Store
from desk.stories.models import Edition, Story
from tests import factories
from tests.factories import NOW


class Newsroom:
    """A desk with one published story, two licensees of that desk, and one of another."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.desk: Desk = factories.desk(session)
        self.editor: Person = factories.person(session, "Marta Kuipers", roles=((self.desk, "editor"),))
        self.actor = factories.actor(session, self.editor)
        self.radio = factories.licensee(
            session, "Radio Novi Most", desks=(self.desk,), webhook="https://novi-most.example/hook"
        )
        self.herald = factories.licensee(session, "The Herald", desks=(self.desk,))
        self.sports = factories.licensee(session, "Sports Daily", desks=(factories.desk(session, "Sports desk"),))
        self.story: Story = factories.story(session, self.desk, state="published")

    def publish(self, cause: str = "first", **more: str) -> list[Notice]:
        self.edition: Edition = factories.edition(self.session, self.story, cause, **more)
        return notifying.edition_out(self.session, self.story, self.edition, NOW)

    def told(self, notices: list[Notice]) -> set[str]:
        return {self.session.get_one(Licensee, notice.licensee_id).name for notice in notices}

    def deliveries(self, notice: Notice) -> list[Delivery]:
        rows = select(Delivery).where(Delivery.message_id == notice.message_id).order_by(Delivery.id)
        return list(self.session.scalars(rows))

    def hand_over(self, notices: list[Notice], state: str = "done") -> None:
        for delivery in (one for notice in notices for one in self.deliveries(notice)):
            delivery.state, delivery.last_at, delivery.attempts = state, NOW, 1
            self.session.execute(delete(Due).where(Due.delivery_id == delivery.id))
        self.session.flush()

    def token(self, notice: Notice) -> str:
        facts = self.session.get_one(Message, notice.message_id).facts
        return str(facts["receipt"])


@pytest.fixture
def room(session: Session) -> Newsroom:
    return Newsroom(session)


def test_an_edition_is_told_to_each_licensee_of_its_desk_by_every_way_they_have(room: Newsroom) -> None:
    notices = room.publish()
    assert room.told(notices) == {"Radio Novi Most", "The Herald"}
    channels = {
        room.session.get_one(Licensee, notice.licensee_id).name: [one.channel for one in room.deliveries(notice)]
        for notice in notices
    }
    assert channels == {"Radio Novi Most": ["mail", "webhook"], "The Herald": ["mail"]}


def test_an_edition_is_told_once(room: Newsroom) -> None:
    room.publish()
    assert notifying.edition_out(room.session, room.story, room.edition, NOW) == []
    assert room.session.scalar(select(func.count()).select_from(Notice)) == 2
    told = select(func.count()).where(Entry.verb == notifying.TOLD)
    assert room.session.scalar(told) == 1


@pytest.mark.parametrize(
    ("cause", "more"), [("correction", {"wrong": "33", "right": "53"}), ("kill", {"why": "false"})]
)
def test_a_correction_and_a_kill_reach_whoever_was_told_before_whatever_their_grant_is_now(
    room: Newsroom, cause: str, more: dict[str, str]
) -> None:
    room.hand_over(room.publish())
    service.set_grants(room.session, room.actor, room.herald.public_id, [], now=NOW)
    service.end_licensee(room.session, room.actor, room.radio.public_id, now=NOW)
    assert room.told(room.publish(cause, **more)) == {"Radio Novi Most", "The Herald"}
    urgency = select(Message.facts["cause"].as_string(), Message.urgency).distinct()
    assert {row[0]: row[1] for row in room.session.execute(urgency)} == {"first": 2, cause: 1}


def test_a_corrected_text_goes_to_nobody_whom_no_earlier_edition_reached(room: Newsroom) -> None:
    room.publish()
    service.set_grants(room.session, room.actor, room.herald.public_id, [], now=NOW)
    assert room.told(room.publish("correction", wrong="33", right="53")) == {"Radio Novi Most"}


def test_a_correction_that_is_not_out_yet_outlives_an_update_of_which_its_reader_is_not_told(room: Newsroom) -> None:
    room.hand_over(room.publish())
    service.end_licensee(room.session, room.actor, room.herald.public_id, now=NOW)
    corrections = {one.licensee_id: one for one in room.publish("correction", wrong="33", right="53")}
    assert room.told(room.publish("update")) == {"Radio Novi Most"}
    assert [one.state for one in room.deliveries(corrections[room.herald.id])] == ["due"]
    assert {one.state for one in room.deliveries(corrections[room.radio.id])} == {"cancelled"}
    assert room.told(room.publish("kill", why="false")) == {"Radio Novi Most", "The Herald"}
    assert [one.state for one in room.deliveries(corrections[room.herald.id])] == ["cancelled"]


def test_a_dead_notice_of_a_story_that_was_killed_since_is_not_sent_again(room: Newsroom) -> None:
    notice = room.publish()[0]
    room.hand_over([notice], "dead")
    room.publish("kill", why="false")
    with pytest.raises(NotNow, match="edition 2 is out"):
        outbox.send_again(room.session, room.actor, room.deliveries(notice)[0].public_id, now=NOW)


def test_an_update_reaches_only_those_with_a_grant_now(room: Newsroom) -> None:
    room.publish()
    service.set_grants(room.session, room.actor, room.herald.public_id, [], now=NOW)
    assert room.told(room.publish("update")) == {"Radio Novi Most"}


def test_a_later_edition_cancels_what_was_not_delivered_of_an_earlier_one(room: Newsroom) -> None:
    first = room.publish()
    room.deliveries(first[0])[0].state = "done"
    room.publish("correction", wrong="33", right="53")
    states = [(one.channel, one.state, one.said) for one in room.deliveries(first[0])]
    assert states == [("mail", "done", None), ("webhook", "cancelled", "edition 2 is out")]


def test_a_webhook_that_is_switched_off_is_passed_over_and_mail_still_goes(room: Newsroom) -> None:
    service.switch_webhook_off(room.session, room.radio.id, why="410 Gone", now=NOW)
    radio = next(one for one in room.publish() if one.licensee_id == room.radio.id)
    assert [one.channel for one in room.deliveries(radio)] == ["mail"]


def test_switching_a_webhook_off_cancels_what_waits_for_it_and_leaves_the_mail(room: Newsroom) -> None:
    radio = next(one for one in room.publish() if one.licensee_id == room.radio.id)
    service.switch_webhook_off(room.session, room.radio.id, why="410 Gone", now=NOW)
    assert [(one.channel, one.state) for one in room.deliveries(radio)] == [("mail", "due"), ("webhook", "cancelled")]
    assert service.switch_webhook_off(room.session, room.radio.id, why="410 Gone", now=NOW) is None


def test_a_receipt_is_given_by_name_and_giving_it_twice_is_fine(room: Newsroom) -> None:
    notice = room.publish()[0]
    token = room.token(notice)
    assert notice.receipt_sha256 != token
    assert notifying.receipt(room.session, token).notice is notice
    assert notice.acknowledged_at is None
    notifying.acknowledge(room.session, token, "D. Petrović", now=NOW)
    notifying.acknowledge(room.session, token, "somebody else", now=NOW + timedelta(hours=1))
    assert (notice.acknowledged_at, notice.acknowledged_by) == (NOW, "D. Petrović")
    entry = room.session.scalars(select(Entry).where(Entry.verb == "notice_acknowledged")).one()
    assert (entry.actor_kind, entry.actor_name) == ("licensee", "D. Petrović, Radio Novi Most")


def test_a_receipt_given_twice_at_once_is_given_once(clone: Database) -> None:
    store = Store(clone)
    with store.write() as session:
        room = Newsroom(session)
        token = room.token(room.publish()[0])
    together = Barrier(2)

    def answer(name: str) -> None:
        with store.write() as session:
            if not clone.is_sqlite:  # which lets one write at a time: the second would never get here
                notifying.receipt(session, token)
                together.wait()
            notifying.acknowledge(session, token, name, now=NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(answer, ("Ann", "Ben")))
    with store.read() as session:
        assert session.scalar(select(func.count()).where(Entry.verb == "notice_acknowledged")) == 1


def test_a_receipt_needs_a_name_and_a_link_that_is_ours(room: Newsroom) -> None:
    token = room.token(room.publish()[0])
    with pytest.raises(Invalid):
        notifying.acknowledge(room.session, token, " ", now=NOW)
    with pytest.raises(NotFound):
        notifying.acknowledge(room.session, token[:-1], "Eve", now=NOW)


def test_a_test_notice_goes_to_one_licensee_and_can_be_acknowledged(room: Newsroom) -> None:
    notice = notifying.send_test(room.session, room.actor, room.radio.public_id, now=NOW)
    assert (notice.kind, notice.edition_id, len(room.deliveries(notice))) == ("test", None, 2)
    assert notifying.acknowledge(room.session, room.token(notice), "D. Petrović", now=NOW).story is None
    service.end_licensee(room.session, room.actor, room.radio.public_id, now=NOW)
    with pytest.raises(NotNow):
        notifying.send_test(room.session, room.actor, room.radio.public_id, now=NOW)


def test_only_editors_and_administrators_send_test_notices(room: Newsroom) -> None:
    writer = factories.actor(room.session, factories.person(room.session, roles=((room.desk, "correspondent"),)))
    with pytest.raises(Forbidden):
        notifying.send_test(room.session, writer, room.radio.public_id, now=NOW)


def test_a_licensees_page_shows_each_notice_how_it_went_and_its_receipt(room: Newsroom) -> None:
    notice = next(one for one in room.publish() if one.licensee_id == room.radio.id)
    room.deliveries(notice)[1].state = "done"
    (told,) = republishing.licensee_page(room.session, room.actor, room.radio.public_id).told
    assert (told.state, told.edition, told.story) == ("sent", room.edition, room.story)
    assert [(one.channel, one.state) for one in told.handovers] == [("mail", "due"), ("webhook", "done")]
    notifying.acknowledge(room.session, room.token(notice), "D. Petrović", now=NOW)
    (told,) = republishing.licensee_page(room.session, room.actor, room.radio.public_id).told
    assert told.state == "acknowledged"


def test_the_republication_page_has_the_edition_that_is_out_and_the_last_stories_beside_it(room: Newsroom) -> None:
    with pytest.raises(NotNow):
        republishing.republication_page(room.session, room.actor, room.story.public_id)
    room.publish()
    for n in range(4):
        other = factories.story(room.session, room.desk, f"OTHER/{n}", "published")
        of = factories.version(room.session, other, abstract=f"Abstract {n}.", headline=f"Headline {n}")
        factories.edition(room.session, other, of=of, at=NOW + timedelta(minutes=n))
    killed = factories.story(room.session, room.desk, "DEAD/WRONG", "killed")
    dead = factories.edition(room.session, killed, at=NOW + timedelta(hours=1))
    factories.edition(room.session, killed, "kill", of=None, at=NOW + timedelta(hours=2), why="false")
    page = republishing.republication_page(room.session, room.actor, room.story.public_id)
    assert page.text.abstracts == ["Abstract 3.", "Abstract 2.", "Abstract 1."]
    assert (page.text.year, page.text.first_year, page.edition.number) == (2026, 1999, 1)
    assert dead.number == 1
    room.publish("kill", why="false")
    page = republishing.republication_page(room.session, room.actor, room.story.public_id)
    assert (page.text, page.over and page.over.why) == (None, "false")
    assert page.told[0].edition is not None
    assert page.told[0].edition.cause == "kill"
    with pytest.raises(NotNow, match="killed"):
        republishing.text_to_run(room.session, room.actor, room.story.public_id)


def test_facts_of_a_notice_are_json(room: Newsroom) -> None:
    facts = room.session.get_one(Message, room.publish()[0].message_id).facts
    assert json.loads(json.dumps(facts)) == facts
