"""The page on which a story's frame is changed."""

from itertools import pairwise

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from desk.http.transactions import DeskFlask
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.reader import form_on, post, said, signed_in
from tests.room import Room

pytestmark = pytest.mark.either


@pytest.fixture
def eva(app: DeskFlask, room: Room) -> FlaskClient:
    return signed_in(app, room.eva)


def change(browser: FlaskClient, room: Room, page: TestResponse | None = None, **changes: str) -> TestResponse:
    """The form of the page (or of a fresh one), changed and sent."""
    url = f"/stories/{room.story.public_id}/change"
    form = form_on(page or browser.get(url), url)
    for name, value in changes.items():
        form.fields.setlist(name, [value])
    return browser.post(url, data=form.fields)


def story(store: Store, room: Room) -> Story:
    with store.read() as session:
        return session.get_one(Story, room.story.id)


def test_the_storys_page_leads_there_by_a_button_and_a_key_for_who_may_change_it(
    app: DeskFlask, eva: FlaskClient, room: Room
) -> None:
    page = eva.get(f"/stories/{room.story.public_id}")
    assert f'href="/stories/{room.story.public_id}/change"' in page.text
    assert 'data-key="f"' in page.text
    assert "/change" not in signed_in(app, room.arthur).get(f"/stories/{room.story.public_id}").text
    assert signed_in(app, room.olena).get(f"/stories/{room.story.public_id}/change").status_code == 403


def test_what_was_changed_is_said_and_stands(eva: FlaskClient, room: Room, store: Store) -> None:
    done = change(eva, room, slug="grain/lane", places="Odesa; Izmail", length="", language="uk")
    assert done.status_code == 303
    page = said(eva.get(done.headers["Location"]))
    assert "Changed: the slug, the places, the language, the length." in page
    assert "Eva Janssens changed the slug from GRAIN/CORRIDOR to GRAIN/LANE" in page
    now = story(store, room)
    assert (now.slug, now.places, now.length, now.language) == ("GRAIN/LANE", ["Odesa", "Izmail"], None, "uk")


def test_a_form_sent_as_it_came_changes_nothing(eva: FlaskClient, room: Room, store: Store) -> None:
    before = story(store, room).lock_no
    done = change(eva, room)
    assert "Nothing was changed." in said(eva.get(done.headers["Location"]))
    assert story(store, room).lock_no == before


def test_who_was_overtaken_gets_back_what_they_typed_beside_what_stands_and_may_insist(
    app: DeskFlask, eva: FlaskClient, room: Room, store: Store
) -> None:
    url = f"/stories/{room.story.public_id}/change"
    mine = eva.get(url)
    assert change(eva, room, title="Ministers part", places="Izmail").status_code == 303
    refused = change(eva, room, mine, title="Ministers agree", brief="Ask the captains.")
    words = said(refused)
    assert refused.status_code == 409
    assert "Somebody changed this story while you typed" in words
    assert "Now it is: Ministers part" in words
    assert "Now it is: Izmail" in words
    assert "Now it is: nothing" in words
    assert "Ministers agree" in refused.text
    assert story(store, room).title == "Ministers part"
    assert change(eva, room, refused).status_code == 303
    now = story(store, room)
    assert (now.title, now.brief, now.places) == ("Ministers agree", "Ask the captains.", ["Odesa", "Istanbul"])


def test_a_refusal_for_another_reason_does_not_overrule_what_somebody_saved_meanwhile(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    mine = eva.get(f"/stories/{room.story.public_id}/change")
    refused = change(eva, room, mine, slug="NOT//ONE", title="Ministers agree")
    assert (refused.status_code, "A slug is one to eighty letters" in said(refused)) == (422, True)
    assert change(eva, room, title="Ministers part").status_code == 303
    assert change(eva, room, refused, slug="GRAIN/LANE").status_code == 409
    assert story(store, room).title == "Ministers part"


def test_a_slug_that_is_out_can_be_read_and_not_typed_over_and_it_says_why(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        row = session.get_one(Story, room.story.id)
        factories.edition(session, row)
        row.state = "published"
    page = eva.get(f"/stories/{room.story.public_id}/change")
    assert "licensees know this story as GRAIN/CORRIDOR, so its slug stays" in said(page)
    assert 'id="f-slug"' in page.text
    assert " readonly" in page.text
    assert change(eva, room, page, title="A lane opens").status_code == 303
    refused = change(eva, room, slug="GRAIN/LANE")
    assert (refused.status_code, story(store, room).slug) == (422, "GRAIN/CORRIDOR")


def test_a_language_that_is_not_in_the_list_is_kept(eva: FlaskClient, room: Room, store: Store) -> None:
    with store.write() as session:
        session.get_one(Story, room.story.id).language = "sr-Latn"
    assert change(eva, room, title="A lane opens").status_code == 303
    assert story(store, room).language == "sr-Latn"


@pytest.mark.parametrize("where", ["", "/change", "/versions", "/assignments/new"])
def test_a_story_in_arabic_says_so_and_sets_its_own_direction(
    eva: FlaskClient, room: Room, store: Store, where: str
) -> None:
    with store.write() as session:
        row = session.get_one(Story, room.story.id)
        row.language, row.slug, row.title, row.brief = "ar", "حبوب/ممر", "الوزراء يجتمعون في أوديسا", "اسألوا القباطنة"
    page = eva.get(f"/stories/{room.story.public_id}{where}")
    assert '<bdi lang="ar">حبوب/ممر</bdi>' in page.text
    for words in ("الوزراء يجتمعون في أوديسا", "اسألوا القباطنة"):
        for before, after in pairwise(page.text.split(words)):
            assert 'dir="auto"' in before[-600:] + after[:200], words


def test_a_story_made_in_arabic_is_found_by_its_words(eva: FlaskClient, room: Room, store: Store) -> None:
    fields = {"slug": "حبوب/ممر", "title": "الوزراء يجتمعون", "desk": room.desk.public_id, "language": "ar"}
    assert post(eva, "/stories/new", fields).status_code == 303
    with store.read() as session:
        made = session.scalars(select(Story).where(Story.language == "ar")).one()
    assert made.slug == "حبوب/ممر"
    assert "حبوب/ممر" in eva.get("/find", query_string={"q": "الوزراء"}).text
