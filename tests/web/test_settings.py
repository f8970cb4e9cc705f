"""The newsroom's settings: what stands under copy, and its desks."""

from datetime import datetime

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.audit.models import Entry
from desk.people.models import Desk, Membership, Newsroom
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.reader import form_on, post, said
from tests.room import Room

pytestmark = pytest.mark.either


def newsroom(store: Store) -> Newsroom:
    with store.read() as session:
        return session.get_one(Newsroom, 1)


def test_what_stands_under_copy_is_changed_by_an_administrator(ada: FlaskClient, room: Room, store: Store) -> None:
    form = form_on(ada.get("/settings"), "/settings")
    assert form.fields["agency"] == "Meridian News"
    form.fields.setlist("first_year", ["1987"])
    form.fields.setlist("permission_sentence", ["Reproduced with permission of Meridian News."])
    assert ada.post("/settings", data=form.fields).status_code == 303
    row = newsroom(store)
    assert (row.first_year, row.permission_sentence) == (1987, "Reproduced with permission of Meridian News.")


def test_where_licensees_ask_is_set_and_what_is_missing_is_said_once_there_are_some(
    ada: FlaskClient, room: Room, store: Store
) -> None:
    assert 'id="ask-missing"' not in ada.get("/settings").text
    with store.write() as session:
        factories.licensee(session)
    page = said(ada.get("/settings"))
    assert "notices say “answer this mail”" in page
    assert "They have no telephone number either." in page
    fields = form_on(ada.get("/settings"), "/settings").fields.to_dict()
    for name, wrong in (("ask_mail", "desk@localhost"), ("ask_phone", "ask for Eva")):
        refused = post(ada, "/settings", {**fields, name: wrong})
        assert (refused.status_code, form_on(refused, "/settings").fields[name]) == (422, wrong)
        assert lxml.html.fromstring(refused.text).xpath(f"//p[@id='f-{name}-error']")
    given = {"ask_mail": "desk@meridian.example", "ask_phone": "+32 2 555 01 42"}
    assert post(ada, "/settings", {**fields, **given}).status_code == 303
    assert 'id="ask-missing"' not in ada.get("/settings").text
    with store.read() as session:
        entry = session.scalars(select(Entry).where(Entry.verb == "newsroom_changed")).one()
    assert entry.details["old"] == {
        "agency": "Meridian News", "first_year": 1999, "ask_mail": None, "ask_phone": None,
        "permission_sentence": fields["permission_sentence"],
    }  # fmt: skip
    assert (newsroom(store).ask_mail, newsroom(store).ask_phone) == tuple(given.values())


def test_a_year_that_can_be_none_and_an_agency_without_a_name_are_refused(
    ada: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    fields = {"agency": "Meridian News", "permission_sentence": "With permission."}
    for year in ("", "year one", "87", str(now.year + 1), "-5", "1e9", "٢٠٢٠"):
        refused = post(ada, "/settings", {**fields, "first_year": year})
        assert refused.status_code == 422, year
        assert "With permission." in refused.text
    assert post(ada, "/settings", {**fields, "agency": " ", "first_year": "1999"}).status_code == 422
    assert newsroom(store).first_year == 1999


def test_a_desk_is_made_with_its_clock_and_whoever_makes_it_edits_it(
    ada: FlaskClient, room: Room, store: Store
) -> None:
    assert post(ada, "/desks", {"name": " Black  Sea desk ", "zone": "istanbul"}).status_code == 303
    with store.read() as session:
        desk = session.scalars(select(Desk).where(Desk.name == "Black Sea desk")).one()
        roles = session.scalars(select(Membership.role).where(Membership.desk_id == desk.id)).all()
    assert desk.zone == "Europe/Istanbul"
    assert roles == ["editor"]
    assert "Black Sea desk" in said(ada.get("/people"))


def test_a_desk_is_renamed_and_its_clock_moved(ada: FlaskClient, room: Room, store: Store) -> None:
    url = f"/desks/{room.desk.public_id}"
    form = form_on(ada.get(url), url)
    assert (form.fields["name"], form.fields["zone"]) == ("World desk", "Europe/Brussels")
    form.fields.setlist("name", ["Europe desk"])
    form.fields.setlist("zone", ["Europe/London"])
    assert ada.post(url, data=form.fields).status_code == 303
    with store.read() as session:
        desk = session.get_one(Desk, room.desk.id)
    assert (desk.name, desk.zone) == ("Europe desk", "Europe/London")
    assert "Ada Novak renamed the desk World desk to Europe desk" in said(ada.get(url))


def test_a_desk_change_that_is_refused_gives_its_form_back_with_the_reason_at_the_field(
    ada: FlaskClient, room: Room, store: Store
) -> None:
    url = f"/desks/{room.desk.public_id}"
    post(ada, "/desks", {"name": "Sports desk", "zone": "UTC"})
    for field, fields, why in (
        ("zone", {"name": "Europe desk", "zone": "Europe/Atlantis"}, "Europe/Atlantis"),
        ("name", {"name": "", "zone": "Europe/London"}, "A desk needs a name."),
        ("name", {"name": "Sports desk", "zone": "Europe/London"}, "There is a desk called Sports desk already."),
    ):
        refused = post(ada, url, fields)
        assert refused.status_code == 422
        assert {name: form_on(refused, url).fields[name] for name in fields} == fields
        (error,) = lxml.html.fromstring(refused.text).xpath(f"//p[@id='f-{field}-error']")
        assert why in error.text_content()
    refused = post(ada, "/desks", {"name": "Sports desk", "zone": "Europe/London"})
    assert form_on(refused, "/desks").fields["name"] == "Sports desk"


def test_a_desk_is_closed_when_nothing_is_left_on_it_and_opened_again(
    ada: FlaskClient, eva: FlaskClient, room: Room, store: Store
) -> None:
    url = f"/desks/{room.desk.public_id}"
    refused = post(ada, f"{url}/close")
    assert (refused.status_code, "can't be closed yet" in said(refused)) == (409, True)
    assert f"/stories/{room.story.public_id}" in refused.text
    with store.write() as session:
        session.get_one(Story, room.story.id).state = "spiked"
    closed = post(ada, f"{url}/close", follow_redirects=True)
    assert "can be opened again" in said(closed)
    assert "closed today 14:37" in said(ada.get("/settings"))
    assert room.desk.public_id not in ada.get("/people/new").text
    assert room.desk.public_id not in eva.get("/stories/new").text
    assert "World desk, closed" in said(eva.get("/find"))
    assert "GRAIN/CORRIDOR" in said(eva.get(f"/find?desk={room.desk.public_id}"))
    assert eva.get(f"/stories/{room.story.public_id}").status_code == 200
    assert post(ada, f"{url}/reopen").status_code == 303
    assert room.desk.public_id in eva.get("/stories/new").text
    for act in ("", "/close", "/reopen"):
        assert post(eva, url + act, {"name": "Ours", "zone": "UTC"}).status_code == 403


def test_nobody_else_sees_or_changes_settings(eva: FlaskClient, olena: FlaskClient, room: Room) -> None:
    for reader in (eva, olena):
        assert reader.get("/settings").status_code == 403
        assert post(reader, "/settings", {"agency": "Ours", "first_year": "1999"}).status_code == 403
        assert post(reader, "/desks", {"name": "Ours", "zone": "UTC"}).status_code == 403
        assert post(reader, f"/desks/{room.desk.public_id}", {"name": "Ours", "zone": "UTC"}).status_code == 403
