"""Claiming, looking again, handing over and marking, stepped one by one with deaths in between."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import bells
from desk.errors import Forbidden, NotFound, NotNow
from desk.net import Handed
from desk.outbox import handing, queries, service
from desk.outbox.handover import Stopped
from desk.outbox.kinds import KINDS, Kind
from desk.outbox.models import Due, Message
from desk.outbox.service import MAIL
from tests import factories
from tests.outbox.hands import LATER, LEASE, TAKEN, UNKNOWN, Hands, delivery, hook


@pytest.fixture
def hands(session: Session) -> Hands:
    return Hands(session)


def queue_of(session: Session) -> list[int]:
    return list(session.scalars(select(Due.delivery_id).order_by(Due.delivery_id)))


def test_a_message_put_twice_is_put_once_and_rings_its_lane(hands: Hands) -> None:
    first = hands.put(key="published:1")
    again = service.put(hands.session, "notice", "published:1", ("licensee", 1), now=hands.now, facts={"slug": "OTHER"})
    assert first.facts == {"slug": "GRAIN/CORRIDOR"}
    assert again is None
    assert bells.take(hands.session) == {(bells.DELIVER, "mail")}
    assert len(queue_of(hands.session)) == 1


def test_what_is_taken_is_done_and_leaves_the_queue(hands: Hands) -> None:
    message = hands.put()
    assert list(hands.hand_over().states.values()) == ["done"]
    row = delivery(hands.session, message)
    assert (row.state, row.said, row.attempts, row.address) == ("done", "250 OK", 1, "radio@novi-most.example")
    assert (row.first_at, row.last_at, row.subject) == (hands.now, hands.now, "GRAIN/CORRIDOR")
    assert queue_of(hands.session) == []


def test_urgent_kinds_go_before_older_ones_that_can_wait(hands: Hands) -> None:
    slow = hands.put("published")
    hands.later(seconds=1)
    quick = hands.put("killed")
    claimed = [one.delivery_id for one in hands.claim(limit=2)]
    assert claimed == [delivery(hands.session, quick).id, delivery(hands.session, slow).id]


def test_what_is_leased_is_nobody_elses_until_the_lease_runs_out(hands: Hands) -> None:
    message = hands.put()
    mine = hands.claim()
    other = Hands(hands.session)
    assert other.claim() == []
    hands.later(seconds=LEASE.total_seconds())
    theirs = other.claim()
    assert [one.delivery_id for one in theirs] == [one.delivery_id for one in mine]
    assert hands.prepare(mine) == []  # the slow one looks again and finds it is not its own any more
    assert other.hand_over() is not None
    assert delivery(hands.session, message).attempts == 0
    assert list(other.settle(other.prepare(theirs)).states.values()) == ["done"]


def test_a_lease_that_ran_out_before_the_marking_is_left_to_the_next_claim(hands: Hands) -> None:
    hands.put()
    mine = hands.claim()
    hands.later(seconds=61)
    assert hands.prepare(mine) == []
    assert len(hands.claim()) == 1


def test_a_worker_that_wakes_after_its_lease_loses_the_compare_and_set(hands: Hands) -> None:
    message = hands.put()
    slept = hands.prepare(hands.claim())
    hands.later(seconds=61)
    ready = hands.prepare(hands.claim())
    woken = hands.settle(slept)
    assert woken.lost == [slept[0].delivery_id]
    assert delivery(hands.session, message).state == "due"
    assert list(hands.settle(ready).states.values()) == ["done"]
    assert delivery(hands.session, message).attempts == 2


def test_a_repeat_kind_goes_again_after_a_death_with_the_same_id_and_bytes(hands: Hands) -> None:
    message = hands.put("notice")
    (first,) = hands.prepare(hands.claim())
    hands.later(seconds=61)  # killed between hand-over and mark
    (second,) = hands.prepare(hands.claim())
    assert (first.wire_id, first.wire) == (second.wire_id, second.wire)
    assert hands.rendered == [first.delivery_id]
    hands.settle([second])
    assert delivery(hands.session, message).state == "done"


def test_a_park_kind_that_died_in_the_hands_is_parked_and_listed_never_sent_again(hands: Hands) -> None:
    message = hands.put("reminder")
    (ready,) = hands.prepare(hands.claim())
    assert delivery(hands.session, message).state == "handing"
    hands.later(seconds=61)
    assert hands.claim() == []
    row = delivery(hands.session, message)
    assert row.state == "parked"
    assert queue_of(hands.session) == []
    (listed,) = queries.dead(hands.session)
    assert (listed.public_id, listed.kind) == (row.public_id, "reminder")
    assert "perhaps received" in listed.why
    assert hands.settle([ready]).lost == [ready.delivery_id]
    assert delivery(hands.session, message).state == "parked"


def test_a_park_kind_that_died_before_its_mark_goes_out(hands: Hands) -> None:
    message = hands.put("reminder")
    hands.claim()
    hands.later(seconds=61)
    assert list(hands.hand_over().states.values()) == ["done"]
    assert delivery(hands.session, message).attempts == 1


def test_no_answer_parks_a_reminder_and_repeats_a_notice(hands: Hands) -> None:
    reminder, notice = hands.put("reminder"), hands.put("notice")
    hands.hand_over(answer=UNKNOWN)
    assert delivery(hands.session, reminder).state == "parked"
    assert delivery(hands.session, notice).state == "due"


def test_a_reminder_that_was_refused_for_now_is_due_again(hands: Hands) -> None:
    message = hands.put("reminder")
    hands.hand_over(answer=LATER)
    assert delivery(hands.session, message).state == "due"
    assert hands.claim() == []
    hands.later(minutes=1)
    assert list(hands.hand_over().states.values()) == ["done"]


@pytest.mark.parametrize(("urgency", "allowed"), [(1, 30), (2, 10)])
def test_a_webhook_is_tried_over_75_hours_most_often_if_it_is_urgent_then_is_dead(
    hands: Hands, urgency: int, allowed: int
) -> None:
    message = hands.put(routes=hook(), urgency=urgency)
    began = hands.now
    tries = 0
    while delivery(hands.session, message).state == "due":
        tries += 1
        settled = hands.hand_over("webhook", Handed("later", "500 Internal Server Error"))
        hands.session.info["now"] = hands.session.scalar(select(Due.due_at)) or hands.now
    assert tries == allowed
    assert timedelta(hours=60) < hands.now - began < timedelta(hours=95)
    assert delivery(hands.session, message).state == "dead"
    (tried,) = settled.tried
    assert (tried.recipient_kind, tried.recipient_id, tried.taken, tried.gone) == ("licensee", 1, False, False)


def test_a_gone_webhook_is_dead_at_once_and_said_to_be_gone(hands: Hands) -> None:
    hands.put(routes=hook())
    settled = hands.hand_over("webhook", Handed("gone", "410 Gone"))
    assert list(settled.states.values()) == ["dead"]
    assert [(one.said, one.gone) for one in settled.tried] == [("410 Gone", True)]


def test_what_a_webhook_took_is_said_too_and_a_mail_is_nobodys_webhook(hands: Hands) -> None:
    hands.put(routes=[*hook(), *MAIL])
    assert [one.taken for one in hands.hand_over("webhook").tried] == [True]
    assert hands.hand_over("mail").tried == []


def test_retry_after_is_honoured(hands: Hands) -> None:
    hands.put(routes=hook())
    hands.hand_over("webhook", Handed("later", "429", retry_after=3000))
    hands.later(seconds=2999)
    assert hands.claim("webhook") == []
    hands.later(seconds=2)
    assert len(hands.claim("webhook")) == 1


def test_a_refused_mail_is_dead(hands: Hands) -> None:
    message = hands.put()
    hands.hand_over(answer=Handed("refused", "550 No such mailbox"))
    assert (delivery(hands.session, message).state, delivery(hands.session, message).said) == (
        "dead",
        "550 No such mailbox",
    )


def test_without_a_mail_server_mail_is_captured_with_its_bytes(hands: Hands) -> None:
    message = hands.put()
    hands.hand_over(answer=None)
    row = delivery(hands.session, message)
    assert (row.state, row.wire) == ("captured", b"notice at 13:37:00")
    assert queue_of(hands.session) == []


def test_what_is_cancelled_between_claim_and_hand_over_does_not_go(hands: Hands) -> None:
    message = hands.put()
    claimed = hands.claim()
    assert service.cancel(hands.session, [message.id], why="a later edition is out", now=hands.now) == 1
    assert hands.prepare(claimed) == []
    row = delivery(hands.session, message)
    assert (row.state, row.said) == ("cancelled", "a later edition is out")
    assert hands.session.get_one(Message, message.id).cancelled_why == "a later edition is out"


def test_what_is_taken_while_it_is_being_cancelled_is_said_to_be_out(hands: Hands) -> None:
    message = hands.put()
    ready = hands.prepare(hands.claim())
    service.cancel(hands.session, [message.id], why="a later edition is out", now=hands.now)
    assert hands.settle(ready).lost == [ready[0].delivery_id]
    assert delivery(hands.session, message).state == "done"
    assert "while it was being cancelled" in (delivery(hands.session, message).said or "")


def test_a_reminder_cancelled_in_somebodys_hands_is_not_tried_again(hands: Hands) -> None:
    message = hands.put("reminder")
    ready = hands.prepare(hands.claim())
    service.cancel(hands.session, [message.id], why="copy was filed", now=hands.now)
    hands.settle(ready, LATER)
    hands.later(minutes=5)
    assert hands.prepare(hands.claim()) == []
    assert (delivery(hands.session, message).state, delivery(hands.session, message).said) == (
        "cancelled",
        "copy was filed",
    )


def test_a_recipient_who_is_gone_ends_a_delivery_with_the_cause(hands: Hands) -> None:
    message = hands.put()
    row = delivery(hands.session, message)
    hands.gone[row.id] = Stopped("cancelled", "Olena Demchuk was disabled")
    assert hands.prepare(hands.claim()) == []
    assert (row.state, row.said, queue_of(hands.session)) == ("cancelled", "Olena Demchuk was disabled", [])


def test_what_cannot_be_worded_is_dead_and_holds_up_nobody(hands: Hands) -> None:
    broken, sound = hands.put(), hands.put()
    hands.gone[delivery(hands.session, broken).id] = Stopped("dead", "no template")
    hands.hand_over()
    assert delivery(hands.session, broken).state == "dead"
    assert delivery(hands.session, sound).state == "done"


def test_a_kind_of_a_newer_release_stays_due_untouched(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "of_tomorrow", Kind("of_tomorrow", "repeat", 1, "news of tomorrow"))
    message = hands.put("of_tomorrow")
    monkeypatch.delitem(KINDS, "of_tomorrow")
    assert hands.claim() == []
    assert not handing.is_due(hands.session, "mail")
    assert delivery(hands.session, message).state == "due"


def test_one_endpoint_has_no_more_in_flight_than_its_share(hands: Hands) -> None:
    for _ in range(5):
        hands.put(routes=hook("hangs"))
    hands.later(seconds=1)
    swift = hands.put(routes=hook("swift"))
    first = hands.claim("webhook", limit=4, per_endpoint=2)
    assert len(first) == 3
    assert first[-1].delivery_id == delivery(hands.session, swift).id
    assert Hands(hands.session).claim("webhook", limit=4, per_endpoint=2) == []
    hands.settle(hands.prepare(first[:1]))
    assert len(hands.claim("webhook", limit=4, per_endpoint=2)) == 1


def test_a_group_is_marked_together_and_each_settled_by_itself(hands: Hands) -> None:
    messages = [hands.put("reminder") for _ in range(3)]
    ready = hands.prepare(hands.claim())
    assert {delivery(hands.session, message).state for message in messages} == {"handing"}
    hands.settle(ready[:1])
    assert [delivery(hands.session, message).state for message in messages] == ["done", "handing", "handing"]


def test_the_secret_of_a_link_is_forgotten_once_its_mail_is_out(hands: Hands) -> None:
    message = service.put(
        hands.session, "invite", "invite:1", ("person", 7), now=hands.now, facts={"secret": "s3cret", "slug": "-"}
    )
    assert message is not None
    hands.hand_over()
    hands.session.expire_all()
    assert message.facts == {"slug": "-"}
    assert delivery(hands.session, message).wire is None


def test_a_dead_letter_is_sent_again_with_its_first_id(hands: Hands) -> None:
    desk = factories.desk(hands.session)
    editor = factories.actor(hands.session, factories.person(hands.session, "Marta Kuipers", roles=((desk, "editor"),)))
    message = hands.put()
    hands.hand_over(answer=Handed("refused", "550"))
    row = delivery(hands.session, message)
    wire_id, wire = row.wire_id, row.wire
    hands.later(hours=2)
    service.send_again(hands.session, editor, row.public_id, now=hands.now)
    assert (bells.DELIVER, "mail") in bells.take(hands.session)
    (ready,) = hands.prepare(hands.claim())
    assert (ready.wire_id, ready.wire) == (wire_id, wire)
    hands.settle([ready], TAKEN)
    assert queries.dead(hands.session) == []


def test_only_what_is_dead_or_parked_is_sent_again_and_only_by_the_desk(hands: Hands) -> None:
    desk = factories.desk(hands.session)
    editor = factories.actor(hands.session, factories.person(hands.session, "Marta Kuipers", roles=((desk, "editor"),)))
    writer = factories.actor(hands.session, factories.person(hands.session, roles=((desk, "correspondent"),)))
    row = delivery(hands.session, hands.put())
    with pytest.raises(NotNow):
        service.send_again(hands.session, editor, row.public_id, now=hands.now)
    with pytest.raises(Forbidden):
        service.send_again(hands.session, writer, row.public_id, now=hands.now)
    with pytest.raises(NotFound):
        service.send_again(hands.session, editor, "nosuchone2", now=hands.now)


@pytest.mark.parametrize("ending", ["done", "dead", "cancelled"])
def test_a_link_is_not_kept_once_its_mail_is_out_dead_or_cancelled(hands: Hands, ending: str) -> None:
    message = hands.put("invite", secret="s3cret")
    if ending == "cancelled":
        hands.prepare(hands.claim())  # its bytes are frozen
        service.cancel(hands.session, [message.id], why="a newer link", now=hands.now)
    else:
        hands.hand_over(answer=TAKEN if ending == "done" else Handed("refused", "550"))
    row = delivery(hands.session, message)
    assert (row.state, row.wire) == (ending, None)
    assert message.facts == {"slug": "GRAIN/CORRIDOR"}


def test_a_captured_link_is_kept_until_it_is_forgotten(hands: Hands) -> None:
    message = hands.put("invite", secret="s3cret")
    hands.hand_over(answer=None)
    assert delivery(hands.session, message).wire
    assert message.facts["secret"] == "s3cret"
    service.forget(hands.session, [message.id])
    assert delivery(hands.session, message).wire is None
    assert "secret" not in message.facts
    mail = queries.captured_mail(hands.session, delivery(hands.session, message).public_id, bearers=True)
    assert mail.text == ""


def test_what_is_forgotten_is_links_that_are_not_to_go_out_any_more_and_nothing_else(hands: Hands) -> None:
    waiting, captured = hands.put("reset", secret="s3cret"), hands.put("filed", secret="no link")
    ready = hands.prepare(hands.claim())
    hands.settle([one for one in ready if one.kind == "filed"], None)
    service.forget(hands.session, [waiting.id, captured.id])
    assert (waiting.facts["secret"], captured.facts["secret"]) == ("s3cret", "no link")
    assert delivery(hands.session, waiting).wire
    assert delivery(hands.session, captured).wire


def test_a_dead_link_is_not_sent_again(hands: Hands) -> None:
    message = hands.put("invite", secret="s3cret")
    hands.hand_over(answer=Handed("refused", "550"))
    ada = factories.actor(hands.session, factories.person(hands.session, is_admin=True))
    with pytest.raises(NotNow, match="Send a new one"):
        service.send_again(hands.session, ada, delivery(hands.session, message).public_id, now=hands.now)
    assert [one.had_link for one in queries.dead(hands.session)] == [True]


def test_a_reminder_that_was_certainly_not_sent_is_worded_afresh_and_a_notice_is_not(hands: Hands) -> None:
    of = {kind: delivery(hands.session, hands.put(kind)).id for kind in ("reminder", "notice")}
    ready = hands.prepare(hands.claim())
    first = {one.delivery_id: one.wire for one in ready}
    hands.settle(ready, LATER)
    hands.later(hours=1)
    second = {one.delivery_id: one.wire for one in hands.prepare(hands.claim())}
    assert second[of["notice"]] == first[of["notice"]]
    assert first[of["reminder"]] == f"reminder at {hands.now - timedelta(hours=1):%H:%M:%S}".encode()
    assert second[of["reminder"]] == f"reminder at {hands.now:%H:%M:%S}".encode()


def test_a_parked_reminder_that_is_sent_again_says_what_is_so_by_then(hands: Hands) -> None:
    message = hands.put("reminder")
    hands.hand_over(answer=UNKNOWN)
    hands.later(hours=1)
    ada = factories.actor(hands.session, factories.person(hands.session, is_admin=True))
    service.send_again(hands.session, ada, delivery(hands.session, message).public_id, now=hands.now)
    (one,) = hands.prepare(hands.claim())
    assert one.wire == f"reminder at {hands.now:%H:%M:%S}".encode()


def test_who_hands_a_thing_over_just_now_does_not_claim_it_though_its_lease_ran_out(hands: Hands) -> None:
    hands.put()
    (mine,) = hands.claim()
    hands.later(seconds=61)
    assert hands.claim(but=[mine.delivery_id]) == []
    hands.put()
    assert len(hands.claim(but=[mine.delivery_id])) == 1
    assert [one.delivery_id for one in hands.claim()] == [mine.delivery_id]
