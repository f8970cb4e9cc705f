"""One-time links: opening one changes nothing, for mail scanners open links too; its button works once."""

import threading
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.http.transactions import DeskFlask
from desk.outbox.models import Message
from desk.people import signing
from desk.people.models import Person
from desk.store import Store
from tests import factories
from tests.conftest import set_clock
from tests.ledger import changed, everything
from tests.reader import form_on, post, said
from tests.room import Room

PASSWORD = "a sentence is fine"


def link(store: Store, purpose: str, person: Person | None, now: datetime) -> str:
    with store.write() as session:
        return signing.make_link(session, purpose, person.id if person else None, now)


@pytest.mark.parametrize("purpose", ["invite", "reset", "signin"])
def test_opening_a_link_changes_nothing_and_pressing_its_button_comes_in_once(
    purpose: str, app: DeskFlask, client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    url = f"/come-in/{link(store, purpose, room.eva, now)}"
    before = everything(store)
    for _ in range(3):
        page = app.test_client().get(url)
        assert page.status_code == 200
        assert "desk=" not in page.headers.get("Set-Cookie", "")
    app.test_client().head(url)
    assert not changed(before, everything(store))

    form = form_on(client.get(url), url)
    if purpose != "signin":
        form.fields.setlist("password", [PASSWORD])
    assert client.post(url, data=form.fields).status_code == 303
    assert client.get("/mine").status_code == 200

    before = everything(store)
    second = post(app.test_client(), url, {"password": PASSWORD})
    assert second.status_code == 409
    assert "This link has been used" in said(second)
    assert 'href="/forgotten"' in second.text
    assert app.test_client().get(url).status_code == second.status_code
    assert not changed(before, everything(store))


def test_an_expired_link_says_so_and_changes_nothing(
    app: DeskFlask, client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    url = f"/come-in/{link(store, 'reset', room.eva, now)}"
    before = everything(store)
    set_clock(app, lambda: now + timedelta(hours=2) - timedelta(seconds=1))
    assert client.get(url).status_code == 200
    set_clock(app, lambda: now + timedelta(hours=2))
    for response in (client.get(url), post(client, url, {"password": PASSWORD})):
        assert response.status_code == 409
        assert "This link has expired" in said(response)
        assert 'href="/forgotten"' in response.text
    assert not changed(before, everything(store))


def test_a_link_that_is_none_of_ours_says_no_more_than_that(client: FlaskClient, room: Room) -> None:
    for secret in ("f" * 64, "x", "%00", "é"):
        assert client.get(f"/come-in/{secret}").status_code == 404
        pressed = post(client, f"/come-in/{secret}", {"password": PASSWORD})
        assert pressed.status_code == 404
        assert "/forgotten" in pressed.text or secret == "%00"


def test_a_newer_link_takes_the_place_of_an_older_one(
    client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    older, newer = link(store, "reset", room.eva, now), link(store, "reset", room.eva, now)
    assert client.get(f"/come-in/{older}").status_code == 404
    assert client.get(f"/come-in/{newer}").status_code == 200


def test_a_password_that_is_too_short_leaves_the_link_as_it_was(
    client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    url = f"/come-in/{link(store, 'invite', room.eva, now)}"
    before = everything(store)
    refused = post(client, url, {"password": "too short"})
    assert refused.status_code == 422
    assert "at least 10 characters" in said(refused)
    assert "too short" not in refused.text
    missing = post(client, url, {})
    assert missing.status_code == 422
    assert not changed(before, everything(store))
    assert post(client, url, {"password": PASSWORD}).status_code == 303


def test_a_disabled_person_has_no_link_that_works(client: FlaskClient, room: Room, store: Store, now: datetime) -> None:
    url = f"/come-in/{link(store, 'signin', room.eva, now)}"
    with store.write() as session:
        session.get_one(Person, room.eva.id).disabled_at = now
    assert post(client, url).status_code == 409
    assert client.get("/mine").status_code in (302, 303)


def test_the_first_link_makes_an_administrator_once(
    app: DeskFlask, client: FlaskClient, store: Store, now: datetime
) -> None:
    with store.write() as session:
        factories.newsroom(session)
    url = f"/come-in/{link(store, 'first', None, now)}"
    who = {"name": "Ada Novak", "email": "ada@meridian.example", "zone": "Europe/Brussels", "password": PASSWORD}
    assert post(client, url, {**who, "zone": "Europe/Atlantis"}).status_code == 422
    assert post(client, url, who).status_code == 303
    assert client.get("/settings").status_code == 200
    other = link(store, "first", None, now)
    assert post(app.test_client(), f"/come-in/{other}", {**who, "email": "eve@evil.example"}).status_code == 409
    with store.read() as session:
        assert session.scalars(select(Person.email)).all() == ["ada@meridian.example"]


def test_whose_invitation_ran_out_gets_a_new_one_by_asking_at_the_door(
    app: DeskFlask, client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    with store.write() as session:
        session.get_one(Person, room.nino.id).password = None
    link(store, "invite", room.nino, now - timedelta(days=8))
    assert post(client, "/forgotten", {"email": room.nino.email}).status_code == 200
    with store.read() as session:
        message = session.scalars(select(Message)).one()
    assert message.kind == "invite"
    set_clock(app, lambda: now + timedelta(days=6))
    assert post(client, f"/come-in/{message.facts['secret']}", {"password": PASSWORD}).status_code == 303
    assert client.get("/mine").status_code == 200


@pytest.mark.parametrize("purpose", ["invite", "reset", "signin"])
def test_of_two_who_press_at_once_one_comes_in(
    purpose: str, app: DeskFlask, room: Room, store: Store, now: datetime
) -> None:
    url = f"/come-in/{link(store, purpose, room.eva, now)}"
    together = threading.Barrier(2)
    answers = []

    def press() -> None:
        client = app.test_client()
        together.wait()
        answers.append(post(client, url, {"password": PASSWORD} if purpose != "signin" else {}).status_code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409]
