"""A correction or kill that nobody answers is sent once more by mail, then the desk's editors are told."""

import json
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from desk.aside import Aside
from desk.db import Database
from desk.newsroom import chasing, delivering, history, notifying, republishing
from desk.outbox import handing
from desk.outbox.models import Delivery, Due, Message
from desk.republication import service
from desk.republication.models import Notice
from desk.settings import Settings
from desk.store import Store
from tests import factories
from tests.factories import NOW
from workers import due

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Newsroom:
    """A desk with two editors, two licensees, and a story whose second edition corrects the first."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.desk = factories.desk(session)
        self.marta = factories.person(session, "Marta Kuipers", roles=((self.desk, "editor"),))
        factories.person(session, "Ada Novak", roles=((self.desk, "editor"),))
        self.radio = factories.licensee(session, "Radio Novi Most", desks=(self.desk,))
        self.herald = factories.licensee(session, "The Herald", desks=(self.desk,))
        self.story = factories.story(session, self.desk, state="published")
        self.publish("first")
        self.notices = self.publish("correction", wrong="33", right="53")

    def publish(self, cause: str, **more: str) -> list[Notice]:
        edition = factories.edition(self.session, self.story, cause, **more)
        return notifying.edition_out(self.session, self.story, edition, NOW)

    def hand_over(self, state: str = "done") -> None:
        for delivery in self.session.scalars(select(Delivery).where(Delivery.state.in_(("due", "handing")))):
            delivery.state, delivery.last_at = state, NOW
            self.session.execute(delete(Due).where(Due.delivery_id == delivery.id))
        self.session.flush()

    def answer(self, notice: Notice) -> None:
        token = self.session.get_one(Message, notice.message_id).facts["receipt"]
        notifying.acknowledge(self.session, token, "D. Petrović", now=NOW)

    def messages(self, kind: str) -> list[Message]:
        return list(self.session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))

    def mails(self, settings: Settings, kind: str) -> list[tuple[EmailMessage, str]]:
        """The mails of that kind that are due, as they go out in an hour, each with its plain text."""
        self.session.info["now"] = NOW + HOUR
        render = delivering.renderer(replace(settings, url="https://desk.meridian.example"), lambda: NOW + HOUR)
        claimed = handing.claim(self.session, "mail", limit=9, lease=MINUTE, token="t")
        made = handing.prepare(self.session, claimed, render, now=NOW + HOUR)
        mails = [message_from_bytes(one.wire, policy=policy.default) for one in made if one.kind == kind]
        return [(mail, mail.get_body(("plain",)).get_content()) for mail in mails]  # type: ignore[union-attr]  # it has one

    def posts(self, settings: Settings) -> list[bytes]:
        """What is posted to webhooks now, in the order of the licensees."""
        self.session.info["now"] = NOW
        claimed = handing.claim(self.session, "webhook", limit=9, lease=MINUTE, token="t")
        made = handing.prepare(self.session, claimed, delivering.renderer(settings, lambda: NOW), now=NOW)
        return [one.wire for one in made]

    def states(self) -> list[str]:
        told = republishing.notices_of_story(self.session, self.story.id)
        return [one.state for one in told if one.edition and one.edition.number == 2]


@pytest.fixture
def room(session: Session) -> Newsroom:
    return Newsroom(session)


def test_who_is_silent_is_asked_once_more_with_the_same_receipt_and_then_named_to_the_editors(room: Newsroom) -> None:
    room.hand_over()
    room.answer(room.notices[0])
    assert chasing.chase_due(room.session, NOW + 59 * MINUTE, 100) == 0
    assert chasing.chase_due(room.session, NOW + HOUR, 100) == 1
    (chase,) = room.messages("notice_chase")
    first = room.session.get_one(Message, room.notices[1].message_id)
    assert (chase.recipient_kind, chase.recipient_id) == ("licensee", room.herald.id)
    assert chase.facts["receipt"] == first.facts["receipt"]
    assert sorted(room.states()) == ["acknowledged", "chased"]

    assert chasing.chase_due(room.session, NOW + HOUR + 59 * MINUTE, 100) == 0
    assert chasing.chase_due(room.session, NOW + 2 * HOUR, 100) == 1
    silent = room.messages("notice_silent")
    assert len(silent) == 2
    assert [one["name"] for one in silent[0].facts["licensees"]] == ["The Herald"]
    assert sorted(room.states()) == ["acknowledged", "escalated"]
    assert chasing.chase_due(room.session, NOW + 99 * HOUR, 100) == 0
    said = [one.sentence % one.params for one in history.of_story(room.session, room.story)][-2:]
    assert said == [
        "The Herald was asked once more to answer the notice of edition 2",
        "The Herald does not answer the notice of edition 2: the desk's editors were told",
    ]


def test_the_chase_says_what_must_be_done_what_was_wrong_and_where_to_answer(
    room: Newsroom, settings: Settings
) -> None:
    room.hand_over()
    chasing.chase_due(room.session, NOW + HOUR, 1)
    ((mail, text),) = room.mails(settings, "notice_chase")
    token = room.session.get_one(Message, room.notices[0].message_id).facts["receipt"]
    assert mail["Subject"] == "GRAIN/CORRIDOR: CORRECTION, please answer"
    assert "You were told 14:37 Belgrade." in text
    assert "Put this text in place of yours now" in text
    assert f"https://desk.meridian.example/receipts/{token}" in text
    assert ("33" in text, "53" in text) == (True, True)


def test_all_who_are_silent_on_an_edition_are_named_in_one_message(room: Newsroom) -> None:
    room.hand_over()
    assert chasing.chase_due(room.session, NOW + HOUR, 100) == 2
    assert chasing.chase_due(room.session, NOW + 2 * HOUR, 100) == 2
    silent = room.messages("notice_silent")
    assert len(silent) == 2
    assert [one["name"] for one in silent[0].facts["licensees"]] == ["Radio Novi Most", "The Herald"]


def test_only_a_correction_or_kill_waits_for_an_answer(room: Newsroom) -> None:
    waiting = select(func.count()).where(Notice.chase_at.is_not(None))
    assert room.session.scalar(waiting) == 2
    room.publish("update")
    assert room.session.scalar(waiting) == 2


def test_a_kill_ends_the_wait_for_answers_to_what_it_replaces(room: Newsroom) -> None:
    room.hand_over()
    chasing.chase_due(room.session, NOW + HOUR, 100)
    room.publish("kill", why="false")
    assert [notice.chase_at for notice in room.notices] == [None, None]
    mails = select(Delivery.state).join(Message).where(Message.kind == "notice_chase")
    assert set(room.session.scalars(mails)) == {"cancelled"}


def test_an_update_ends_no_wait_and_says_itself_what_was_corrected(room: Newsroom, settings: Settings) -> None:
    """Whoever ran what was wrong has readers to tell, and whoever is asked to is not sent back to old text."""
    room.hand_over()
    room.answer(room.notices[1])
    room.publish("update")
    room.publish("clarification", wrong="on Friday", right="on Saturday")
    radio, herald = (text for _, text in room.mails(settings, "notice"))
    assert "Edition 2 was a correction, and no receipt of it has come from you" in radio
    assert ("33" in radio, "53" in radio) == (True, True)
    assert "was a correction" not in herald
    room.hand_over()
    assert chasing.chase_due(room.session, NOW + HOUR, 100) == 1
    ((mail, text),) = room.mails(settings, "notice_chase")
    assert mail["Subject"] == "GRAIN/CORRIDOR: CORRECTION, please answer"
    assert "Edition 4 has come since, and its text has the correction too" in text
    assert "Put this text in place of yours now" not in text


def test_the_payload_of_an_update_repeats_the_corrections_that_nobody_answered(
    room: Newsroom, settings: Settings
) -> None:
    room.hand_over()
    room.answer(room.notices[1])
    for licensee in (room.radio, room.herald):
        licensee.webhook, licensee.secret = f"https://{licensee.public_id}.example/hook", service.fresh_secret()
    room.publish("update")
    said = [json.loads(body)["data"]["unanswered"] for body in room.posts(settings)]
    assert said[1] == []
    ((one,),) = said[:1]
    assert (one["edition"], one["was_wrong"], one["is_right"]) == (2, "33", "53")
    assert one["published_at"].endswith("Z")
    room.publish("kill", why="false")
    assert [json.loads(body)["data"]["unanswered"] for body in room.posts(settings)] == [[], []]


def test_what_a_licensee_has_not_answered_stands_first_kills_before_corrections(room: Newsroom) -> None:
    """Of a story that was killed only the kill is left, and of what they answered nothing."""
    ada = factories.actor(room.session, room.marta)
    room.hand_over()
    room.answer(room.notices[1])
    room.story = factories.story(room.session, room.desk, "A/KILLED", state="published")
    for cause, more in (("first", {}), ("correction", {"wrong": "a", "right": "b"}), ("kill", {"why": "false"})):
        room.publish(cause, **more)
    room.story = factories.story(room.session, room.desk, "A/LATER", state="published")
    room.publish("first")
    room.hand_over()
    radio = republishing.licensee_page(room.session, ada, room.radio.public_id)
    stories = [(one.story.slug, one.edition.cause) for one in radio.first if one.story and one.edition]
    assert stories == [("A/KILLED", "kill"), ("GRAIN/CORRIDOR", "correction")]
    assert {one.notice.id for one in radio.first}.isdisjoint(one.notice.id for one in radio.told)
    assert len(radio.told) == 4
    pages = {one.licensee.id: (one.kills, one.corrections) for one in republishing.licensees_page(room.session, ada)}
    assert pages == {room.radio.id: (1, 1), room.herald.id: (1, 0)}
    assert (radio.kills, radio.corrections) == (1, 1)
    assert (
        republishing.licensee_page(room.session, ada, room.radio.public_id, before=radio.told[0].notice.public_id).first
        == ()
    )


def test_of_a_correction_that_never_went_out_only_they_hear_who_may_have_run_what_was_wrong(
    room: Newsroom, settings: Settings
) -> None:
    _, herald_first, *_ = room.session.scalars(select(Notice).order_by(Notice.id))
    gone = select(Delivery).where(Delivery.message_id == herald_first.message_id)
    room.session.scalars(gone).one().state = "done"  # taken as it was being cancelled
    room.publish("update")
    radio, herald = (text for _, text in room.mails(settings, "notice"))
    assert "was a correction" not in radio
    assert ("Edition 2 was a correction" in herald, "53" in herald) == (True, True)


def test_whoever_answers_an_update_is_asked_no_more_about_the_correction_before_it(
    room: Newsroom, settings: Settings
) -> None:
    room.hand_over()
    radio, _ = room.publish("update")
    chasing.chase_due(room.session, NOW + HOUR, 100)
    room.answer(radio)
    assert [notice.chase_at is None for notice in room.notices] == [True, False]
    mails = select(Delivery.state).join(Message).where(Message.kind == "notice_chase").order_by(Message.id)
    assert room.session.scalars(mails).all() == ["cancelled", "due"]
    room.publish("clarification", wrong="on Friday", right="on Saturday")
    told = ["was a correction" in text for _, text in room.mails(settings, "notice")]
    assert told == [False, True]


def test_whoever_answers_a_late_notice_of_the_first_edition_still_has_to_answer_the_correction(room: Newsroom) -> None:
    room.hand_over()
    first = room.session.scalars(select(Notice).where(Notice.id < room.notices[0].id).order_by(Notice.id)).first()
    assert first is not None
    room.answer(first)
    assert None not in [notice.chase_at for notice in room.notices]


def test_an_answer_cancels_the_chase_that_is_not_out_yet(room: Newsroom) -> None:
    room.hand_over()
    chasing.chase_due(room.session, NOW + HOUR, 100)
    room.answer(room.notices[0])
    mails = select(Delivery.state).join(Message).where(Message.kind == "notice_chase").order_by(Message.id)
    assert room.session.scalars(mails).all() == ["cancelled", "due"]
    assert chasing.chase_due(room.session, NOW + 2 * HOUR, 100) == 1


def test_an_answer_given_as_the_chase_goes_out_cancels_it(clone: Database) -> None:
    store = Store(clone)
    with store.write() as session:
        room = Newsroom(session)
        room.hand_over()
        token = session.get_one(Message, room.notices[0].message_id).facts["receipt"]
    with Session(clone.engine) as answering:
        # SQLite lets one write at a time: there nothing is read before the chase is out
        page = None if clone.is_sqlite else notifying.receipt(answering, token)
        with store.write() as session:
            chasing.chase_due(session, NOW + HOUR, 100)
        notifying.acknowledge(answering, token, "D. Petrović", now=NOW + HOUR)
        mails = select(Delivery.state).join(Message).where(Message.kind == "notice_chase").order_by(Message.id)
        assert answering.scalars(mails).all() == ["cancelled", "due"]
        assert page is None or page.notice.chased_at is not None


@pytest.mark.parametrize(("state", "later"), [("captured", None), ("dead", NOW + HOUR + 15 * MINUTE)])
def test_what_was_never_handed_over_is_not_chased(room: Newsroom, state: str, later: object) -> None:
    room.hand_over(state)
    assert chasing.chase_due(room.session, NOW + HOUR, 100) == 2
    assert room.messages("notice_chase") == []
    assert {notice.chase_at for notice in room.notices} == {later}


def test_at_most_so_many_are_looked_at_in_one_transaction(room: Newsroom) -> None:
    room.hand_over()
    assert [chasing.chase_due(room.session, NOW + HOUR, 1) for _ in range(3)] == [1, 1, 0]


def test_an_edition_that_fails_keeps_nobody_else_waiting(room: Newsroom) -> None:
    room.session.get_one(Message, room.notices[0].message_id).facts = []  # type: ignore[assignment]  # a broken row
    room.story = factories.story(room.session, room.desk, "A/OTHER", state="published")
    room.publish("first")
    others = room.publish("correction", wrong="a", right="b")
    room.hand_over()
    aside = Aside()
    assert chasing.chase_due(room.session, NOW + HOUR, 100, aside) == len(others)
    assert aside.count == 1
    assert chasing.chase_due(room.session, NOW + HOUR, 100, aside) == 0
    assert {message.facts["slug"] for message in room.messages("notice_chase")} == {"A/OTHER"}


def test_the_tick_chases() -> None:
    assert chasing.chase_due in due.VERBS
