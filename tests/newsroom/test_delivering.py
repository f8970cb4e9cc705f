"""Who a recipient is now, and what is handed over to them."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk import chance
from desk.net import Handed
from desk.newsroom import delivering, notifying, wording
from desk.outbox import handing, service
from desk.outbox.handover import Ready, Result
from desk.outbox.models import Delivery, Message
from desk.people import signing
from desk.republication.models import Grant
from desk.settings import Settings
from tests import factories
from tests.factories import NOW

FOLDER = Path(__file__).parent.parent / "data" / "mail"
LEASE = timedelta(seconds=60)
REWRITE = bool(os.environ.get("DESK_REWRITE_GOLDEN"))


class Room:
    def __init__(self, session: Session, settings: Settings) -> None:
        self.session = session
        self.render = delivering.renderer(
            replace(settings, url="https://desk.meridian.example", mail_from="desk@meridian.example"), lambda: NOW
        )
        session.info["now"] = NOW
        self.desk = factories.desk(session)
        self.story = factories.story(session, self.desk, state="published")

    def ready(self, lane: str = "mail") -> list[Ready]:
        claimed = handing.claim(self.session, lane, limit=10, lease=LEASE, token=chance.token(16))
        return handing.prepare(self.session, claimed, self.render, now=NOW)

    def tell(self, kind: str = "said", who: int | None = None, **facts: object) -> Message:
        message = service.put(
            self.session,
            kind,
            chance.token(8),
            ("person", who),
            now=NOW,
            facts={
                "slug": "GRAIN/CORRIDOR",
                "story": self.story.public_id,
                "by": "M",
                "words": "fine",
                "assignment": "x",
                **facts,
            },
        )
        assert message is not None
        return message

    def edition(self, cause: str = "first", **more: Any) -> None:
        notifying.edition_out(self.session, self.story, factories.edition(self.session, self.story, cause, **more), NOW)

    def states(self) -> list[tuple[str, str | None]]:
        rows = self.session.execute(select(Delivery.state, Delivery.said).order_by(Delivery.id))
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def room(session: Session, settings: Settings) -> Room:
    return Room(session, settings)


def parsed(ready: Ready) -> EmailMessage:
    return message_from_bytes(ready.wire, policy=policy.default)


def test_a_persons_mail_goes_to_their_address_in_the_zone_where_they_are_now(room: Room) -> None:
    olena = factories.person(room.session)
    olena.present_zone = "Asia/Tbilisi"
    room.tell("returned", olena.id, deadline="2026-11-24T15:00:00+00:00", note="Who?", n=2)
    (one,) = room.ready()
    mail = parsed(one)
    assert one.address == olena.email
    assert mail["To"] == f"Olena Demchuk <{olena.email}>"
    assert mail["From"] == "Meridian News <desk@meridian.example>"
    assert "19:00 Tbilisi, yours" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one


def test_an_editors_mail_has_the_clock_of_whoever_has_the_assignment_and_theirs_has_it_once(room: Room) -> None:
    nino = factories.person(room.session, "Nino Kapanadze", zone="Asia/Tbilisi")
    marta = factories.person(room.session, "Marta Kuipers", zone="Europe/Vienna")
    work = factories.assignment(room.session, room.story, assignee=nino)
    for who in (marta, nino):
        room.tell("filed", who.id, deadline="2026-11-24T15:00:00+00:00", n=2, assignment=work.public_id)
    hers, own = (parsed(one).get_body(("plain",)).get_content() for one in room.ready())  # type: ignore[union-attr]  # they have one
    assert "16:00 Vienna, yours · 19:00 Tbilisi, Nino Kapanadze\r\n" in hers
    assert "19:00 Tbilisi, yours\r\n" in own


def test_a_licensee_whose_name_holds_a_comma_is_one_reader(room: Room) -> None:
    row = factories.licensee(room.session, desks=(room.desk,))
    row.name, row.contact = "Kuipers, Márta & Zonen", "M. Kuipers, +31 20 555 0142"
    room.edition()
    (one,) = room.ready()
    assert [to.display_name for to in parsed(one)["To"].addresses] == ["Kuipers, Márta & Zonen"]


@pytest.mark.parametrize(
    ("ask_mail", "ask_phone", "sender", "says", "answers"),
    [
        ("ask@meridian.example", "+32 2 555 01 42", "desk@meridian.example",
         "Questions: World desk, Meridian News, ask@meridian.example, +32 2 555 01 42", "ask@meridian.example"),
        (None, None, "desk@meridian.example", "Questions: World desk, Meridian News, desk@meridian.example", None),
        (None, None, "desk@localhost", "Questions: World desk, Meridian News. Answer this mail.", None),
    ],
)  # fmt: skip
def test_a_licensee_is_told_whom_to_ask_and_never_an_address_that_is_none(
    room: Room, ask_mail: str | None, ask_phone: str | None, sender: str, says: str, answers: str | None
) -> None:
    newsroom = factories.newsroom(room.session)
    newsroom.ask_mail, newsroom.ask_phone = ask_mail, ask_phone
    room.render = delivering.renderer(replace(room.render.settings, mail_from=sender), lambda: NOW)
    factories.licensee(room.session, desks=(room.desk,), webhook="https://radio.example/hook")
    room.edition()
    (mail,) = (parsed(one) for one in room.ready())
    assert says in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert mail["Reply-To"] == answers
    (post,) = room.ready("webhook")
    mailed = ask_mail or (sender if sender != "desk@localhost" else None)
    assert json.loads(post.wire)["data"]["ask"] == {
        "name": "World desk, Meridian News", "mail": mailed, "phone": ask_phone,
    }  # fmt: skip


def test_mails_of_one_story_thread_together_and_each_keeps_its_id(room: Room) -> None:
    olena = factories.person(room.session)
    room.tell(who=olena.id)
    room.tell(who=olena.id)
    first, second = (parsed(one) for one in room.ready())
    thread = f"<story.{room.story.public_id}@desk.meridian.example>"
    assert first["References"] == first["In-Reply-To"] == second["In-Reply-To"] == thread
    ids = room.session.scalars(select(Delivery.wire_id).order_by(Delivery.id)).all()
    assert [first["Message-ID"], second["Message-ID"]] == [f"<{one}@desk.meridian.example>" for one in ids]


def test_nobody_who_was_disabled_is_sent_anything(room: Room) -> None:
    olena = factories.person(room.session)
    room.tell(who=olena.id)
    olena.disabled_at = NOW
    room.session.flush()
    assert room.ready() == []
    assert room.states() == [("cancelled", "Olena Demchuk is disabled.")]


def test_a_recipient_who_is_not_there_cancels(room: Room) -> None:
    room.tell(who=4711)
    assert room.ready() == []
    assert room.states() == [("cancelled", "There is nobody to tell any more.")]


def test_a_message_that_cannot_be_worded_is_dead_with_its_cause_and_the_others_go(room: Room) -> None:
    olena = factories.person(room.session)
    room.tell("deadline_moved", olena.id, old="not a time")
    room.tell(who=olena.id)
    assert len(room.ready()) == 1
    (state, why), _ = room.states()
    assert state == "dead"
    assert "Invalid isoformat string" in (why or "")


def test_mail_to_a_bare_address_is_in_the_newsrooms_zone(room: Room) -> None:
    service.put(
        room.session, "test_mail", "t", ("address", None), now=NOW, facts={"address": "somebody@meridian.example"}
    )
    (one,) = room.ready()
    assert one.address == "somebody@meridian.example"


def test_a_webhook_bears_the_payload_and_goes_to_where_the_licensee_is_reached_now(room: Room) -> None:
    radio = factories.licensee(room.session, desks=(room.desk,), webhook="https://old.example/hook")
    room.edition()
    (one,) = room.ready("webhook")
    payload = json.loads(one.wire)
    assert (one.address, one.secret) == ("https://old.example/hook", radio.secret)
    assert (payload["type"], payload["data"]["story"]) == ("story.published", room.story.public_id)
    assert payload["data"]["text"]["dateline"] == "ODESA/ISTANBUL (Meridian News) –"
    assert payload["data"]["receipt"].startswith("https://desk.meridian.example/receipts/")
    radio.webhook = "https://new.example/hook"
    room.session.info["now"] = NOW + timedelta(seconds=61)
    (again,) = room.ready("webhook")
    assert (again.address, again.wire, again.wire_id) == ("https://new.example/hook", one.wire, one.wire_id)


def test_what_waits_for_a_webhook_that_is_off_is_cancelled(room: Room) -> None:
    radio = factories.licensee(room.session, desks=(room.desk,), webhook="https://old.example/hook")
    room.edition()
    radio.webhook_off_at = NOW
    room.session.flush()
    assert room.ready("webhook") == []
    assert ("cancelled", "The webhook is switched off.") in room.states()


def test_the_retry_of_a_mail_has_the_first_ones_bytes_though_the_facts_have_moved_on(room: Room) -> None:
    olena = factories.person(room.session)
    room.tell(who=olena.id)
    (one,) = room.ready()
    olena.name = "Olena Shevchenko"
    room.session.info["now"] = NOW + timedelta(seconds=61)
    (again,) = room.ready()
    assert (again.address, again.wire) == (one.address, one.wire)


def test_what_failed_at_an_old_address_goes_to_the_new_one_under_its_first_id(room: Room) -> None:
    ada = factories.person(room.session, is_admin=True)
    olena = factories.person(room.session)
    room.tell(who=olena.id)
    (one,) = room.ready()
    refused = Result(one.delivery_id, one.token, Handed("refused", "550 No such mailbox"))
    handing.settle(room.session, [refused], now=NOW)
    olena.email = "other@meridian.example"
    public_id = room.session.get_one(Delivery, one.delivery_id).public_id
    service.send_again(room.session, factories.actor(room.session, ada), public_id, now=NOW)
    (again,) = room.ready()
    first, second = (message_from_bytes(wire.wire) for wire in (one, again))
    assert again.address == "other@meridian.example"
    assert "other@meridian.example" in second["To"]
    assert (second["Message-ID"], again.wire_id) == (first["Message-ID"], one.wire_id)
    assert room.session.get_one(Delivery, one.delivery_id).address == "other@meridian.example"


def test_a_licensees_notice_that_failed_goes_to_their_new_address(room: Room) -> None:
    licensee = factories.licensee(room.session, "Radio", desks=(room.desk,))
    notifying.edition_out(room.session, room.story, factories.edition(room.session, room.story), NOW)
    (one,) = room.ready()
    licensee.mail = "desk@radio.example"
    room.session.info["now"] = NOW + timedelta(seconds=61)
    (again,) = room.ready()
    assert (again.address, again.wire_id) == ("desk@radio.example", one.wire_id)
    assert "desk@radio.example" in message_from_bytes(again.wire)["To"]


def test_a_message_that_cannot_be_worded_dies_alone(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in it, the others that were claimed with it go out."""
    olena = factories.person(room.session)
    bad, good = room.tell(who=olena.id), room.tell(who=olena.id)
    word = wording.word

    def worded(kind: str, facts: dict[str, Any], *rest: Any, **more: Any) -> Any:
        if facts is bad.facts:
            raise AttributeError("'NoneType' object has no attribute\x00 'name'")
        return word(kind, facts, *rest, **more)

    monkeypatch.setattr(wording, "word", worded)
    assert len(room.ready()) == 1
    states = {row.message_id: row for row in room.session.scalars(select(Delivery))}
    assert (states[bad.id].state, states[good.id].state) == ("dead", "due")
    assert "AttributeError" in (states[bad.id].said or "")
    assert "\x00" not in (states[bad.id].said or "")


