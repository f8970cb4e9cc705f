"""A correspondent's pages come over a bad line: no script, and at most 14 kB compressed, the first time, all told."""

import gzip
import re
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from desk.app import create_app
from desk.assignments.models import Assignment, Offer
from desk.http.transactions import DeskFlask
from desk.people import signing
from desk.people.models import Person
from desk.stories.models import Story
from tests.conftest import set_clock
from tests.demo import NOW, Demo

MOST = 14_000


@pytest.fixture
def full(demo: Demo) -> DeskFlask:
    """The demo's desk, where everybody has much to do."""
    app = create_app(demo.settings, database=demo.store.database)
    set_clock(app, lambda: NOW)
    return app


def writers(app: DeskFlask) -> list[tuple[str, str, list[str]]]:
    """Everybody who has or is offered something: name, session cookie, the addresses of their pages."""
    found = []
    with app.store.write() as session:
        for person in session.scalars(select(Person)):
            theirs = select(Assignment, Story).join(Story, Story.id == Assignment.story_id)
            live = Assignment.state.in_(("accepted", "reporting", "filed"))
            held = session.execute(theirs.where(Assignment.assignee_id == person.id, live)).all()
            offered = session.execute(
                theirs.join(Offer, Offer.assignment_id == Assignment.id).where(
                    Offer.person_id == person.id, Offer.state == "made"
                )
            ).all()
            pages = [f"/assignments/{assignment.public_id}" for assignment, _story in [*held, *offered]]
            pages += [f"/stories/{story.public_id}/write" for _held, story in held]
            pages += [f"/stories/{story.public_id}/filed" for one, story in held if one.state == "filed"]
            if pages:
                begun = signing.begin(session, person.id, agent="", address="", now=NOW)
                found.append((person.name, begun.cookie, ["/mine", *pages]))
    return found


def weight(client: Client, address: str) -> tuple[int, str]:
    """The compressed bytes of a page with all it makes a browser fetch, and its HTML."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    fetched = re.findall(r'<(?:link|img|script)[^>]+(?:href|src)="([^"]+)"', answer.text)
    weighed = len(gzip.compress(answer.data, 6))
    for one in fetched:
        with client.get(one) as part:
            weighed += len(gzip.compress(part.data, 6))
    return weighed, answer.text


def test_what_a_correspondent_opens_has_no_script_and_weighs_fourteen_kilobytes_at_most(full: DeskFlask) -> None:
    heavy, weighed = [], 0
    for name, cookie, addresses in writers(full):
        client = full.test_client()
        client.set_cookie("desk", cookie)
        for address in addresses:
            bytes_, html = weight(client, address)
            weighed += 1
            assert "<script" not in html, address
            assert "hx-" not in html, address
            if bytes_ > MOST:
                heavy.append(f"{name}: {address} weighs {bytes_} bytes")
    assert weighed > 20
    assert not heavy, "\n".join(heavy)


def test_a_correspondent_needs_no_font_and_no_picture_from_elsewhere() -> None:
    css = Path("desk/web/static/field.css").read_text()
    assert "@import" not in css
    assert "url(" not in css
    assert "@font-face" not in css
