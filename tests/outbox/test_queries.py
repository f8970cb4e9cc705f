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


def test_captured_mail_is_read_newest_first_a_page_at_a_time_and_by_reader(hands: Hands) -> None:
    for kind, who in (("offer", 1), ("invite", 1), ("filed", 2)):
        message = service.put(hands.session, kind, kind, ("person", who), now=hands.now, facts={"slug": kind})
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
    first = queries.captured(hands.session, bearers=True, limit=2)
    assert ([mail.kind for mail in first.mails], first.total) == (["filed", "invite"], 3)
    rest = queries.captured(hands.session, bearers=True, limit=2, before=first.older or "")
    assert ([mail.kind for mail in rest.mails], rest.total, rest.older) == (["offer"], 3, None)
    mail = rest.mails[0]
    assert (mail.text, mail.html) == ("Привіт\n", "<p>Привіт</p>\n")
    assert mail.to == "Олена Демчук <olena@meridian.example>"
    hers = queries.captured(hands.session, bearers=False, to=("person", 1))
    assert ([mail.kind for mail in hers.mails], hers.total) == (["offer"], 1)
    invite = first.mails[1].public_id
    with pytest.raises(NotFound):
        queries.captured(hands.session, bearers=False, before=invite)
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


def test_what_nobody_is_to_hear_any_more_is_not_among_what_cannot_be_delivered(hands: Hands) -> None:
    message = hands.put()
    hands.hand_over(answer=Handed("refused", "550 No such mailbox here"))
    hands.session.info.pop("touched", None)
    service.cancel(hands.session, [message.id], why="edition 2 is out", now=hands.now)
    assert queries.dead(hands.session) == []
    assert queries.dead_count(hands.session) == 0
    assert [one.cancelled for one in queries.past_sending(hands.session)] == ["edition 2 is out"]
    assert ("newsroom", 0) in hands.session.info["touched"]


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