def test_a_link_that_ended_before_its_mail_went_out_is_not_mailed(room: Room) -> None:
    olena = factories.person(room.session)
    links = [signing.make_link(room.session, purpose, olena.id, NOW) for purpose in ("invite", "reset")]
    of = [room.tell(kind, olena.id, secret=link) for kind, link in zip(("invite", "reset"), links, strict=True)]
    signing.use(room.session, links[0], NOW)
    assert [one.kind for one in room.ready()] == ["reset"]
    used = room.session.scalars(select(Delivery).where(Delivery.message_id == of[0].id)).one()
    assert used.state == "cancelled"
    assert "secret" not in room.session.get_one(Message, of[0].id).facts


@pytest.mark.parametrize(
    ("name", "cause", "more"),
    [
        ("notice", "first", {}),
        (
            "notice.correction",
            "correction",
            {"wrong": "The gauge stood at 33 centimetres.", "right": "The gauge stood at 53 centimetres."},
        ),
        ("notice.kill", "kill", {"why": "The captain was never on board."}),
        ("test_notice", "test", {}),
    ],
)
def test_a_licensees_mail_reads_as_its_golden_file(
    session: Session, settings: Settings, name: str, cause: str, more: dict[str, str]
) -> None:
    with chance.seeded(5):
        room = Room(session, settings)
        editor = factories.person(session, "Marta Kuipers", roles=((room.desk, "editor"),))
        radio = factories.licensee(session, desks=(room.desk,))
        if cause == "test":
            notifying.send_test(session, factories.actor(session, editor), radio.public_id, now=NOW)
        else:
            if cause != "first":
                factories.edition(session, room.story)
            room.edition(cause, **more)
        (one,) = room.ready()
    mail = parsed(one)
    parts = [mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html")]  # type: ignore[union-attr]  # it has both
    found = f"Subject: {mail['Subject']}\n\n{parts[0]}\n{'=' * 20}\n{parts[1]}"
    golden = FOLDER / f"{name}.mail"
    if REWRITE:
        golden.write_text(found)
    assert found == golden.read_text()


def test_a_licence_that_ended_as_the_edition_came_out_is_offered_nothing_to_run(room: Room) -> None:
    radio = factories.licensee(room.session, desks=(room.desk,))
    room.edition()
    radio.ended_at = NOW
    room.session.flush()
    assert room.ready() == []
    assert room.states() == [("cancelled", f"The licence of {radio.name} has ended.")]


def test_a_grant_that_was_taken_away_as_the_edition_came_out_offers_nothing_to_run(room: Room) -> None:
    radio = factories.licensee(room.session, desks=(room.desk,))
    room.edition()
    room.session.execute(delete(Grant))
    assert room.ready() == []
    assert room.states() == [("cancelled", f"{radio.name} is granted nothing of this desk any more.")]


@pytest.mark.parametrize(("cause", "more"), [("correction", {"wrong": "33", "right": "53"}), ("kill", {"why": "no"})])
def test_a_correction_and_a_kill_go_out_whatever_became_of_the_licence(
    room: Room, cause: str, more: dict[str, str]
) -> None:
    radio = factories.licensee(room.session, desks=(room.desk,))
    factories.edition(room.session, room.story)
    room.edition(cause, **more)
    radio.ended_at = NOW
    room.session.execute(delete(Grant))
    assert len(room.ready()) == 1


def test_a_notice_goes_out_only_as_long_as_its_edition_is_the_last(room: Room) -> None:
    factories.licensee(room.session, desks=(room.desk,))
    room.edition()
    factories.edition(room.session, room.story, "kill", of=None, why="false")
    assert room.ready() == []
    assert room.states() == [("cancelled", "Edition 2 is out.")]


def test_a_correction_goes_out_after_an_update_of_which_its_reader_was_not_told(room: Room) -> None:
    factories.licensee(room.session, desks=(room.desk,))
    factories.edition(room.session, room.story)
    room.edition("correction", wrong="33", right="53")
    factories.edition(room.session, room.story, "update")
    assert len(room.ready()) == 1
