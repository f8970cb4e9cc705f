"""When nothing more is posted to a webhook, who hears of it, and how it comes back."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import chance
from desk.addresses import Resolved
from desk.net import Handed
from desk.newsroom import delivering, notifying, republishing
from desk.outbox import handing
from desk.outbox.handover import Ready, Result
from desk.outbox.models import Delivery, Message
from desk.outbox.rules import WEBHOOK_TRIES
from desk.republication import service
from desk.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.newsroom.test_delivering import Room

HOOK = "https://novi-most.example/hook"
GONE = Handed("gone", "410 Gone")
BAD = Handed("later", "400 Bad Request")
TAKEN = Handed("taken", "200 OK")


class Line(Room):
    """A desk whose editor and administrator look after a licensee with a webhook."""

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__(session, settings)
        self.eva = factories.person(session, "Eva Janssens", roles=((self.desk, "editor"),))
        self.ada = factories.person(session, "Ada Novak", is_admin=True)
        other = factories.desk(session, "Sports desk")
        factories.person(session, "Sven Sports", roles=((other, "editor"),))
        self.actor = factories.actor(session, self.eva)
        self.radio = factories.licensee(session, desks=(self.desk,), webhook=HOOK)

    def publish(self) -> None:
        """A story of its own, so that nothing takes the place of anything."""
        self.story = factories.story(self.session, self.desk, f"A/{chance.token(4)}".upper(), state="published")
        self.edition()

    def end(self, ready: Ready, handed: Handed, *, last: bool = False) -> None:
        """Note what became of a hand-over, the last try of it if so said."""
        if last:
            self.session.get_one(Delivery, ready.delivery_id).attempts = WEBHOOK_TRIES
            self.session.flush()
        settled = handing.settle(self.session, [Result(ready.delivery_id, ready.token, handed)], now=NOW)
        delivering.switch_off(self.session, settled.off, now=NOW)

    def fail(self) -> None:
        self.publish()
        self.end(self.ready("webhook")[0], BAD, last=True)

    def told(self) -> set[int | None]:
        return set(self.session.scalars(select(Message.recipient_id).where(Message.kind == "webhook_off")))


@pytest.fixture
def line(session: Session, settings: Settings) -> Line:
    return Line(session, settings)


def test_a_webhook_that_is_gone_is_switched_off_and_its_editors_and_administrators_hear(line: Line) -> None:
    line.publish()
    line.end(line.ready("webhook")[0], GONE)
    assert line.radio.webhook_off_at == NOW
    assert line.told() == {line.eva.id, line.ada.id}
    message = line.session.scalars(select(Message).where(Message.kind == "webhook_off")).first()
    assert message is not None
    assert (message.facts["name"], message.facts["webhook"], message.facts["why"]) == (
        "Radio Novi Most",
        HOOK,
        "410 Gone",
    )


def test_one_notice_that_is_always_refused_switches_nothing_off_and_the_third_does(line: Line) -> None:
    for _ in range(2):
        line.fail()
        assert line.radio.webhook_off_at is None
    assert line.told() == set()
    line.fail()
    assert line.radio.webhook_off_at == NOW
    assert line.told() == {line.eva.id, line.ada.id}


def test_a_notice_that_is_taken_in_between_makes_the_count_begin_again(line: Line) -> None:
    line.fail()
    line.fail()
    for delivery in line.session.scalars(select(Delivery).where(Delivery.state == "dead")):
        delivery.last_at = NOW - timedelta(hours=1)
    line.publish()
    line.end(line.ready("webhook")[0], TAKEN)
    for delivery in line.session.scalars(select(Delivery).where(Delivery.state == "done")):
        delivery.last_at = NOW - timedelta(minutes=1)
    line.fail()
    assert line.radio.webhook_off_at is None


def test_what_an_old_address_says_late_does_not_switch_a_new_one_off(line: Line) -> None:
    line.publish()
    (one,) = line.ready("webhook")
    line.radio.webhook = "https://new.example/hook"
    line.session.flush()
    line.end(one, GONE)
    assert line.radio.webhook_off_at is None
    assert line.told() == set()


def test_a_webhook_that_is_off_comes_back_by_a_test_notice_that_it_takes(line: Line) -> None:
    service.switch_webhook_off(line.session, line.radio.id, why="410 Gone", now=NOW)
    line.publish()
    assert line.ready("webhook") == []

    def page() -> republishing.LicenseePage:
        return republishing.licensee_page(line.session, line.actor, line.radio.public_id)

    notifying.send_test(line.session, line.actor, line.radio.public_id, now=NOW)
    assert page().tried_at is None
    (test,) = line.ready("webhook")
    line.end(test, TAKEN)
    assert page().tried_at == NOW
    service.switch_on(line.session, line.actor, line.radio.public_id, now=NOW)
    assert page().tried_at is None
    line.publish()
    assert len(line.ready("webhook")) == 1


def test_a_new_secret_signs_what_waits(line: Line) -> None:
    line.publish()
    (one,) = line.ready("webhook")
    line.end(one, BAD)
    secret = service.new_secret(line.session, line.actor, line.radio.public_id, now=NOW)
    line.session.info["now"] = NOW + timedelta(hours=1)
    (again,) = line.ready("webhook")
    assert (one.secret != secret, again.secret, again.wire) == (True, secret, one.wire)


def test_an_address_that_may_not_be_posted_to_any_more_is_a_dead_letter_and_the_mail_goes(line: Line) -> None:
    line.publish()
    (one,) = line.ready("webhook")
    line.end(one, Handed("refused", "10.1.2.3 is in a private network."))
    assert line.radio.webhook_off_at is None
    assert ("dead", "10.1.2.3 is in a private network.") in line.states()
    assert len(line.ready("mail")) == 1


@pytest.mark.parametrize("act", ["ended", "grant taken"])
def test_what_is_not_out_yet_offers_nothing_to_who_may_not_run_it_any_more(line: Line, act: str) -> None:
    line.publish()
    if act == "ended":
        service.end_licensee(line.session, line.actor, line.radio.public_id, now=NOW)
    else:
        service.set_grants(line.session, line.actor, line.radio.public_id, [], now=NOW)
    assert (line.ready("mail"), line.ready("webhook")) == ([], [])
    line.edition("correction", wrong="33", right="53")
    assert (len(line.ready("mail")), len(line.ready("webhook"))) == (1, 1)
    (told,) = {one.licensee.id for one in republishing.notices_of_story(line.session, line.story.id)}
    assert told == line.radio.id


def test_what_waits_of_a_correction_still_goes_to_who_may_run_nothing_new(line: Line) -> None:
    line.publish()
    line.edition("correction", wrong="33", right="53")
    service.end_licensee(line.session, line.actor, line.radio.public_id, now=NOW)
    assert len(line.ready("webhook")) == 1


def test_a_desk_that_is_left_keeps_what_it_was_granted(line: Line) -> None:
    line.publish()
    other = factories.desk(line.session, "Asia desk")
    service.set_grants(line.session, line.actor, line.radio.public_id, [line.desk.public_id, other.public_id], now=NOW)
    assert len(line.ready("webhook")) == 1


def test_saving_a_switched_off_webhook_with_another_address_posts_there(line: Line) -> None:
    service.switch_webhook_off(line.session, line.radio.id, why="410 Gone", now=NOW)
    service.change_licensee(
        line.session, line.actor, line.radio.public_id, name="Radio", mail=line.radio.mail,
        webhook=Resolved("https://new.example/hook", "new.example", 443, ()), zone="Europe/Belgrade", now=NOW,
    )  # fmt: skip
    line.publish()
    (one,) = line.ready("webhook")
    assert one.address == "https://new.example/hook"
