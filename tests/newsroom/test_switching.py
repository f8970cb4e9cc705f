"""When nothing more is posted to a webhook, who hears of it, and how it comes back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import chance
from desk.addresses import Resolved
from desk.net import Handed
from desk.newsroom import notifying, republishing, webhooks
from desk.outbox import handing
from desk.outbox.handover import Ready, Result
from desk.outbox.models import Message
from desk.republication import service
from desk.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.newsroom.test_delivering import Room

HOOK = "https://novi-most.example/hook"
GONE = Handed("gone", "410 Gone")
BAD = Handed("later", "400 Bad Request")
TAKEN = Handed("taken", "200 OK")
HOUR = timedelta(hours=1)
FIVE_DAYS = timedelta(days=5)


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

    def end(self, ready: Ready, handed: Handed, at: datetime = NOW) -> None:
        """Note what became of a hand-over."""
        settled = handing.settle(self.session, [Result(ready.delivery_id, ready.token, handed)], now=at)
        webhooks.note(self.session, settled.tried, now=at)

    def post(self, handed: Handed, at: datetime = NOW) -> None:
        """Publish a story, and note what the webhook answers to its notice."""
        self.publish()
        self.end(self.ready("webhook")[0], handed, at)

    def move(self, *, now: datetime) -> None:
        """Give the licensee's webhook another address."""
        new = Resolved("https://new.example/hook", "new.example", 443, ())
        service.change_licensee(
            self.session, self.actor, self.radio.public_id, name="Radio", mail=self.radio.mail, webhook=new,
            zone="Europe/Belgrade", now=now,
        )  # fmt: skip

    def told(self, kind: str = "webhook_off") -> set[int | None]:
        return set(self.session.scalars(select(Message.recipient_id).where(Message.kind == kind)))

    def tell_failing(self, at: datetime) -> int:
        return webhooks.tell_failing(self.session, at, 10)


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


def test_a_webhook_that_has_taken_nothing_for_an_hour_is_told_of_once(line: Line) -> None:
    line.post(BAD)
    assert line.tell_failing(NOW + HOUR - timedelta(seconds=1)) == 0
    assert line.tell_failing(NOW + HOUR) == 1
    assert line.told("webhook_failing") == {line.eva.id, line.ada.id}
    facts = line.session.scalars(select(Message.facts).where(Message.kind == "webhook_failing")).first()
    assert facts is not None
    assert (facts["name"], facts["since"]) == ("Radio Novi Most", NOW.isoformat())
    line.post(BAD, NOW + 2 * HOUR)
    assert line.tell_failing(NOW + 30 * HOUR) == 0
    assert len(line.session.scalars(select(Message).where(Message.kind == "webhook_failing")).all()) == 2


def test_what_fails_for_less_than_an_hour_is_told_to_nobody(line: Line) -> None:
    line.post(BAD)
    line.post(TAKEN, NOW + HOUR / 2)
    assert line.tell_failing(NOW + 2 * HOUR) == 0
    assert line.told("webhook_failing") == set()


def test_a_webhook_that_recovered_and_fails_anew_is_told_of_again(line: Line) -> None:
    line.post(BAD)
    line.tell_failing(NOW + HOUR)
    line.post(TAKEN, NOW + 2 * HOUR)
    line.post(BAD, NOW + 3 * HOUR)
    assert line.tell_failing(NOW + 3.5 * HOUR) == 0
    assert line.tell_failing(NOW + 4 * HOUR) == 1


def test_five_days_of_failing_switch_a_webhook_off_however_few_or_many_notices_failed(line: Line) -> None:
    for n in range(4):
        line.post(BAD, NOW + n * timedelta(days=1))
    line.post(BAD, NOW + FIVE_DAYS - timedelta(seconds=1))
    assert (line.radio.webhook_off_at, line.told()) == (None, set())
    line.post(BAD, NOW + FIVE_DAYS)
    assert line.radio.webhook_off_at == NOW + FIVE_DAYS
    assert line.told() == {line.eva.id, line.ada.id}
    assert line.tell_failing(NOW + 2 * FIVE_DAYS) == 0


def test_a_notice_that_is_taken_in_between_makes_the_five_days_begin_again(line: Line) -> None:
    line.post(BAD)
    line.post(TAKEN, NOW + timedelta(days=4))
    line.post(BAD, NOW + FIVE_DAYS)
    assert line.radio.webhook_off_at is None
    assert line.radio.failing_since == NOW + FIVE_DAYS


@pytest.mark.parametrize("act", ["another address", "switched on again"])
def test_what_failed_before_counts_for_nothing_after_a_new_beginning(line: Line, act: str) -> None:
    line.post(BAD)
    line.tell_failing(NOW + HOUR)
    if act == "another address":
        line.move(now=NOW + HOUR)
    else:
        service.switch_webhook_off(line.session, line.radio.id, why="410 Gone", now=NOW + HOUR)
        service.switch_on(line.session, line.actor, line.radio.public_id, now=NOW + 2 * HOUR)
    line.post(BAD, NOW + FIVE_DAYS)
    assert line.radio.webhook_off_at is None
    assert line.tell_failing(NOW + FIVE_DAYS + HOUR) == 1


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
    line.edition("correction", wrong="33", right="53")  # of what never reached them, whose text they may not run
    assert (line.ready("mail"), line.ready("webhook")) == ([], [])


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
    line.move(now=NOW)
    line.publish()
    (one,) = line.ready("webhook")
    assert one.address == "https://new.example/hook"
