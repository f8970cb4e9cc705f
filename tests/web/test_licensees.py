"""Licensees by the buttons of their pages: what became of notices, a webhook that comes back, text to copy."""

from datetime import timedelta

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.net import Handed
from desk.newsroom import notifying, webhooks
from desk.outbox.models import Delivery, Message
from desk.republication import queries, service
from desk.republication.models import Licensee
from desk.store import Store
from desk.stories.models import Edition, Story
from tests import factories
from tests.factories import NOW
from tests.outbox.hands import Hands
from tests.reader import form_on, post, said
from tests.room import Room

pytestmark = pytest.mark.either

HOOK = "https://novi-most.example/hook"


@pytest.fixture
def radio(store: Store, room: Room) -> Licensee:
    """A licensee of the desk whose story is out, with what became of the notice: captured."""
    with store.write() as session:
        licensee = factories.licensee(session, desks=(room.desk,), webhook=HOOK)
        story = session.get_one(Story, room.story.id)
        story.state = "published"
        notifying.edition_out(session, story, factories.edition(session, story), NOW)
        for delivery in session.scalars(select(Delivery)):
            delivery.state, delivery.last_at = "captured", NOW
    return licensee


def test_mail_without_a_server_is_said_to_be_captured_and_not_to_be_on_its_way(
    eva: FlaskClient, room: Room, radio: Licensee
) -> None:
    page = said(eva.get(f"/stories/{room.story.public_id}/republish"))
    assert "captured, not sent: no mail server is set" in page
    assert "on its way" not in page
    assert "captured, not sent: no mail server is set" in said(eva.get(f"/licensees/{radio.public_id}"))


def test_text_to_copy_can_be_selected_and_has_a_button_for_those_with_a_script(
    eva: FlaskClient, room: Room, radio: Licensee
) -> None:
    page = eva.get(f"/stories/{room.story.public_id}/republish").text
    for field in ("plain-text", "html-text"):
        assert f'id="{field}"' in page
        assert f'data-copy="{field}"' in page
    assert page.count('data-copied="Copied"') == 2
    assert "copy.js" in page


def test_a_webhook_that_takes_nothing_is_marked_once_people_were_told_of_it(
    eva: FlaskClient, store: Store, radio: Licensee
) -> None:
    with store.write() as session:
        session.get_one(Licensee, radio.id).failing_since = NOW - timedelta(hours=1)
    assert "takes nothing" not in said(eva.get("/licensees"))
    with store.write() as session:
        assert webhooks.tell_failing(session, NOW, 10) == 1
    assert "webhook takes nothing" in said(eva.get("/licensees"))
    page = said(eva.get(f"/licensees/{radio.public_id}"))
    assert "The webhook has taken nothing since today 13:37 Brussels" in page
    assert "has taken nothing since today 13:37 Brussels: the desks' editors were told" in page
    assert "the webhook has taken nothing for an hour" in said(eva.get("/bell"))


def test_a_webhook_that_was_switched_off_is_tested_and_then_switched_on_again(
    eva: FlaskClient, store: Store, radio: Licensee
) -> None:
    url = f"/licensees/{radio.public_id}"
    with store.write() as session:
        service.switch_webhook_off(session, radio.id, why="410 Gone", now=NOW)
    assert "Once it is taken there, it can be switched on again here." in said(eva.get(url))
    assert "The webhook of Radio Novi Most was switched off“410 Gone”" in said(eva.get(url))
    post(eva, f"{url}/test")
    with store.write() as session:
        test = session.scalars(
            select(Delivery).join(Message).where(Message.kind == "test_notice", Delivery.channel == "webhook")
        ).one()
        test.state, test.last_at, test.address = "done", NOW, HOOK
    assert "Switch it on again" in said(eva.get(url))
    assert "is on again" in said(post(eva, f"{url}/switch-on", follow_redirects=True))
    again = post(eva, f"{url}/switch-on")
    assert again.status_code == 409
    assert "has no webhook that is switched off" in said(again)


def test_only_what_is_not_answered_is_shown_if_so_wanted(eva: FlaskClient, store: Store, radio: Licensee) -> None:
    url = f"/licensees/{radio.public_id}?notices=silent"
    assert "GRAIN/CORRIDOR" in said(eva.get(url))
    with store.write() as session:
        message = session.scalars(select(Message).where(Message.kind == "notice")).one()
        notifying.acknowledge(session, message.facts["receipt"], "D. Petrović", now=NOW)
    page = said(eva.get(url))
    assert "Everything is answered" in page
    assert "GRAIN/CORRIDOR" not in page


