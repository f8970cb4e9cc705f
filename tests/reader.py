"""Somebody at a browser: signs in, opens pages, presses buttons."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from desk.http.transactions import DeskFlask
from desk.people import signing
from desk.people.models import Person

DOOR = "0123456789abcdef0123456789abcdef"


def app_of(client: FlaskClient) -> DeskFlask:
    found = client.application
    assert isinstance(found, DeskFlask)
    return found


def sign_in(client: FlaskClient, person: Person) -> str:
    """Begin a session for `person` and give the browser its cookie; gives the cookie's value."""
    app = app_of(client)
    with app.store.write() as session:
        begun = signing.begin(session, person.id, agent="a test", address="127.0.0.1", now=app.now())
    client.set_cookie("desk", begun.cookie)
    return begun.cookie


def signed_in(app: DeskFlask, person: Person) -> FlaskClient:
    """A browser of `person`'s own, signed in."""
    client: FlaskClient = app.test_client()
    sign_in(client, person)
    return client


def csrf(client: FlaskClient) -> str:
    """The token that this browser's forms carry: of its session, or before the door of its door cookie."""
    session = client.get_cookie("desk")
    if session is not None:
        what = f"session:{hashlib.sha256(session.value.encode()).hexdigest()}"
    else:
        if client.get_cookie("desk_door") is None:
            client.set_cookie("desk_door", DOOR)
        door = client.get_cookie("desk_door")
        what = f"door:{door.value if door else DOOR}"
    key = app_of(client).settings.secret_keys[0]
    return hmac.new(key.encode(), f"csrf:{what}".encode(), hashlib.sha256).hexdigest()


def post(client: FlaskClient, url: str, data: Mapping[str, Any] | None = None, **more: Any) -> TestResponse:
    """Press a button: the form's fields with this browser's token."""
    return client.post(url, data={"csrf_token": csrf(client), **(data or {})}, **more)
