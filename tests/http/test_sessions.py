"""Sessions: rows that can be taken away, so that signing out and being shut out hold from the next request on."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from desk.app import create_app
from desk.http.transactions import DeskFlask
from desk.people import signing
from desk.people.models import Person, SignIn
from desk.settings import Settings
from desk.store import Result, Store
from tests.conftest import set_clock
from tests.reader import post, sign_in, signed_in
from tests.room import PASSWORD, Room

LONGER = "ships sail on saturday"


def is_in(client: FlaskClient) -> bool:
    return client.get("/mine").status_code == 200


def enter(client: FlaskClient, person: Person, password: str = PASSWORD) -> str:
    """Sign in by the door; gives the cookie's line."""
    response = post(client, "/sign-in", {"email": person.email, "password": password})
    assert response.status_code == 303
    return next(line for line in response.headers.getlist("Set-Cookie") if "desk=" in line)


def test_a_session_is_stored_as_a_digest_and_its_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    client: FlaskClient, room: Room, store: Store
) -> None:
    line = enter(client, room.eva)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
    assert "Secure" not in line
    assert "Domain" not in line
    cookie = client.get_cookie("desk")
    assert cookie is not None
    assert len(cookie.value) == 64
    with store.read() as session:
        (row,) = session.scalars(select(SignIn))
    assert row.sha256 == signing.digest(cookie.value)
    assert cookie.value not in repr(vars(row))
    assert is_in(client)


def test_over_https_cookies_are_secure_and_bound_to_this_host(settings: Settings, room: Room, store: Store) -> None:
    app = create_app(replace(settings, url="https://desk.meridian.example"), database=store.database)
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://desk.meridian.example")
    assert page.headers["Set-Cookie"].startswith("__Host-desk-door=")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    response = client.post(
        "/sign-in",
        data={"email": room.eva.email, "password": PASSWORD, "csrf_token": token},
        base_url="https://desk.meridian.example",
    )
    assert response.status_code == 303
    for line in response.headers.getlist("Set-Cookie"):
        assert line.startswith("__Host-"), line
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
        assert "Domain" not in line
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")


def test_signing_out_ends_the_session_wherever_its_cookie_is(app: DeskFlask, client: FlaskClient, room: Room) -> None:
    cookie = sign_in(client, room.eva)
    copied = app.test_client()
    copied.set_cookie("desk", cookie)
    assert is_in(copied)
    response = post(client, "/sign-out")
    assert response.headers["Location"] == "/sign-in"
    assert not is_in(client)
    assert not is_in(copied)


def test_a_disabled_person_is_out_at_the_next_request_and_cant_come_in(app: DeskFlask, room: Room) -> None:
    olena, ada = signed_in(app, room.olena), signed_in(app, room.ada)
    assert is_in(olena)
    assert post(ada, f"/people/{room.olena.public_id}/disable").status_code == 303
    assert not is_in(olena)
    again = app.test_client()
    assert post(again, "/sign-in", {"email": room.olena.email, "password": PASSWORD}).status_code == 422
    assert not is_in(again)


def test_a_changed_password_ends_every_other_session(app: DeskFlask, client: FlaskClient, room: Room) -> None:
    other, mine = signed_in(app, room.eva), sign_in(client, room.eva)
    response = post(client, "/me/password", {"old": PASSWORD, "password": LONGER})
    assert response.status_code == 303
    assert not is_in(other)
    assert is_in(client)
    thief = app.test_client()
    thief.set_cookie("desk", mine)
    assert not is_in(thief)


def test_a_password_set_by_a_link_ends_every_session(
    app: DeskFlask, client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    before = signed_in(app, room.eva)
    with store.write() as session:
        secret = signing.make_link(session, "reset", room.eva.id, now)
    assert post(client, f"/come-in/{secret}", {"password": LONGER}).status_code == 303
    assert is_in(client)
    assert not is_in(before)


def test_signing_in_gives_a_new_session_and_ends_the_one_the_browser_had(
    app: DeskFlask, client: FlaskClient, room: Room
) -> None:
    old = sign_in(client, room.eva)
    enter(client, room.eva)
    cookie = client.get_cookie("desk")
    assert cookie is not None
    assert cookie.value != old
    thief = app.test_client()
    thief.set_cookie("desk", old)
    assert not is_in(thief)


def test_a_cookie_that_somebody_planted_never_becomes_a_session(
    app: DeskFlask, client: FlaskClient, room: Room
) -> None:
    planted = "a" * 64
    client.get("/sign-in")
    client.set_cookie("desk", planted)
    door = client.get_cookie("desk_door")
    assert door is not None
    client.delete_cookie("desk")
    enter(client, room.eva)
    thief = app.test_client()
    thief.set_cookie("desk", planted)
    assert not is_in(thief)


def test_a_session_lasts_fourteen_days(app: DeskFlask, client: FlaskClient, room: Room, now: datetime) -> None:
    sign_in(client, room.eva)
    set_clock(app, lambda: now + timedelta(days=13, hours=23))
    assert is_in(client)
    set_clock(app, lambda: now + timedelta(days=14))
    assert not is_in(client)


def test_end_all_leaves_this_browser_in_and_no_other(app: DeskFlask, client: FlaskClient, room: Room) -> None:
    others = [signed_in(app, room.eva), signed_in(app, room.eva)]
    strangers = signed_in(app, room.olena)
    sign_in(client, room.eva)
    post(client, "/me/sessions/end-all")
    assert is_in(client)
    assert not any(map(is_in, others))
    assert is_in(strangers)


def test_nobody_ends_the_session_of_another(app: DeskFlask, room: Room, store: Store) -> None:
    eva, olena = signed_in(app, room.eva), signed_in(app, room.olena)
    with store.read() as session:
        of_eva = session.scalars(select(SignIn.public_id).where(SignIn.person_id == room.eva.id)).one()
    post(olena, f"/me/sessions/{of_eva}/end")
    assert is_in(eva)
    post(eva, f"/me/sessions/{of_eva}/end")
    assert not is_in(eva)


def test_a_session_that_ends_while_a_form_is_on_its_way_changes_nothing(
    app: DeskFlask, client: FlaskClient, room: Room, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was there when the body was read, and is looked up again once the write transaction has begun."""

    class Meanwhile(Store):
        def run(self, act: object) -> Result:  # type: ignore[type-var]  # as in the parent
            with self.write() as session:
                session.execute(delete(SignIn))
            return super().run(act)  # type: ignore[arg-type]  # as in the parent

    sign_in(client, room.olena)
    monkeypatch.setattr(app, "store", Meanwhile(store.database))
    response = post(client, "/me/place", {"zone": "Asia/Tbilisi"})
    assert response.status_code == 401
    assert "Asia/Tbilisi" in response.text
    with store.read() as session:
        assert session.get_one(Person, room.olena.id).present_zone == "Europe/Kyiv"