def test_the_older_notices_stand_on_the_next_page(
    eva: FlaskClient, store: Store, room: Room, radio: Licensee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.newsroom.republishing.A_PAGE", 1)
    with store.write() as session:
        story = session.get_one(Story, room.story.id)
        notifying.edition_out(session, story, factories.edition(session, story, "update"), NOW)
    first = eva.get(f"/licensees/{radio.public_id}")
    assert "edition 2, update" in said(first)
    assert "edition 1" not in said(first)
    older = first.text.partition('rel="next"')[2].partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "edition 1, first edition" in said(eva.get(older))


def test_a_receipt_is_given_twice_and_says_that_a_later_edition_stands(
    stranger: FlaskClient, store: Store, room: Room, radio: Licensee
) -> None:
    with store.write() as session:
        token = session.scalars(select(Message).where(Message.kind == "notice")).one().facts["receipt"]
        story = session.get_one(Story, room.story.id)
        notifying.edition_out(session, story, factories.edition(session, story, "kill", why="false"), NOW)
        assert session.scalars(select(Edition.number)).all() == [1, 2]
    page = said(stranger.get(f"/receipts/{token}"))
    assert "KILL GRAIN/CORRIDOR" in page
    assert "This edition no longer stands: edition 2 (killed)" in page
    assert "Take this story down everywhere now" in page
    for name in ("D. Petrović", "somebody else"):
        post(stranger, f"/receipts/{token}", {"name": name})
    page = said(stranger.get(f"/receipts/{token}"))
    assert "Received: D. Petrović said so today 14:37 Belgrade" in page
    assert "somebody else" not in page
    assert "You may run this story" not in page


@pytest.mark.parametrize(
    ("cause", "more", "first"),
    [
        (
            "correction",
            {"wrong": "33 cm", "right": "53 cm"},
            "CORRECTION GRAIN/CORRIDOR Grain ships wait as Odesa opens a new lane Put this text in place of yours now",
        ),
        (
            "kill",
            {"why": "The source withdrew."},
            "KILL GRAIN/CORRIDOR Grain ships wait as Odesa opens a new lane Take this story down everywhere now",
        ),
    ],
)
def test_a_receipt_says_first_which_story_and_what_must_be_done_then_what_was_and_is_and_by_whom_it_was_sent(
    stranger: FlaskClient, store: Store, room: Room, radio: Licensee, cause: str, more: dict[str, str], first: str
) -> None:
    with store.write() as session:
        story = session.get_one(Story, room.story.id)
        notifying.edition_out(session, story, factories.edition(session, story, cause, **more), NOW)
        token = session.scalars(select(Message).order_by(Message.id.desc())).first().facts["receipt"]  # type: ignore[union-attr]  # just put
    page = stranger.get(f"/receipts/{token}")
    assert f"Meridian News {first}" in said(page)
    assert f"From World desk, Meridian News, to {radio.name}, today 14:37 Belgrade: edition 2." in said(page)
    assert ("Was 33 cm Now 53 cm" in said(page)) == (cause == "correction")
    assert ("The reason: The source withdrew." in said(page)) == (cause == "kill")
    assert f'class="door told {cause} "' in " ".join(page.text.split())


def test_what_is_not_answered_stands_in_red_before_all_else_and_is_counted_in_the_list(
    eva: FlaskClient, store: Store, room: Room, radio: Licensee
) -> None:
    here = f"/licensees/{radio.public_id}"
    assert "unanswered" not in eva.get(here).text + eva.get("/licensees").text
    with store.write() as session:
        story = session.get_one(Story, room.story.id)
        for cause, more in (("correction", {"wrong": "a", "right": "b"}), ("update", {})):
            notifying.edition_out(session, story, factories.edition(session, story, cause, **more), NOW)
        session.get_one(Licensee, radio.id).contact = "D. Petrović, +381 11 555 0142"
    page = eva.get(here)
    (row,) = lxml.html.fromstring(page.text).xpath("//*[@id='unanswered']//tr[@class='late']")
    assert "correction unanswered" in " ".join(row.text_content().split())
    assert "Call them: D. Petrović, +381 11 555 0142." in said(page)
    assert (
        page.text.index('id="unanswered"') < page.text.index("edition 3, update") < page.text.index("edition 1, first")
    )
    assert "one correction unanswered" in said(eva.get("/licensees"))
    assert 'class="row lic licensees late"' in eva.get("/licensees").text


def test_a_story_from_right_to_left_keeps_its_direction_on_every_page_a_licensee_has_of_it(
    eva: FlaskClient, stranger: FlaskClient, store: Store, room: Room, radio: Licensee
) -> None:
    with store.write() as session:
        session.get_one(Story, room.story.id).language = "ar"
        token = session.scalars(select(Message).where(Message.kind == "notice")).one().facts["receipt"]
        factories.newsroom(session).ask_phone = "+32 2 555 01 42"
    page = eva.get(f"/stories/{room.story.public_id}/republish").text
    assert '<article lang="ar" dir="rtl">' in page
    assert "&lt;article lang=&#34;ar&#34; dir=&#34;rtl&#34;&gt;" in page
    receipt = stranger.get(f"/receipts/{token}")
    assert '<p class="hl" lang="ar" dir="auto">' in receipt.text
    assert '<a class="nowrap" href="tel:+3225550142">+32 2 555 01 42</a>' in receipt.text
    assert "localhost" not in said(receipt)


def test_a_receipt_link_that_was_cut_short_says_that_the_notice_is_to_be_acted_on_and_whom_to_ask(
    stranger: FlaskClient, store: Store, room: Room
) -> None:
    with store.write() as session:
        factories.newsroom(session).ask_mail = "desk@meridian.example"
    page = stranger.get("/receipts/abc")
    assert page.status_code == 404
    assert "Do what the notice says: that does not wait for this page." in said(page)
    assert "Questions? Meridian News: desk@meridian.example" in said(page)
    assert "To the desk" not in said(page)  # they have no account here


def test_a_new_licensee_has_no_desk_ticked_and_is_told_of_nothing_until_one_is(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    form = form_on(eva.get("/licensees/new"), "/licensees/new").fields.to_dict()
    assert "desks" not in form
    form |= {"name": "Radio Lwów", "mail": "news@lwow.example"}
    page = post(eva, "/licensees/new", form, follow_redirects=True)
    assert "No desk is ticked: they are told of nothing yet." in said(page)
    form |= {"name": "Radio Kyiv", "desks": room.desk.public_id}
    assert "told of every edition of the desks that are ticked" in said(
        post(eva, "/licensees/new", form, follow_redirects=True)
    )
    with store.read() as session:
        (one,) = queries.granted(session, room.desk.id)
        assert session.get_one(Licensee, one).name == "Radio Kyiv"


def test_what_becomes_of_a_test_notice_comes_by_itself_also_that_it_failed(
    eva: FlaskClient, store: Store, radio: Licensee
) -> None:
    here = f"/licensees/{radio.public_id}"
    post(eva, f"{here}/test", follow_redirects=True)
    page = eva.get(here)
    assert f'data-live="{here}"' in page.text
    assert "look again" in said(page)
    asked = {"If-None-Match": page.headers["ETag"]}
    assert eva.get(here, headers=asked).status_code == 304
    with store.write() as session:
        Hands(session).hand_over("webhook", Handed("later", "500 Internal Server Error"))
    page = eva.get(here, headers=asked)
    assert "webhook: not taken so far" in said(page)
    assert "500 Internal Server Error · next try" in said(page)
    with store.write() as session:
        Hands(session).hand_over("mail")
    page = eva.get(here, headers={"If-None-Match": page.headers["ETag"]})
    assert (page.status_code, "mail: handed over" in said(page)) == (200, True)


def test_a_licence_that_ended_is_taken_up_again_on_its_page_with_new_grants(
    eva: FlaskClient, radio: Licensee, room: Room, store: Store
) -> None:
    here = f"/licensees/{radio.public_id}"
    assert post(eva, f"{here}/end").status_code == 303
    ended = eva.get(here)
    assert f'href="{here}/change"' not in ended.text
    assert eva.get(f"{here}/change").status_code == 409
    fields = {"name": radio.name, "mail": radio.mail, "contact": "", "webhook": "", "zone": radio.zone}
    twice = post(eva, "/licensees/new", fields)
    assert (twice.status_code, "whose licence has ended" in said(twice)) == (422, True)
    assert post(eva, f"{here}/change", {**fields, "contact": "Somebody"}).status_code == 409
    on = post(eva, f"{here}/resume")
    assert on.headers["Location"] == f"{here}/change"
    page = said(eva.get(here))
    assert f"took {radio.name} on again, whose licence had ended" in page
    assert "Desks none" in page
    assert post(eva, f"{here}/change", {**fields, "desks": [room.desk.public_id]}).status_code == 303
    with store.read() as session:
        assert queries.granted(session, room.desk.id) == [radio.id]
    post(eva, f"{here}/resume")
    assert said(eva.get(here)).count("on again, whose licence") == 1


def test_only_who_manages_licensees_takes_one_on_again(arthur: FlaskClient, eva: FlaskClient, radio: Licensee) -> None:
    here = f"/licensees/{radio.public_id}"
    post(eva, f"{here}/end")
    assert f"{here}/resume" in eva.get(here).text
    assert f"{here}/resume" not in arthur.get(here).text
    assert post(arthur, f"{here}/resume").status_code == 403
