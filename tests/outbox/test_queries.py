"""The bell, captured mail and the sweep."""

from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from desk.errors import NotFound
from desk.mail import mail_bytes
from desk.net import Handed
from desk.outbox import queries, service, sweeping
from desk.outbox.models import Due
from tests import factories
from tests.outbox.hands import Hands, delivery


@pytest.fixture
def hands(session: Session) -> Hands:
    return Hands(session)


def test_the_bell_counts_ones_own_unseen_messages(hands: Hands) -> None:
    olena, li = factories.person(hands.session), factories.person(hands.session, "Li-hua Chen")
    mine, cancelled = hands.put("offer", who=olena.id), hands.put("offer", who=olena.id)
    hands.put("offer", who=li.id)
    hands.put("reset", who=olena.id)
    service.cancel(hands.session, [cancelled.id], why="withdrawn", now=hands.now)
    assert queries.unseen(hands.session, olena.id) == 1
    assert [message.id for message in queries.messages_of(hands.session, olena.id)] == [mine.id]


def test_seeing_a_message_stills_the_bell_and_nobody_sees_anothers(hands: Hands) -> None:
    olena, li = factories.person(hands.session), factories.person(hands.session, "Li-hua Chen")
    message = hands.put("offer", who=olena.id)
    ids = [message.public_id]
    assert service.seen(hands.session, factories.actor(hands.session, li), ids, now=hands.now) == 0
    assert queries.unseen(hands.session, olena.id) == 1
    assert service.seen(hands.session, factories.actor(hands.session, olena), ids, now=hands.now) == 1
    assert service.seen(hands.session, factories.actor(hands.session, olena), ids, now=hands.now) == 0
    assert queries.unseen(hands.session, olena.id) == 0


def test_captured_mail_is_threaded_by_story_and_readable(hands: Hands) -> None:
    story = factories.story(hands.session, factories.desk(hands.session))
    for kind, about in (("offer", story.id), ("invite", None), ("filed", story.id)):
        message = service.put(
            hands.session, kind, kind, ("person", 1), now=hands.now, facts={"slug": kind}, story_id=about
        )
        assert message is not None
        hands.later(minutes=1)
        wire = mail_bytes(
            message_id="<a@desk.example>",
            sender=("Meridian News", "desk@meridian.example"),
            to=("Олена Демчук", "olena@meridian.example"),
            subject=f"{kind} – now",
            text="Привіт\n",
            html="<p>Привіт</p>",
            date=hands.now,
        )
        row = delivery(hands.session, message)
        row.wire, row.subject = wire, f"{kind} – now"
        hands.hand_over(answer=None)
    threads = queries.captured(hands.session, bearers=True)
    assert [[mail.kind for mail in thread.mails] for thread in threads] == [["offer", "filed"], ["invite"]]
    mail = threads[0].mails[0]
    assert (mail.text, mail.html) == ("Привіт\n", "<p>Привіт</p>\n")
    assert mail.to == "Олена Демчук <olena@meridian.example>"
    only_safe = queries.captured(hands.session, bearers=False)
    assert [thread.story_id for thread in only_safe] == [story.id]
    invite = threads[1].mails[0].public_id
    assert queries.captured_mail(hands.session, invite, bearers=True).kind == "invite"
    with pytest.raises(NotFound):
        queries.captured_mail(hands.session, invite, bearers=False)


def test_the_dead_are_listed_with_their_cause(hands: Hands) -> None:
    hands.put()
    hands.hand_over(answer=Handed("refused", "550 No such mailbox here"))
    (failed,) = queries.dead(hands.session)
    assert (failed.state, failed.why, failed.attempts) == ("dead", "550 No such mailbox here", 1)
    assert failed.address == "radio@novi-most.example"
    assert queries.dead_count(hands.session) == 1


def test_the_sweep_queues_again_what_fell_out_of_the_queue_and_parks_a_reminder(hands: Hands) -> None:
    notice, reminder = hands.put("notice"), hands.put("reminder")
    hands.prepare(hands.claim())
    hands.session.execute(delete(Due))
    assert sweeping.sweep(hands.session, hands.now) == sweeping.Swept(queued=1, parked=1)
    assert delivery(hands.session, notice).state == "due"
    assert delivery(hands.session, reminder).state == "parked"
    assert sweeping.sweep(hands.session, hands.now) == sweeping.Swept()
    assert list(hands.hand_over().states) == [delivery(hands.session, notice).id]


def test_the_sweep_removes_a_queue_row_without_an_open_delivery_and_counts_what_waits(hands: Hands) -> None:
    done = delivery(hands.session, hands.put())
    done.state = "done"
    hands.put()
    assert sweeping.sweep(hands.session, hands.now + timedelta(minutes=61)) == sweeping.Swept(removed=1, waiting=1)


def test_how_a_message_went_is_told_by_channel(hands: Hands) -> None:
    message = hands.put(routes=(*service.MAIL, service.Route("webhook", "https://a.example")))
    hands.hand_over()
    found = queries.handovers(hands.session, [message.id])[message.id]
    assert [(one.channel, one.state, one.next_at is None) for one in found] == [
        ("mail", "done", True),
        ("webhook", "due", False),
    ]
