"""One's own account: where I am, my password, my sessions, my messages."""

from datetime import datetime

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.http.transactions import DeskFlask
from desk.outbox import service as outbox
from desk.outbox.models import Message
from desk.people.models import Person
from desk.store import Store
from tests.reader import form_on, post, said, signed_in
from tests.room import PASSWORD, Room

pytestmark = pytest.mark.either


def me(store: Store, person: Person) -> Person:
    with store.read() as session:
        return session.get_one(Person, person.id)


def test_a_correspondent_who_moves_reads_every_time_by_the_clock_there(
    olena: FlaskClient, room: Room, store: Store
) -> None:
    assert "20:37" in said(olena.get("/mine"))
    form = form_on(olena.get("/me"), "/me")
    form.fields.setlist("present_zone", ["tbilisi"])
    assert olena.post("/me", data=form.fields).status_code == 303
    assert (me(store, room.olena).present_zone, me(store, room.olena).home_zone) == ("Asia/Tbilisi", "Europe/Kyiv")
    assert "22:37" in said(olena.get("/mine"))


def test_what_i_typed_is_still_there_when_it_is_refused(olena: FlaskClient, room: Room, store: Store) -> None:
    fields = {"name": "Olena D.", "title": "In Odesa", "present_zone": "Atlantis", "home_zone": "Europe/Kyiv"}
    refused = post(olena, "/me", fields)
    assert refused.status_code == 422
    assert all(value in refused.text for value in fields.values())
    (error,) = lxml.html.fromstring(refused.text).xpath("//p[@id='f-present_zone-error']")
    assert "Atlantis" in error.text_content()
    assert me(store, room.olena).name == "Olena Demchuk"
    assert post(olena, "/me", {**fields, "name": " ", "present_zone": "Europe/Kyiv"}).status_code == 422


def test_a_place_that_nobody_knows_is_said_at_once_where_it_was_typed(olena: FlaskClient) -> None:
    assert not lxml.html.fromstring(olena.get("/mine").text).xpath("//details[@open]")
    refused = post(olena, "/me/place", {"zone": "Atlantiss"})
    assert refused.status_code == 422
    page = lxml.html.fromstring(refused.text)
    (field,) = page.xpath("//details[@open]//input[@name='zone']")
    (error,) = page.xpath("//details[@open]//*[@role='alert']")
    assert "Atlantiss" in error.text_content()
    assert (field.get("value"), field.get("aria-invalid")) == ("Atlantiss", "true")
    described = [page.get_element_by_id(one) for one in field.get("aria-describedby").split()]
    assert error in described


def test_a_password_is_changed_by_whoever_knows_the_present_one(olena: FlaskClient, room: Room, store: Store) -> None:
    before = me(store, room.olena).password
    wrong = post(olena, "/me/password", {"old": "a guess of mine", "password": "a longer sentence"})
    assert (wrong.status_code, "not your present password" in said(wrong)) == (422, True)
    short = post(olena, "/me/password", {"old": PASSWORD, "password": "short"})
    assert (short.status_code, "at least 10 characters" in said(short)) == (422, True)
    assert me(store, room.olena).password == before
    assert "a guess of mine" not in wrong.text
    assert post(olena, "/me/password", {"old": PASSWORD, "password": "a longer sentence"}).status_code == 303
    with store.read() as session:
        assert session.scalars(select(Message.kind)).all() == ["password_changed"]
    page = said(olena.get("/me"))
    assert "Olena Demchuk changed their password" in page
    assert f"Mail goes to {room.olena.email}" in page
    hashed = me(store, room.olena).password
    assert hashed is not None
    assert hashed.startswith("$argon2id$")


def test_my_sessions_are_listed_and_this_one_is_marked(app: DeskFlask, olena: FlaskClient, room: Room) -> None:
    signed_in(app, room.olena)
    signed_in(app, room.eva)
    page = said(olena.get("/me"))
    assert page.count("a test") == 2
    assert page.count("this one") == 1


def test_the_bell_shows_my_messages_and_nobody_elses_until_i_have_seen_them(
    olena: FlaskClient, nino: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    with store.write() as session:
        facts = {"by": "Eva", "words": "Call me when you can", "slug": "GRAIN/CORRIDOR"}
        outbox.put(session, "said", "said:1", ("person", room.olena.id), now=now, facts=facts)
    assert "Call me when you can" in olena.get("/bell").text
    assert "Call me when you can" not in nino.get("/bell").text
    tag = olena.get("/bell").headers["ETag"]
    post(nino, "/bell/seen")
    with store.read() as session:
        assert session.scalars(select(Message.seen_at)).all() == [None]
    assert olena.get("/bell", headers={"If-None-Match": tag}).status_code == 304
    assert post(olena, "/bell/seen").status_code == 303
    with store.read() as session:
        assert session.scalars(select(Message.seen_at)).all() == [now]
    assert olena.get("/bell", headers={"If-None-Match": tag}).status_code == 200


def test_a_message_leads_to_the_thing_it_is_about(olena: FlaskClient, room: Room, store: Store, now: datetime) -> None:
    assert "Nothing for you yet" in said(olena.get("/bell"))
    facts = {"slug": "GRAIN/CORRIDOR", "story": "storystory", "assignment": "assignment", "offer": "offeroffer", "n": 3}
    leads = {
        "offer": "/offers/offeroffer", "said": "/assignments/assignment", "returned": "/stories/storystory/write",
        "published": "/stories/storystory", "offer_lapsed": "/mine", "password_changed": "/me",
    }  # fmt: skip
    with store.write() as session:
        for kind in leads:
            outbox.put(session, kind, kind, ("person", room.olena.id), now=now, facts={**facts, "by": "Eva"})
        outbox.put(session, "test_mail", "test", ("person", room.olena.id), now=now, facts={})
    page = lxml.html.fromstring(olena.get("/bell").text)
    found = [one.get("href") for one in page.xpath("//div[@id='messages']//li/a")]
    assert found == list(reversed(leads.values()))
    assert len(page.xpath("//div[@id='messages']//li")) == len(leads) + 1


def test_only_what_stood_on_the_page_is_marked_as_seen(
    olena: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    def put(key: str) -> None:
        with store.write() as session:
            facts = {"by": "Eva", "words": f"Word {key}"}
            outbox.put(session, "said", key, ("person", room.olena.id), now=now, facts=facts)

    put("one")
    form = form_on(olena.get("/bell"), "/bell/seen")
    newest = lxml.html.fromstring(olena.get("/bell").text).xpath("//button[@name='newest']")[0].get("value")
    put("two")
    olena.post("/bell/seen", data={**form.fields, "newest": newest})
    page = said(olena.get("/bell"))
    assert page.index("New") < page.index("Word two") < page.index("Seen before") < page.index("Word one")
