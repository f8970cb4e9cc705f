"""Reading changes nothing, and costs nothing while nothing has changed."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from desk import revisions
from desk.actor import Role
from desk.http.transactions import DeskFlask
from desk.newsroom import staffing
from desk.people.models import Membership, Person
from desk.store import Store
from tests import factories
from tests.conftest import set_clock
from tests.ledger import changed, everything
from tests.reader import post, sign_in, signed_in
from tests.room import Room


def test_a_reading_session_cant_write(store: Store) -> None:
    with store.read() as session, pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        session.execute(text("DELETE FROM people"))
    with store.write() as session:
        session.execute(text("DELETE FROM people"))  # and the next one on that connection can


def test_opening_any_page_writes_nothing(app: DeskFlask, room: Room, store: Store) -> None:
    with store.write() as session:
        person = session.get_one(Person, room.eva.id)
        person.is_admin = True
        session.add(Membership(person_id=person.id, desk_id=room.desk.id, role="approver"))
    clients = (app.test_client(), signed_in(app, person), signed_in(app, room.olena))
    before = everything(store)
    arguments = {"public_id": room.story.public_id, "version": "1", "secret": "f" * 64, "token": "f" * 64}
    with app.test_request_context():
        urls = app.url_map.bind("localhost")
        pages = [
            urls.build(rule.endpoint, {name: arguments[name] for name in rule.arguments})
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint != "static"
        ]
    pages += [f"/assignments/{room.assignment.public_id}", f"/offers/{room.offer.public_id}"]
    for client in clients:
        for page in pages:
            assert client.get(page).status_code < 500, page
    assert not changed(before, everything(store))


@pytest.fixture
def eva(client: FlaskClient, room: Room) -> FlaskClient:
    sign_in(client, room.eva)
    return client


def tag_of(client: FlaskClient, url: str = "/") -> str:
    response = client.get(url)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-cache"
    return response.headers["ETag"]


def again(client: FlaskClient, tag: str, url: str = "/") -> int:
    response = client.get(url, headers={"If-None-Match": tag})
    assert response.status_code in (200, 304)
    assert bool(response.data) == (response.status_code == 200)
    return response.status_code


def test_an_unchanged_board_is_not_sent_twice(eva: FlaskClient) -> None:
    tag = tag_of(eva)
    assert again(eva, tag) == again(eva, tag) == 304


def test_a_changed_board_is_sent(eva: FlaskClient, app: DeskFlask, room: Room) -> None:
    tag = tag_of(eva)
    answer = {"words": "Two voices, one more to come"}
    assert post(signed_in(app, room.olena), f"/assignments/{room.assignment.public_id}/say", answer).status_code == 303
    assert again(eva, tag) == 200
    assert "Two voices" in eva.get(f"/stories/{room.story.public_id}").text


def test_at_the_next_minute_the_board_is_sent_as_a_row_becomes_late_with_nobody_writing(
    eva: FlaskClient, app: DeskFlask, now: datetime
) -> None:
    tag = tag_of(eva)
    set_clock(app, lambda: now + timedelta(seconds=59 - now.second))
    assert again(eva, tag) == 304
    set_clock(app, lambda: now + timedelta(seconds=60 - now.second))
    assert again(eva, tag) == 200


def test_anothers_board_with_other_words_or_another_address_is_another_page(
    eva: FlaskClient, app: DeskFlask, room: Room
) -> None:
    tag = tag_of(eva)
    assert again(signed_in(app, room.arthur), tag) == 200
    assert again(eva, tag, "/?view=late") == 200
    assert again(eva, tag, f"/?desk={room.desk.public_id}") == 200
    with_htmx = eva.get("/", headers={"If-None-Match": tag, "HX-Request": "true"})
    assert with_htmx.status_code == 200


def test_a_board_is_sent_when_its_reader_has_moved_or_has_other_roles(
    eva: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    tag = tag_of(eva)
    assert post(eva, "/me/place", {"zone": "Asia/Tbilisi"}).status_code == 303
    assert again(eva, tag) == 200
    tag = tag_of(eva)
    with store.write() as session:
        ada = factories.actor(session, session.get_one(Person, room.ada.id))
        roles: list[tuple[str, Role]] = [(room.desk.public_id, "editor"), (room.desk.public_id, "approver")]
        staffing.change_person(
            session, ada, room.eva.public_id, name="Eva Janssens", title="", email=room.eva.email,
            zone="Europe/Brussels", is_admin=False, roles=roles, now=now,
        )  # fmt: skip
    assert again(eva, tag) == 200


def test_what_happens_on_a_page_that_is_not_shown_changes_nothing_here(eva: FlaskClient, store: Store) -> None:
    tag = tag_of(eva)
    with store.write() as session:
        revisions.touch(session, "person", 999_999)
    assert again(eva, tag) == 304


def test_nobody_gets_an_unchanged_page_without_a_session(eva: FlaskClient, app: DeskFlask) -> None:
    tag = tag_of(eva)
    assert app.test_client().get("/", headers={"If-None-Match": tag}).status_code in (302, 303)
    post(eva, "/sign-out")
    assert eva.get("/", headers={"If-None-Match": tag}).status_code in (302, 303)
