"""The door: coming in, going out, and getting a link when the password is forgotten."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.newsroom import entering
from desk.outbox.models import Message
from desk.people import signing
from desk.people.models import Link, Person
from desk.store import Store
from tests.reader import form_on, post, said
from tests.room import PASSWORD, Room

pytestmark = pytest.mark.either


def test_a_correspondent_comes_in_to_their_own_work_and_an_editor_to_the_board(client: FlaskClient, room: Room) -> None:
    door = form_on(client.get("/sign-in"), "/sign-in")
    door.fields.setlist("email", [f" {room.olena.email.upper()} "])
    door.fields.setlist("password", [PASSWORD])
    assert client.post("/sign-in", data=door.fields).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/mine"
    post(client, "/sign-out")
    post(client, "/sign-in", {"email": room.eva.email, "password": PASSWORD})
    assert "GRAIN/CORRIDOR" in client.get("/").text


def test_a_wrong_password_says_so_keeps_the_address_and_not_the_password(client: FlaskClient, room: Room) -> None:
    refused = post(client, "/sign-in", {"email": room.eva.email, "password": "a guess of mine"})
    assert refused.status_code == 422
    assert "do not fit together" in said(refused)
    assert room.eva.email in refused.text
    assert "a guess of mine" not in refused.text


def test_a_forgotten_password_is_set_anew_by_the_link_that_was_mailed(
    client: FlaskClient, room: Room, store: Store
) -> None:
    sent = post(client, "/forgotten", {"email": room.eva.email})
    assert sent.status_code == 200
    with store.read() as session:
        message = session.scalars(select(Message)).one()
        link = session.scalars(select(Link)).one()
    assert (message.kind, message.recipient_id) == ("reset", room.eva.id)
    assert link.purpose == "reset"
    url = f"/come-in/{message.facts['secret']}"
    page = client.get(url)
    assert "Eva Janssens" in page.text
    form = form_on(page, url)
    form.fields.setlist("password", ["another sentence"])
    assert client.post(url, data=form.fields).status_code == 303
    assert client.get("/").status_code == 200
    post(client, "/sign-out")
    assert post(client, "/sign-in", {"email": room.eva.email, "password": PASSWORD}).status_code == 422
    assert post(client, "/sign-in", {"email": room.eva.email, "password": "another sentence"}).status_code == 303


def test_the_secret_of_a_link_is_nowhere_but_in_what_is_mailed(client: FlaskClient, room: Room, store: Store) -> None:
    page = post(client, "/forgotten", {"email": room.eva.email})
    with store.read() as session:
        secret = session.scalars(select(Message)).one().facts["secret"]
        link = session.scalars(select(Link)).one()
    assert str(secret) not in page.text
    assert link.sha256 == signing.digest(str(secret))


def test_a_locked_out_administrator_comes_in_by_a_link_from_the_command_line(
    client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    with store.write() as session:
        session.get_one(Person, room.ada.id).password = None
        secret = entering.sign_in_link(session, room.ada.email, now)
    url = f"/come-in/{secret}"
    assert client.post(url, data=form_on(client.get(url), url).fields).status_code == 303
    assert client.get("/settings").status_code == 200


@pytest.mark.parametrize(
    "target", ["/a\nb", "/a\u2028b", "/\t/evil.example", "//[", "/\\evil.example", "https://evil.example"]
)
def test_a_way_on_that_is_none_leads_home(target: str, client: FlaskClient, room: Room) -> None:
    entered = post(client, "/sign-in", {"email": room.eva.email, "password": PASSWORD, "next": target})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")


def test_a_way_on_within_the_house_is_kept(client: FlaskClient, room: Room) -> None:
    where = "/find?q=зерно+и+хлеб"
    entered = post(client, "/sign-in", {"email": room.eva.email, "password": PASSWORD, "next": where})
    assert entered.headers["Location"].startswith("/find?q=")


def test_whoever_is_signed_in_already_may_still_open_the_door(eva: FlaskClient) -> None:
    assert eva.get("/sign-in").status_code == 200
