"""Somebody at a browser: signs in, opens pages, presses buttons."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lxml.html
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from desk.http.transactions import DeskFlask
from desk.people import signing
from desk.people.models import Person

DOOR = "0123456789abcdef0123456789abcdef"


def browser(app: DeskFlask) -> FlaskClient:
    """A browser before the door. Like any of today it says that a form of ours was sent from a page of ours."""
    client: FlaskClient = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


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
    client = browser(app)
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


@dataclass(frozen=True)
class Filled:
    """A form as a browser would send it."""

    action: str
    fields: MultiDict[str, str]


def form_on(response: TestResponse, action: str = "") -> Filled:
    """The form of the page whose address is `action`, or its first that is posted."""
    for form in lxml.html.fromstring(response.text).forms:
        to = form.action or ""
        if form.method.upper() == "POST" and (to.rstrip("?") == action or not action) and not to.endswith("/sign-out"):
            return Filled(to, MultiDict(_fields(form)))
    raise AssertionError(f"there is no form for {action} on this page")


def _fields(form: lxml.html.FormElement) -> list[tuple[str, str]]:
    fields = []
    for field in form.xpath(".//input[@name] | .//textarea[@name] | .//select[@name]"):
        if field.tag == "input" and field.get("type") in ("checkbox", "radio") and field.get("checked") is None:
            continue
        if field.tag == "select":
            chosen = [one.get("value", "") for one in field.xpath(".//option[@selected]")]
            fields += [(field.name, value) for value in chosen]
        elif field.tag == "textarea":
            # a parser of HTML drops one newline after the tag, and lxml drops none
            fields.append((field.name, (field.text or "").removeprefix("\n")))
        else:
            fields.append((field.name, field.get("value", "")))
    return fields


def said(response: TestResponse) -> str:
    """The words on a page, with single blanks."""
    return re.sub(r"\s+", " ", lxml.html.fromstring(response.text).text_content()).strip()
