"""Finding, as a page: stories first, then people and the wire; and from a band of the board to all of it."""

import lxml.html
import pytest
from flask.testing import FlaskClient

from desk.newsroom import board
from desk.people.models import Desk, Person
from desk.store import Store
from tests import factories
from tests.reader import said
from tests.room import Room


def heads(client: FlaskClient, path: str) -> list[str]:
    found = lxml.html.fromstring(client.get(path).text).xpath("//h2[@class='band']")
    return [head.text_content().strip() for head in found]


def test_words_find_stories_people_and_what_the_wires_sent(eva: FlaskClient, room: Room, store: Store) -> None:
    with store.write() as session:
        person = session.get_one(Person, room.nino.id)
        person.title = "Grain correspondent"
        item = factories.item(session)
        item.headline, item.search_text = "Ships wait", " ships wait the grain is wet "
        item.body_html = "<p>The <b>grain</b> is wet.</p>"
        session.get_one(type(room.story), room.story.id).search_text = " grain corridor "
    assert heads(eva, "/find?q=grain") == ["Stories", "People", "Wire"]
    page = eva.get("/find?q=grain")
    for words in (room.story.slug, "Nino Kapanadze", "Ships wait The grain is wet."):
        assert words in said(page)
    assert [mark.text for mark in lxml.html.fromstring(page.text).iter("mark")] == ["GRAIN", "grain"]
    assert "Last changed from" in said(page)
    assert "days in Brussels" in said(page)
    groups = {one.get("label"): one for one in lxml.html.fromstring(page.text).iter("optgroup")}
    assert "on hold" in groups["State"].text_content()
    assert "At the desk" in groups["On the board"].text_content()
    assert heads(eva, "/find?q=grain&state=reporting") == []
    assert "No story has these words." in said(eva.get("/find?q=wait"))
    assert f"/find?person={room.nino.public_id}" in page.text
    assert "Nothing found" in said(eva.get("/find?q=nowhere"))


def test_a_band_that_is_cut_says_so_and_leads_to_all_of_it(
    eva: FlaskClient, room: Room, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "A_BAND", 1)
    with store.write() as session:
        for n in range(3):
            factories.story(session, session.get_one(Desk, room.desk.id), f"U/{n}")
    page = eva.get("/")
    assert "3 more are not shown here." in said(page)
    (link,) = lxml.html.fromstring(page.text).xpath("//p[@class='rest']/a/@href")
    assert link == "/find?state=undated"
    found = said(eva.get(link))
    assert all(f"U/{n}" in found for n in range(3))
    (link,) = lxml.html.fromstring(eva.get(f"/?view=nobody&desk={room.desk.public_id}").text).xpath(
        "//p[@class='rest']/a/@href"
    )
    assert link == f"/find?state=undated&person=nobody&desk={room.desk.public_id}"
