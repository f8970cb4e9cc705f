"""Every page is shut to everybody unless it says who may open it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.http.routing import RULE, Pages
from desk.http.transactions import DeskFlask
from desk.people.models import Person
from desk.permissions import could
from desk.store import Store
from tests import factories
from tests.ledger import changed, everything
from tests.reader import post, said, sign_in, signed_in
from tests.room import Room

pytestmark = pytest.mark.either


def endpoints(app: Flask, method: str) -> dict[str, str]:
    """The permission that each route of this method names."""
    return {
        rule.endpoint: getattr(app.view_functions[rule.endpoint], RULE).may
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and method in (rule.methods or ())
    }


def test_a_view_that_names_no_permission_is_open_to_nobody(
    app: DeskFlask, room: Room, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgotten() -> str:
        raise AssertionError("this ran")

    for endpoint in ("mine.page", "mine.move", "door.sign_in"):
        monkeypatch.setitem(app.view_functions, endpoint, forgotten)
    before = everything(store)
    ada = signed_in(app, room.ada)
    for client in (app.test_client(), ada):
        for response in (client.get("/mine"), client.get("/sign-in"), post(client, "/me/place", {"zone": "UTC"})):
            assert response.status_code == 403
            assert "so nobody may" in said(response)
    assert changed(before, everything(store)) <= {"sessions", "revisions"}


def test_a_route_of_a_permission_that_there_is_not_cant_be_made() -> None:
    pages = Pages("burning", __name__)
    with pytest.raises(ValueError, match=r"story\.burn"):
        pages.read("/burn", may="story.burn")
    with pytest.raises(ValueError, match=r"story\.burn"):
        pages.act("/burn", may="story.burn")


@pytest.mark.parametrize("who", ["ada", "eva", "arthur", "olena"])
def test_what_a_role_can_never_do_is_refused_at_the_route(
    client: FlaskClient, app: DeskFlask, room: Room, store: Store, who: str
) -> None:
    """Whatever the thing is: even before it is looked for."""
    person: Person = getattr(room, who)
    sign_in(client, person)
    with store.read() as session:
        acts = factories.actor(session, person)
    before = everything(store)
    arguments = {"public_id": "bcdfghjkmn", "secret": "f" * 64, "token": "f" * 64}
    with app.test_request_context():
        urls = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if rule.endpoint == "static" or could(acts, getattr(app.view_functions[rule.endpoint], RULE).may):
                continue
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            url = urls.build(rule.endpoint, {name: arguments[name] for name in rule.arguments}, method=method)
            response = post(client, url) if method == "POST" else client.get(url)
            assert response.status_code == 403, url
            assert "not for your role" in said(response), url
    assert not changed(before, everything(store))


def test_without_a_session_a_page_leads_to_the_door_and_a_button_gives_its_form_back(
    app: DeskFlask, client: FlaskClient, room: Room, store: Store
) -> None:
    before = everything(store)
    public = {
        endpoint for method in ("GET", "POST") for endpoint, may in endpoints(app, method).items() if may == "public"
    }
    arguments = {"public_id": room.story.public_id, "version": "1", "secret": "f" * 64, "token": "f" * 64}
    with app.test_request_context():
        urls = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if rule.endpoint in {"static", *public}:
                continue
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            url = urls.build(rule.endpoint, {name: arguments[name] for name in rule.arguments}, method=method)
            if method == "GET":
                away = client.get(url)
                assert (away.status_code, away.headers["Location"].partition("?")[0]) == (302, "/sign-in"), url
            else:
                assert post(client, url, {"typed": "What I typed"}).status_code == 401, url
    assert not changed(before, everything(store))


def test_the_pages_open_to_everybody_are_few_and_known(app: DeskFlask) -> None:
    assert {e for method in ("GET", "POST") for e, may in endpoints(app, method).items() if may == "public"} == {
        "door.sign_in", "door.enter", "door.sign_out", "door.forgotten", "door.mail_link", "door.come_in",
        "door.use_link", "health.live", "health.ready", "republication.receipt", "republication.acknowledge",
    }  # fmt: skip
