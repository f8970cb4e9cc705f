"""What pages show of licensees: their notices page by page, what they did not answer, what was done to them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.errors import NotFound
from desk.newsroom import notifying, republishing
from desk.outbox.models import Delivery, Message
from desk.republication import service
from desk.republication.models import Notice
from tests import factories
from tests.factories import NOW


def test_older_notices_follow_page_by_page_and_none_is_left_out(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(republishing, "A_PAGE", 3)
    desk = factories.desk(session)
    eva = factories.actor(session, factories.person(session, "Eva", roles=((desk, "editor"),)))
    radio, herald = (factories.licensee(session, name, desks=(desk,)) for name in ("Radio Novi Most", "The Herald"))
    for n in range(7):
        story = factories.story(session, desk, f"A/{n}", state="published")
        notifying.edition_out(session, story, factories.edition(session, story), NOW)
    every = session.scalars(
        select(Notice.public_id).where(Notice.licensee_id == radio.id).order_by(Notice.id.desc())
    ).all()
    found: list[str] = []
    older: str | None = ""
    while older is not None:
        page = republishing.licensee_page(session, eva, radio.public_id, before=older)
        found += [one.notice.public_id for one in page.told]
        older = page.older
    assert found == list(every)
    theirs = republishing.licensee_page(session, eva, herald.public_id).told[0].notice.public_id
    with pytest.raises(NotFound):
        republishing.licensee_page(session, eva, radio.public_id, before=theirs)


def test_only_unanswered_editions_are_shown_if_so_wanted(session: Session) -> None:
    desk = factories.desk(session)
    eva = factories.actor(session, factories.person(session, "Eva", roles=((desk, "editor"),)))
    radio = factories.licensee(session, desks=(desk,))
    for slug in ("A/ONE", "A/TWO"):
        story = factories.story(session, desk, slug, state="published")
        (notice,) = notifying.edition_out(session, story, factories.edition(session, story), NOW)
    notifying.send_test(session, eva, radio.public_id, now=NOW)
    token = session.get_one(Message, notice.message_id).facts["receipt"]
    notifying.acknowledge(session, token, "D. Petrović", now=NOW)
    page = republishing.licensee_page(session, eva, radio.public_id, silent=True)
    assert [one.story.slug for one in page.told if one.story] == ["A/ONE"]
    assert (len(page.told), page.silent) == (1, 1)


def test_mail_that_was_captured_is_not_said_to_be_on_its_way(session: Session) -> None:
    desk = factories.desk(session)
    factories.licensee(session, desks=(desk,))
    story = factories.story(session, desk, state="published")
    notifying.edition_out(session, story, factories.edition(session, story), NOW)
    for delivery in session.scalars(select(Delivery)):
        delivery.state = "captured"
    assert [one.state for one in republishing.notices_of_story(session, story.id)] == ["captured"]


def test_what_was_done_to_a_licensee_is_read_by_those_who_manage_them(session: Session) -> None:
    desk = factories.desk(session)
    eva = factories.actor(session, factories.person(session, "Eva", roles=((desk, "editor"),)))
    arthur = factories.actor(session, factories.person(session, "Arthur", roles=((desk, "approver"),)))
    radio = factories.licensee(session, webhook="https://novi-most.example/hook")
    service.set_grants(session, eva, radio.public_id, [desk.public_id], now=NOW)
    service.new_secret(session, eva, radio.public_id, now=NOW + timedelta(minutes=1))
    service.switch_webhook_off(session, radio.id, why="410 Gone", now=NOW + timedelta(minutes=2))
    page = republishing.licensee_page(session, eva, radio.public_id)
    assert [one.sentence % one.params for one in page.history] == [
        "The webhook of Radio Novi Most was switched off",
        "Eva made a new secret for the webhook of Radio Novi Most",
        "Eva let Radio Novi Most run the stories of: World desk",
    ]
    assert page.history[0].why == "410 Gone"
    assert republishing.licensee_page(session, arthur, radio.public_id).history == ()


def test_a_receipt_of_an_edition_that_was_replaced_says_so_and_is_taken(session: Session) -> None:
    desk = factories.desk(session)
    factories.licensee(session, desks=(desk,))
    story = factories.story(session, desk, state="published")
    (first,) = notifying.edition_out(session, story, factories.edition(session, story), NOW)
    token = session.get_one(Message, first.message_id).facts["receipt"]
    assert notifying.receipt(session, token).later is None
    second = factories.edition(session, story, "kill", why="false")
    notifying.edition_out(session, story, second, NOW)
    assert notifying.receipt(session, token).later is second
    notifying.acknowledge(session, token, "D. Petrović", now=NOW)
    assert [notice.acknowledged_at for notice in session.scalars(select(Notice).order_by(Notice.id))] == [NOW, None]
