"""A form that meets an expired session is given back with all that was typed, and can be sent again."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict

from desk.drafts.models import Version
from desk.http.transactions import DeskFlask
from desk.people.models import Membership, Person, SignIn
from desk.store import Store
from desk.stories.models import Edition
from tests import factories
from tests.ledger import changed, everything
from tests.reader import form_on, post, said, sign_in
from tests.room import PASSWORD, Room

BODY = "\n  “Ships sail on Friday.”\r\n\r\nA <b>minister</b> & his aide said so.\r\n"


def ended(store: Store) -> None:
    with store.write() as session:
        session.execute(delete(SignIn))


def test_copy_sent_after_the_session_ended_is_back_and_saved_once_signed_in_again(
    client: FlaskClient, room: Room, store: Store
) -> None:
    url = f"/stories/{room.story.public_id}/write"
    sign_in(client, room.olena)
    typed = form_on(client.get(url), url).fields
    typed.setlist("headline", ["Ministers <agree>"])
    typed.setlist("body", [BODY])
    typed.setlist("do", ["save"])
    ended(store)
    before = everything(store)
    held = client.post(url, data=typed)
    assert held.status_code == 401
    assert "Nothing is lost" in said(held)
    assert not changed(before, everything(store))

    door = form_on(held, "/sign-in")
    door.fields.setlist("email", [room.olena.email])
    door.fields.setlist("password", [PASSWORD])
    again = client.post("/sign-in", data=door.fields)
    assert again.status_code == 200
    assert changed(before, everything(store)) <= {"sessions", "revisions"}

    page = said(again)
    assert "What you wrote Ministers <agree>" in page
    assert "Byline Olena Demchuk" in page
    assert not any(name in page for name in ("base_n", "headline", "body", "ednote"))

    sent = form_on(again)
    assert sent.action.rstrip("?") == url
    kept = {name: values for name, values in sent.fields.lists() if name != "csrf_token"}
    assert {name: [_lines(v) for v in values] for name, values in kept.items()} == {
        name: [_lines(v) for v in values] for name, values in typed.lists() if name != "csrf_token"
    }
    saved = client.post(sent.action, data=sent.fields)
    assert saved.status_code == 303
    with store.read() as session:
        version = session.scalars(select(Version)).one()
    assert version.headline == "Ministers <agree>"
    assert "A &lt;b&gt;minister&lt;/b&gt; &amp; his aide said so." in version.body_html


def test_a_reason_to_kill_outlives_the_session_in_which_it_was_typed(
    client: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        factories.edition(session, room.story)
        session.merge(room.story).state = "published"
    url = f"/stories/{room.story.public_id}/kill"
    sign_in(client, room.eva)
    form = form_on(client.get(f"/stories/{room.story.public_id}"), url)
    form.fields.setlist("why", ["It did not happen"])
    ended(store)
    held = client.post(url, data=form.fields)
    assert held.status_code == 401
    assert "It did not happen" in said(held)
    door = form_on(held, "/sign-in")
    door.fields.setlist("email", [room.eva.email])
    door.fields.setlist("password", [PASSWORD])
    sent = form_on(client.post("/sign-in", data=door.fields))
    assert client.post(sent.action, data=sent.fields).status_code == 303
    with store.read() as session:
        last = session.scalars(select(Edition).order_by(Edition.number.desc())).first()
    assert last is not None
    assert (last.cause, last.why) == ("kill", "It did not happen")


def test_a_wrong_password_at_that_door_still_loses_nothing(client: FlaskClient, room: Room, store: Store) -> None:
    url = f"/stories/{room.story.public_id}/write"
    sign_in(client, room.olena)
    ended(store)
    held = client.post(url, data={"headline": "Ministers agree", "base_n": "0"})
    door = form_on(held, "/sign-in")
    door.fields.setlist("email", [room.olena.email])
    door.fields.setlist("password", ["not this one"])
    refused = client.post("/sign-in", data=door.fields)
    assert refused.status_code == 422
    assert "Ministers agree" in refused.text


def test_what_another_site_sent_is_not_kept_to_be_sent_by_whoever_signs_in(client: FlaskClient, room: Room) -> None:
    for says in ("cross-site", "same-site", ""):
        held = client.post("/people/new", data={"name": "Mallory"}, headers={"Sec-Fetch-Site": says})
        assert held.status_code == 401
        assert "Mallory" not in held.text


def test_fields_that_come_several_times_come_back_several_times(client: FlaskClient, room: Room, store: Store) -> None:
    sign_in(client, room.ada)
    ended(store)
    fields = MultiDict([("roles", f"{room.desk.public_id}:editor"), ("roles", f"{room.desk.public_id}:approver")])
    held = client.post(f"/people/{room.olena.public_id}", data=fields)
    assert form_on(held, "/sign-in").fields.getlist("held:roles") == fields.getlist("roles")


def test_a_password_is_never_given_back(client: FlaskClient, room: Room, store: Store) -> None:
    sign_in(client, room.olena)
    ended(store)
    held = client.post("/me/password", data={"old": "the old secret", "password": "the new secret"})
    assert held.status_code == 401
    assert "secret" not in held.text


def test_whoever_else_signs_in_there_sends_it_under_their_own_name_and_rights(
    client: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        session.execute(delete(Membership).where(Membership.person_id == room.nino.id))
    url = f"/stories/{room.story.public_id}/write"
    sign_in(client, room.olena)
    ended(store)
    door = form_on(client.post(url, data={"headline": "Ministers agree", "base_n": "0"}), "/sign-in")
    door.fields.setlist("email", [room.nino.email])
    door.fields.setlist("password", [PASSWORD])
    sent = form_on(client.post("/sign-in", data=door.fields))
    assert client.post(sent.action, data=sent.fields).status_code in (403, 404)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil.example"]
)
def test_no_way_leads_from_the_door_to_another_site(app: DeskFlask, room: Room, target: str) -> None:
    fields = {"email": room.eva.email, "password": PASSWORD}
    by_next = post(app.test_client(), "/sign-in", {**fields, "next": target})
    assert by_next.status_code == 303
    assert by_next.headers["Location"] == "/"
    by_form = post(app.test_client(), "/sign-in", {**fields, "held_action": target, "held:x": "1"})
    assert "evil" not in by_form.text
    assert "alert" not in by_form.text


def test_a_page_opened_without_a_session_leads_to_the_door_and_back(client: FlaskClient, room: Room) -> None:
    away = client.get("/find?words=grain")
    assert away.status_code in (302, 303)
    door = client.get(away.headers["Location"])
    form = form_on(door, "/sign-in")
    form.fields.setlist("email", [room.eva.email])
    form.fields.setlist("password", [PASSWORD])
    assert client.post("/sign-in", data=form.fields).headers["Location"] == "/find?words=grain"


def test_nobody_is_told_of_a_person_before_the_door(client: FlaskClient, room: Room, store: Store) -> None:
    with store.read() as session:
        names = session.scalars(select(Person.name)).all()
    assert not any(
        name in client.get(url).text for url in ("/", "/sign-in", "/forgotten", "/nowhere") for name in names
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
