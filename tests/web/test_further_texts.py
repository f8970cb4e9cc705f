"""A further text of a story: a page of its own, to which the desk is led; versions of two texts never mix."""

from datetime import datetime

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from desk.actor import SYSTEM
from desk.drafts import queries as drafts
from desk.drafts.models import Draft
from desk.http.transactions import DeskFlask
from desk.newsroom import storypage
from desk.outbox.models import Message
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.reader import post, said, signed_in
from tests.room import Room

pytestmark = pytest.mark.either

BOX = "Who insures the ships"


def written(of: str = "", base: int = 0, **more: str) -> dict[str, str]:
    typed = {"headline": "The lane", "body": "Twelve ships wait.", "byline": "", "places": "", "abstract": ""}
    return {**typed, "ednote": "", "base_n": str(base), "assignment": of, "do": "save", **more}


@pytest.fixture
def box(room: Room, store: Store, olena: FlaskClient, nino: FlaskClient) -> str:
    """Nino has filed a further text, of two versions; Olena has saved two of the main copy. The assignment's id."""
    with store.write() as session:
        main = session.scalars(select(Draft).where(Draft.story_id == room.story.id, Draft.is_main)).one()
        main.assignment_id = room.assignment.id
    write, of = f"/stories/{room.story.public_id}/write", room.asked.public_id
    assert post(nino, f"/offers/{room.offer.public_id}/accept").status_code == 303
    assert post(olena, write, written()).status_code == 303
    assert post(olena, write, written(base=1, body="Thirteen ships wait.")).status_code == 303
    assert post(nino, write, written(of, headline=BOX, body="Nobody does.")).status_code == 303
    assert post(nino, write, written(of, 1, headline=BOX, body="Nobody does yet.", do="file")).status_code == 303
    return of


def links(client: FlaskClient, url: str) -> list[str]:
    return [one.get("href") for one in lxml.html.fromstring(client.get(url).text).xpath("//a[@href]")]


def test_from_the_story_the_assignment_and_the_bell_the_desk_is_led_to_a_further_text(
    eva: FlaskClient, room: Room, box: str, store: Store
) -> None:
    text = f"/assignments/{box}/text"
    for page in (f"/stories/{room.story.public_id}", f"/assignments/{box}/change", "/bell"):
        assert text in links(eva, page), page
    with store.read() as session:
        filed = session.scalars(select(Message).where(Message.kind == "filed")).one()
    assert filed.facts["text"] == box
    page = eva.get(text)
    assert BOX in said(page)
    assert "Nobody does yet." in said(page)
    assert "Nino Kapanadze · filed" in said(page)
    assert f'action="/assignments/{box}/done"' in page.text
    edit = f"/stories/{room.story.public_id}/write?assignment={box}"
    assert edit in links(eva, text)
    assert "Nobody does yet." in eva.get(edit).text


def test_who_may_read_a_further_text_and_not_change_it_has_no_button_to(
    arthur: FlaskClient, olena: FlaskClient, nino: FlaskClient, stranger: FlaskClient, room: Room, box: str
) -> None:
    text = f"/assignments/{box}/text"
    for reader in (arthur, olena):
        page = reader.get(text)
        assert "Nobody does yet." in said(page)
        assert "/write?assignment=" not in page.text
        assert "/done" not in page.text
    assert f"/stories/{room.story.public_id}/write?assignment={box}" in links(nino, text)
    assert stranger.get(text).status_code == 302


def test_a_further_text_is_absent_for_who_may_not_read_its_story(
    app: DeskFlask, room: Room, box: str, store: Store
) -> None:
    with store.write() as session:
        other = factories.person(session, "Bo Other", roles=((factories.desk(session, "Sports"), "correspondent"),))
    assert signed_in(app, other).get(f"/assignments/{box}/text").status_code == 404


def test_the_main_copys_assignment_leads_to_the_story_and_one_without_text_says_so(
    eva: FlaskClient, nino: FlaskClient, room: Room, box: str, store: Store
) -> None:
    to_story = eva.get(f"/assignments/{room.assignment.public_id}/text")
    assert to_story.headers["Location"] == f"/stories/{room.story.public_id}"
    with store.write() as session:
        empty = factories.assignment(session, session.get_one(Story, room.story.id)).public_id
    assert "Nothing is written yet" in said(eva.get(f"/assignments/{empty}/text"))


def test_versions_stand_under_the_text_that_they_are_of_and_never_beside_those_of_another(
    eva: FlaskClient, room: Room, box: str, store: Store
) -> None:
    url = f"/stories/{room.story.public_id}/versions"
    page = eva.get(url)
    forms = lxml.html.fromstring(page.text).xpath("//form[starts-with(@id, 'text-')]")
    assert [" ".join(form.xpath("string(h2)").split()) for form in forms] == [
        "The main copy, Olena Demchuk",
        "A further text, Nino Kapanadze",
    ]
    main, further = ([one.get("value") for one in form.xpath(".//input[@name='v']")] for form in forms)
    assert (len(main), len(further)) == (2, 2)
    assert "Thirteen" in said(page).partition("Tick any")[0]
    both = said(eva.get(f"{url}?v={further[0]}&v={further[1]}")).partition("Tick any")[0]
    assert "yet" in both
    assert "ships" not in both
    mixed = said(eva.get(f"{url}?v={main[0]}&v={further[0]}"))
    assert "those of different texts are not set side by side" in mixed
    assert "From version" not in mixed


def test_a_storys_page_reads_the_text_of_no_version_but_those_it_shows(room: Room, store: Store, now: datetime) -> None:
    with store.write() as session:
        story = session.merge(room.story)
        for n in range(4):
            factories.version(session, story, body_html=f"<p>Text {n}</p>")
    with store.read() as session:
        view = storypage.view(session, SYSTEM, room.story.public_id)
        unread = [one.n for one in view.versions if "body_html" in inspect(one).unloaded]
        assert unread == [1, 2, 3]
        assert view.version is not None
        assert view.version.body_html == "<p>Text 3</p>"
        assert drafts.copy_of(session, view.versions[0]).body_html == "<p>Text 0</p>"
