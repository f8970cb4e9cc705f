"""A wire item used in a story that is there: by the buttons of the wire's pages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import chance
from desk.actor import SYSTEM
from desk.newsroom import wiring
from desk.people.models import Membership
from desk.store import Store
from desk.stories.models import Story
from desk.wires import service as wires
from desk.wires.models import Intake, Item, Source, Use
from tests import factories
from tests.factories import NOW
from tests.newsroom.test_wiring import send, wire
from tests.reader import form_on, post, said
from tests.room import Room

pytestmark = pytest.mark.either


@pytest.fixture
def item(store: Store, room: Room) -> Item:
    with store.write() as session:
        return factories.item(session)


def rows(client: FlaskClient) -> Any:
    return lxml.html.fromstring(client.get("/wire").text).xpath("//ol[@id='newest']/li/div")


def test_each_row_of_the_wire_begins_a_story_with_one_press_until_there_is_one(
    eva: FlaskClient, store: Store, item: Item
) -> None:
    (row,) = rows(eva)
    (form,) = row.xpath(".//form")
    assert (form.xpath(".//button/@data-key"), row.xpath(".//a[@data-key]/@data-key")) == (["s"], ["a"])
    page = eva.post(form.get("action"), data=dict(form.fields), follow_redirects=True)
    assert "is open, without a deadline. Nobody is asked yet" in said(page)
    with store.read() as session:
        (story_id,) = session.scalars(select(Use.story_id).where(Use.item_id == item.id)).all()
        assert session.get_one(Story, story_id).title == item.headline
    (row,) = rows(eva)
    assert row.xpath(".//form | .//a[@data-key]") == []
    assert "in " in row.text_content()


def test_an_item_is_assigned_by_the_form_which_is_filled_from_it_and_the_story_stands_on_it(
    eva: FlaskClient, store: Store, room: Room, item: Item
) -> None:
    with store.write() as session:
        wanted = session.get_one(Item, item.id)
        wanted.headline, wanted.places = "Explosion reported at port", ["Odesa"]
    (link,) = rows(eva)[0].xpath(".//a[@data-key='a']")
    assert link.get("href") == f"/stories/new?item={item.public_id}"
    page = eva.get(link.get("href"))
    assert "The wire it stands on" in said(page)
    form = form_on(page, "/stories/new")
    begun = ("ODESA/EXPLOSION", "Explosion reported at port", "Odesa", room.desk.public_id)
    assert tuple(form.fields[name] for name in ("slug", "title", "places", "desk")) == begun
    form.fields["deadline"] = "sometime"
    back = form_on(eva.post("/stories/new", data=form.fields), "/stories/new")
    back.fields["deadline"], back.fields["people"] = "18h Kyiv", room.nino.public_id
    made = said(eva.post("/stories/new", data=back.fields, follow_redirects=True))
    assert "Due today 18:00 Kyiv (the story) · 20:00 Tbilisi (Nino Kapanadze) · 17:00 Brussels (World desk)." in made
    assert "The story has the clock of Kyiv, after Odesa." in made
    with store.read() as session:
        used = session.scalars(select(Use.story_id).where(Use.item_id == item.id)).one()
        assert session.get_one(Story, used).slug == "ODESA/EXPLOSION"


def test_a_row_says_what_an_item_begins_with_without_its_dateline(eva: FlaskClient, store: Store, item: Item) -> None:
    with store.write() as session:
        session.get_one(Item, item.id).body_html = (
            '<p>ODESA, Nov. 24 (Nordpress) – Smoke rose from <a href="https://n.example/">berth 7</a>, '
            "&lt;b&gt; " + "and on " * 200 + "</p>"
        )
    (row,) = rows(eva)
    (lead,) = row.xpath(".//small[@class='lead']")
    assert lead.text_content().startswith("Smoke rose from berth 7, <b> and on")
    assert len(lead.text_content()) <= 160


def test_nobody_who_makes_no_stories_and_no_item_that_was_killed_is_offered_one(
    eva: FlaskClient, olena: FlaskClient, store: Store, item: Item
) -> None:
    assert rows(olena)[0].xpath(".//form | .//a[@data-key]") == []
    with store.write() as session:
        session.get_one(Item, item.id).pubstatus = "canceled"
    assert rows(eva)[0].xpath(".//form | .//a[@data-key]") == []
    assert "The agency has killed this item" in said(eva.get(f"/stories/new?item={item.public_id}"))


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
            session, SYSTEM, name="Nordpress", url="https://n.example/", zone="UTC", every=60, root=Path("/srv"),
            now=NOW,
        )  # fmt: skip
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
    gone = post(eva, f"/wire/sources/{source.public_id}/remove", {}, follow_redirects=True)
    assert f"{source.name} is removed: it is read no more." in said(gone)
    (again,) = lxml.html.fromstring(gone.text).xpath("//*[@id='removed']//form")
    assert source.name not in said(eva.get("/wire")).partition("Newest first")[0]
    back = eva.post(again.get("action"), data=dict(again.fields), follow_redirects=True)
    assert 'id="removed"' not in back.text
    page = said(eva.get(f"/wire/sources/{source.public_id}"))
    assert f"Eva Janssens removed the wire source {source.name}: it is read no more" in page


def test_what_could_not_be_read_is_listed_and_only_of_a_file_it_is_said_where_it_lies(
    eva: FlaskClient, store: Store, room: Room
) -> None:
    for kind, url, name in (("feed", "https://nordpress.example/feed", ""), ("folder", "/etc", "bad.xml")):
        with store.write() as session:
            source = wires.make_source(session, name=kind, kind=kind, url=url, zone="UTC", every=60, now=NOW)
            session.add(
                Intake(
                    public_id=chance.public_id(), source_id=source.id, sha256="0", name=name, data=b"<html>", at=NOW,
                    error="This is not a feed.",
                )
            )  # fmt: skip
            wires.stop(session, source, why="", now=NOW)
        for page in ("/wire/sources", f"/wire/sources/{source.public_id}"):
            shown = said(eva.get(page))
            assert "This is not a feed." in shown
            assert ("A file lies untouched in its folder" in shown) == (kind == "folder")
    refused = post(eva, f"/wire/sources/{source.public_id}/start")
    assert (refused.status_code, "/etc is not below" in said(refused)) == (422, True), "it would never be read"


def test_who_edits_several_desks_and_used_none_says_on_which_the_story_is_opened(
    eva: FlaskClient, store: Store, room: Room, item: Item
) -> None:
    with store.write() as session:
        sports = factories.desk(session, "Sports desk")
        session.add(Membership(person_id=room.eva.id, desk_id=sports.id, role="editor"))
        session.get_one(Story, room.story.id).made_by = None
    (link,) = rows(eva)[0].xpath(".//a[@data-key='s']")
    assert link.get("href") == f"/wire/{item.public_id}#open-story"
    (first, *desks) = lxml.html.fromstring(eva.get(f"/wire/{item.public_id}").text).xpath(
        "//select[@name='desk']/option"
    )
    assert (first.get("value"), [one.get("selected") for one in desks]) == ("", [None, None])


def test_who_is_no_editor_uses_no_wire(olena: FlaskClient, item: Item, room: Room) -> None:
    assert olena.get(f"/wire/{item.public_id}/use").status_code == 403
    assert post(olena, f"/wire/{item.public_id}/use", {"story": room.story.public_id}).status_code == 403
    assert f"/wire/{item.public_id}/use" not in olena.get(f"/wire/{item.public_id}").text


def test_an_item_that_is_used_in_no_story_of_that_name_is_said_to_be_unknown(eva: FlaskClient, item: Item) -> None:
    assert post(eva, f"/wire/{item.public_id}/use", {"story": "nothing234"}).status_code == 404


def test_what_came_on_another_day_says_on_which_and_by_whose_clock(
    eva: FlaskClient, store: Store, room: Room, item: Item
) -> None:
    with store.write() as session:
        old = session.get_one(Item, factories.item(session).id)
        old.at = NOW - timedelta(days=3, hours=2)
        session.get_one(Item, item.id).at = NOW - timedelta(minutes=7)
        session.add(Use(item_id=old.id, story_id=room.story.id, by_id=room.eva.id, at=NOW))
    page = said(eva.get("/wire"))
    assert "Sat 21 November 12:37 Brussels Wire" in page
    assert "today 14:30" not in page
    assert "14:30 Brussels Wire" in page
    assert "Sat 21 November 12:37 ·" in said(eva.get(f"/stories/{room.story.public_id}"))
