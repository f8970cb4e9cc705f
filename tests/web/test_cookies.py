"""Browsers that take no cookies or have forgotten ours, and what is left in one when somebody signs out."""

from datetime import datetime

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.http.transactions import DeskFlask
from desk.newsroom import notifying
from desk.republication import queries as republication
from desk.republication.models import Notice
from desk.store import Store
from tests import factories
from tests.reader import form_on, post, said
from tests.room import PASSWORD, Room

pytestmark = pytest.mark.either


def cookieless(app: DeskFlask) -> FlaskClient:
    client = app.test_client(use_cookies=False)
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


def test_a_browser_that_takes_no_cookies_is_told_so_and_has_the_form_again(app: DeskFlask, room: Room) -> None:
    client = cookieless(app)
    door = form_on(client.get("/sign-in?next=/find"), "/sign-in")
    door.fields.setlist("email", [room.eva.email])
    door.fields.setlist("password", [PASSWORD])
    refused = client.post("/sign-in", data=door.fields)
    assert refused.status_code == 422
    (why,) = lxml.html.fromstring(refused.text).xpath("//*[@role='alert']")
    assert "sent no cookie back" in why.text_content()
    form = form_on(refused, "/sign-in").fields
    assert (form["email"], form["next"], "password" in form) == (room.eva.email, "/find", True)
    assert PASSWORD not in refused.text


def test_whoever_opened_the_door_too_long_ago_has_it_again_with_their_password_to_type(
    client: FlaskClient, room: Room
) -> None:
    """The browser was closed meanwhile, and has another door cookie."""
    door = form_on(client.get("/sign-in"), "/sign-in")
    door.fields.setlist("email", [room.eva.email])
    door.fields.setlist("password", [PASSWORD])
    client.set_cookie("desk_door", "another")
    refused = client.post("/sign-in", data=door.fields)
    assert "open for too long" in said(refused)
    again = form_on(refused, "/sign-in")
    assert "password" in again.fields, "there is a field to type it in"
    again.fields.setlist("password", [PASSWORD])
    assert client.post("/sign-in", data=again.fields).status_code == 303


def test_a_licensee_whose_browser_takes_no_cookies_has_the_receipt_again(
    app: DeskFlask, room: Room, store: Store, now: datetime
) -> None:
    with store.write() as session:
        licensee = factories.licensee(session, desks=(session.merge(room.desk),))
        notifying.send_test(session, factories.actor(session, session.merge(room.ada)), licensee.public_id, now=now)
        session.scalars(select(Notice)).one().receipt_sha256 = republication.digest("r" * 32)
    client, url = cookieless(app), f"/receipts/{'r' * 32}"
    form = form_on(client.get(url), url)
    form.fields.setlist("name", ["Nikos"])
    refused = client.post(url, data=form.fields)
    assert "sent no cookie back" in said(refused)
    assert form_on(refused, url).fields["name"] == "Nikos"


def test_whoever_signs_out_is_named_to_the_next_page_so_that_it_drops_what_they_typed(
    olena: FlaskClient, room: Room
) -> None:
    left = post(olena, "/sign-out")
    (cookie,) = [one for one in left.headers.getlist("Set-Cookie") if one.startswith("desk_left=")]
    assert cookie.startswith(f"desk_left={room.olena.public_id};")
    assert "HttpOnly" not in cookie
