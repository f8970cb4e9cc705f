"""What every answer says to the browser, whatever kind of answer it is."""

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from desk.app import create_app
from desk.http.routing import RULE
from desk.http.transactions import DeskFlask
from desk.settings import Settings
from desk.store import Store
from tests.reader import post, sign_in
from tests.room import Room

pytestmark = pytest.mark.either

KINDS: dict[str, tuple[int, Callable[[FlaskClient, Room], TestResponse]]] = {
    "a page": (200, lambda c, r: c.get("/mine")),
    "the board": (200, lambda c, r: c.get("/")),
    "a story": (200, lambda c, r: c.get(f"/stories/{r.story.public_id}")),
    "an answer without a body": (200, lambda c, r: c.head("/mine")),
    "the way after a button": (303, lambda c, r: post(c, "/me/place", {"zone": "Asia/Tbilisi"})),
    "a form given back": (422, lambda c, r: post(c, "/me/place", {"zone": "Europe/Atlantis"})),
    "a form that is too old": (400, lambda c, r: c.post("/me/place", data={})),
    "not for this role": (403, lambda c, r: c.get("/settings")),
    "no such page": (404, lambda c, r: c.get("/nowhere")),
    "no such thing": (404, lambda c, r: c.get("/stories/bcdfghjkmn")),
    "not by this method": (405, lambda c, r: c.get("/sign-out")),
    "for machines": (200, lambda c, r: c.get("/healthz")),
    "what a method may": (200, lambda c, r: c.options("/mine")),
    "something broken": (500, lambda c, r: c.get("/me")),
    "more than can be taken": (413, lambda c, r: c.post("/me/place", data={"zone": "x" * (13 * 1024 * 1024)})),
}


@pytest.fixture
def broken(app: DeskFlask, monkeypatch: pytest.MonkeyPatch) -> DeskFlask:
    """A desk on which `/me` fails in a way that nobody has foreseen."""

    def fails() -> str:
        raise ZeroDivisionError("a secret of the house")

    setattr(fails, RULE, getattr(app.view_functions["account.page"], RULE))
    monkeypatch.setitem(app.view_functions, "account.page", fails)
    return app


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_as_strict(
    kind: str, client: FlaskClient, broken: DeskFlask, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    sign_in(client, room.eva)
    status, ask = KINDS[kind]
    response = ask(client, room)
    assert response.status_code == status
    policy = _policy(response)
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "http" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "private" in response.headers["Cache-Control"] or kind == "for machines"
    assert "Cookie" in response.headers["Vary"]
    assert "Strict-Transport-Security" not in response.headers
    assert "secret of the house" not in response.text


def test_a_file_that_is_the_same_for_all_is_kept_for_a_year_and_says_nothing_of_its_reader(client: FlaskClient) -> None:
    page = client.get("/sign-in").text
    url = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    with client.get(url.replace("&amp;", "&")) as response:
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in response.headers
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_by_https_the_browser_is_told_to_stay_with_it(settings: Settings, store: Store) -> None:
    app = create_app(replace(settings, url="https://desk.meridian.example"), database=store.database)
    response = app.test_client().get("/sign-in", base_url="https://desk.meridian.example")
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_an_error_says_what_it_is_in_words_and_offers_a_way_on(client: FlaskClient, room: Room) -> None:
    sign_in(client, room.eva)
    for url in ("/nowhere", "/settings"):
        response = client.get(url)
        assert "<h1" in response.text
        assert 'href="/"' in response.text
    assert "Traceback" not in response.text


def _policy(response: TestResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _blank, value in parts}
