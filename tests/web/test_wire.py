"""A wire item used in a story that is there: by the buttons of the wire's pages."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.actor import SYSTEM
from desk.newsroom import wiring
from desk.store import Store
from desk.wires.models import Item, Source, Use
from tests import factories
from tests.factories import NOW
from tests.newsroom.test_wiring import send, wire
from tests.reader import post, said
from tests.room import Room


@pytest.fixture
def item(store: Store, room: Room) -> Item:
    with store.write() as session:
        return factories.item(session)


def stories(page: str) -> list[str]:
    """The slugs that can be chosen on a page."""
    listed = page.partition('id="stories"')[2].partition("</ul>")[0]
    return [part.partition("</b>")[0] for part in listed.split('<b class="slug">')[1:]]


def test_an_item_is_used_in_a_story_and_stands_on_its_page(
    eva: FlaskClient, store: Store, room: Room, item: Item
) -> None:
    assert f"/wire/{item.public_id}/use" in eva.get(f"/wire/{item.public_id}").text
    choice = f"/wire/{item.public_id}/use"
    assert stories(eva.get(choice).text) == ["GRAIN/CORRIDOR"]
    for _ in range(2):
        page = post(eva, choice, {"story": room.story.public_id}, follow_redirects=True)
        assert "GRAIN/CORRIDOR stands on this wire now" in said(page)
        assert "Wires it stands on" in said(page)
    with store.read() as session:
        assert session.scalars(select(Use.story_id)).all() == [room.story.id]
    assert "stands on it" in said(eva.get(choice))
    assert "put the story on an item of" in said(eva.get(f"/stories/{room.story.public_id}"))


def test_only_unfinished_stories_of_ones_own_desks_are_offered_and_found_by_words(
    eva: FlaskClient, store: Store, room: Room, item: Item
) -> None:
    with store.write() as session:
        factories.story(session, room.desk, "A/OUT", state="published")
        factories.story(session, factories.desk(session, "Sports desk"), "B/SPORT")
        factories.story(session, room.desk, "C/HELD", state="editing").search_text = "c held"
    choice = f"/wire/{item.public_id}/use"
    assert sorted(stories(eva.get(choice).text)) == ["C/HELD", "GRAIN/CORRIDOR"]
    assert stories(eva.get(f"{choice}?q=HELD").text) == ["C/HELD"]
    assert "No unfinished story fits" in said(eva.get(f"{choice}?q=nothing"))


def test_copy_that_was_killed_is_used_in_nothing_and_its_story_says_so(
    eva: FlaskClient, store: Store, room: Room
) -> None:
    with store.write() as session:
        source = wiring.add_source(
            session, SYSTEM, name="Nordpress", kind="feed", url="https://n.example/", zone="UTC", every=60, now=NOW
        )
        send(session, source, wire())
        item = session.scalars(select(Item)).one()
    choice = f"/wire/{item.public_id}/use"
    post(eva, choice, {"story": room.story.public_id})
    with store.write() as session:
        send(session, session.get_one(Source, source.id), wire(headline="KILL", pubstatus="canceled"))
        other = factories.story(session, room.desk, "A/OTHER")
    refused = post(eva, choice, {"story": other.public_id})
    assert refused.status_code == 409
    assert "The agency has killed this item" in said(refused)
    page = said(eva.get(f"/stories/{room.story.public_id}"))
    assert "A wire this story stands on was killed" in page
    assert "Nordpress changed the wire copy it stands on (killed)" in page
    assert "Nordpress killed the wire it stands on" in said(eva.get("/bell"))


def test_a_source_says_what_was_done_to_it(eva: FlaskClient, store: Store, item: Item) -> None:
    with store.read() as session:
        source = session.get_one(Source, item.source_id)
    post(eva, f"/wire/sources/{source.public_id}/stop", {"why": "double of Atlas"})
    page = said(eva.get(f"/wire/sources/{source.public_id}"))
    assert "Eva Janssens stopped a wire source“double of Atlas”" in page


def test_who_is_no_editor_uses_no_wire(olena: FlaskClient, item: Item, room: Room) -> None:
    assert olena.get(f"/wire/{item.public_id}/use").status_code == 403
    assert post(olena, f"/wire/{item.public_id}/use", {"story": room.story.public_id}).status_code == 403
    assert f"/wire/{item.public_id}/use" not in olena.get(f"/wire/{item.public_id}").text


def test_an_item_that_is_used_in_no_story_of_that_name_is_said_to_be_unknown(eva: FlaskClient, item: Item) -> None:
    assert post(eva, f"/wire/{item.public_id}/use", {"story": "nothing234"}).status_code == 404
