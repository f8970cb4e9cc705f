"""Writing copy over a bad line and beside somebody else: nothing that was typed is lost, nothing is overwritten."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from desk import clock
from desk.app import create_app
from desk.db import Database
from desk.drafts import queries as drafts
from desk.drafts import service as drafting
from desk.drafts.models import LostSave, Version
from desk.http.transactions import DeskFlask
from desk.settings import Settings
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.conftest import set_clock
from tests.factories import NOW
from tests.ledger import changed, everything
from tests.reader import form_on, post, said, signed_in
from tests.room import Room, open_room

pytestmark = pytest.mark.either


def write(client: FlaskClient, room: Room, *, base_n: int = 0, do: str = "save", **fields: str) -> TestResponse:
    typed = {"headline": "Ministers agree", "body": "Ships sail on Friday."} | fields
    return post(client, f"/stories/{room.story.public_id}/write", {**typed, "base_n": str(base_n), "do": do})


@pytest.fixture
def newsroom(clone: Database, settings: Settings) -> tuple[DeskFlask, Room, Store]:
    """A desk on a database of its own, for browsers that press at the same time."""
    app = create_app(settings, database=clone)
    set_clock(app, lambda: NOW)
    store = Store(clone)
    return app, open_room(store), store


@pytest.mark.parametrize("do", ["save", "file"])
def test_of_two_who_save_at_once_one_has_saved_and_the_other_has_their_text_still(
    newsroom: tuple[DeskFlask, Room, Store], do: str
) -> None:
    app, room, store = newsroom
    texts = {room.olena: "Ships sail on Friday.", room.eva: "Nothing sails before Monday."}
    together = Barrier(2)

    def press(person: object) -> TestResponse:
        client = browsers[person]
        together.wait()
        return write(client, room, body=texts[person], do=do)  # type: ignore[index]  # one of the two

    browsers: dict[object, FlaskClient] = {person: signed_in(app, person) for person in texts}
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(texts, pool.map(press, texts), strict=True))
    (won,) = [person for person, answer in answers.items() if answer.status_code == 303]
    (lost,) = [person for person, answer in answers.items() if answer.status_code == 409]
    assert texts[lost] in answers[lost].text
    assert texts[won].split()[0] in said(answers[lost])
    with store.read() as session:
        saved = session.scalars(select(Version)).one()
        kept = session.scalars(select(LostSave)).one()
        lost_id = kept.public_id
    assert (saved.author_id, texts[won] in saved.body_html) == (won.id, True)
    assert (kept.person_id, texts[lost] in kept.fields["body_html"]) == (lost.id, True)

    page = browsers[lost].get(f"/lost/{lost_id}")
    assert texts[lost] in page.text
    form = form_on(answers[lost], f"/stories/{room.story.public_id}/write")
    form.fields.setlist("do", ["save"])
    assert browsers[lost].post(form.action, data=form.fields).status_code == 303
    with store.read() as session:
        last = session.scalars(select(Version).order_by(Version.n.desc())).first()
    assert last is not None
    assert (last.n, texts[lost] in last.body_html) == (2, True)


def test_text_that_was_lost_is_shown_to_whoever_typed_it_and_to_nobody_else(
    olena: FlaskClient, nino: FlaskClient, eva: FlaskClient, room: Room, store: Store
) -> None:
    assert write(eva, room).status_code == 303
    assert write(olena, room, body="Nothing sails.").status_code == 409
    with store.read() as session:
        lost_id = session.scalars(select(LostSave.public_id)).one()
    assert "Nothing sails." in olena.get(f"/lost/{lost_id}").text
    assert "Eva Janssens had saved version 1 by then, today 15:37 Kyiv. It is kept" in said(
        olena.get(f"/lost/{lost_id}")
    )
    assert "Your text of GRAIN/CORRIDOR that could not be saved, today 15:37 Kyiv" in said(olena.get("/mine"))
    for other in (nino, eva):
        assert other.get(f"/lost/{lost_id}").status_code in (403, 404)
        assert post(other, f"/lost/{lost_id}/done").status_code in (403, 404)
    assert post(olena, f"/lost/{lost_id}/done").status_code == 303
    with store.read() as session:
        assert session.scalars(select(LostSave.taken_at)).one() == NOW


def test_the_same_text_saved_again_makes_no_version(olena: FlaskClient, room: Room, store: Store) -> None:
    assert write(olena, room).status_code == 303
    before = everything(store)
    assert write(olena, room, base_n=1).status_code == 303
    assert not changed(before, everything(store))


def test_text_comes_back_to_the_form_as_it_was_typed(olena: FlaskClient, room: Room) -> None:
    body = "“Ships sail,” he said.\n\nA <b>minister</b> & his aide\nagreed.\n\n## What next\n\n- one\n- two"
    assert write(olena, room, body=body, places="Odesa / Istanbul", ednote="Call me").status_code == 303
    url = f"/stories/{room.story.public_id}/write"
    fields = form_on(olena.get(url), url).fields
    assert fields["body"].replace("\r\n", "\n") == body
    assert (fields["places"], fields["ednote"], fields["base_n"]) == ("Odesa, Istanbul", "Call me", "1")


@pytest.mark.parametrize("who", ["nino", "arthur", "ada"])
def test_whoever_has_no_part_in_it_writes_nothing(who: str, room: Room, app: DeskFlask, store: Store) -> None:
    """An offer is no commission, an approver approves, an administrator touches no copy."""
    client = signed_in(app, getattr(room, who))
    before = everything(store)
    assert write(client, room).status_code in (403, 404)
    assert client.get(f"/stories/{room.story.public_id}/write").status_code in (403, 404)
    assert not changed(before, everything(store))


def test_whoever_pressed_file_and_was_overtaken_may_still_file(
    olena: FlaskClient, eva: FlaskClient, room: Room
) -> None:
    assert write(eva, room).status_code == 303
    stale = write(olena, room, body="Nothing sails.", do="file")
    assert stale.status_code == 409
    form = form_on(stale, f"/stories/{room.story.public_id}/write")
    assert 'name="do" value="file"' in re.sub(r"\s+", " ", stale.text)
    form.fields.setlist("do", ["file"])
    filed = olena.post(form.action, data=form.fields)
    assert filed.headers["Location"].startswith(f"/stories/{room.story.public_id}/filed")


def test_on_a_bad_line_the_browser_keeps_what_is_typed_if_asked_to_and_no_script_is_loaded_else(
    olena: FlaskClient, room: Room
) -> None:
    url = f"/stories/{room.story.public_id}/write"
    plain = olena.get(url)
    assert "<script" not in plain.text
    assert f'href="{url}?keep=1"' in plain.text
    keeps = olena.get(url, query_string={"keep": "1"})
    assert "guard.js" in keeps.text
    form = lxml.html.fromstring(keeps.text).get_element_by_id(f"copy-{room.story.public_id}")
    assert form.get("data-draft") is not None
    assert f'data-me="{room.olena.public_id}"' in keeps.text
    saved = write(olena, room, keep="1")
    assert "keep=1" in saved.headers["Location"]
    refused = write(olena, room, keep="1", headline="x" * 501)
    assert refused.status_code == 422
    assert "guard.js" in refused.text


def test_filing_a_further_text_says_that_it_is_this_one_that_was_filed(
    olena: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        box = factories.assignment(session, session.merge(room.story), assignee=session.merge(room.olena))
        drafting.open_for_assignment(session, story_id=room.story.id, assignment_id=room.assignment.id)
        drafting.open_for_assignment(session, story_id=room.story.id, assignment_id=box.id)
        public_id = box.public_id
    filed = write(olena, room, do="file", assignment=public_id)
    page = olena.get(filed.headers["Location"])
    assert "Version 1" in said(page)
    with store.read() as session:
        assert session.scalars(select(Version.n)).all() == [1]


def further_text(store: Store, room: Room) -> str:
    """Nino has a text of his own on the story that Olena writes: the assignment's id."""
    with store.write() as session:
        drafts.main_draft(session, room.story.id).assignment_id = room.assignment.id
        box = factories.assignment(session, session.merge(room.story), assignee=session.merge(room.nino))
        drafting.open_for_assignment(session, story_id=room.story.id, assignment_id=box.id)
        return box.public_id


def test_whoever_keeps_the_newer_text_is_led_back_to_the_same_text_on_the_same_bad_line(
    nino: FlaskClient, room: Room, store: Store
) -> None:
    of = further_text(store, room)
    assert write(nino, room, assignment=of).status_code == 303
    stale = write(nino, room, assignment=of, keep="1", body="Nothing sails.")
    assert stale.status_code == 409
    page = lxml.html.fromstring(stale.text)
    (standing,) = [link.get("href") for link in page.xpath("//a") if link.text_content() == "Keep version 1"]
    back = nino.get(standing)
    assert back.status_code == 200
    assert "guard.js" in back.text
    url = f"/stories/{room.story.public_id}/write"
    assert form_on(back, url).fields["assignment"] == form_on(stale, url).fields["assignment"] == of
    assert form_on(stale, url).fields["keep"] == "1"
    ids = [lxml.html.fromstring(one.text).xpath("//form[@data-draft]/@id") for one in (stale, back)]
    assert ids == [[f"copy-{of}"], [f"copy-{of}"]]


def test_the_page_after_filing_shows_what_was_filed_and_never_what_was_only_saved(
    olena: FlaskClient, eva: FlaskClient, room: Room
) -> None:
    filed = f"/stories/{room.story.public_id}/filed"
    assert write(olena, room, body="Only saved.").status_code == 303
    unfiled = olena.get(filed, query_string={"keep": "1"})
    assert unfiled.status_code == 303
    assert unfiled.headers["Location"] == f"/stories/{room.story.public_id}/write?keep=1"
    assert write(olena, room, base_n=1, do="file", body="Two words.").status_code == 303
    assert write(eva, room, base_n=2, body="The desk wrote it anew, all of it.").status_code == 303
    page = said(olena.get(filed))
    assert "Version 2 of GRAIN/CORRIDOR was filed" in page
    assert "2 words" in page


def test_text_kept_in_the_browser_is_known_to_have_arrived_once_it_is_filed(olena: FlaskClient, room: Room) -> None:
    filed = write(olena, room, do="file", keep="1")
    page = olena.get(filed.headers["Location"])
    assert "guard.js" in page.text
    (done,) = lxml.html.fromstring(page.text).xpath("//@data-draft-done")
    assert done == f"copy-{room.story.public_id}"
    assert "guard.js" not in olena.get(f"/stories/{room.story.public_id}/filed").text


@pytest.mark.parametrize("state", ["published", "spiked", "killed"])
def test_copy_that_cannot_be_saved_is_not_asked_for_and_what_was_typed_before_is_given_back(
    eva: FlaskClient, room: Room, store: Store, state: str
) -> None:
    url = f"/stories/{room.story.public_id}"
    typing = form_on(eva.get(f"{url}/write"), f"{url}/write")
    with store.write() as session:
        session.merge(room.story).state = state
    page = eva.get(f"{url}/write")
    assert page.status_code == 200
    assert not lxml.html.fromstring(page.text).xpath("//textarea")
    assert "This story" in said(page)
    assert lxml.html.fromstring(page.text).xpath(f"//main//a[@href='{url}']")
    typing.fields.setlist("body", ["Typed before it was closed."])
    typing.fields.setlist("headline", ["Ministers agree"])
    refused = eva.post(typing.action, data=typing.fields)
    assert refused.status_code == 409
    assert form_on(refused, f"{url}/write").fields["body"] == "Typed before it was closed."


def test_copy_that_came_back_says_so_first_wherever_its_writer_opens_it_until_it_is_filed_again(
    olena: FlaskClient, arthur: FlaskClient, eva: FlaskClient, room: Room, store: Store
) -> None:
    story, of = f"/stories/{room.story.public_id}", room.assignment.public_id
    with store.write() as session:
        drafts.main_draft(session, room.story.id).assignment_id = room.assignment.id
    assert write(olena, room, do="file").status_code == 303
    with store.read() as session:
        version = session.scalars(select(Version.public_id)).one()
    back = {"version": version, "note": "Which ministers?\nAnd when?"}
    assert post(arthur, f"{story}/return", back).status_code == 303
    pages = (
        (olena, "/mine"),
        (olena, f"/assignments/{of}"),
        (olena, f"{story}/write?assignment={of}"),
        (eva, f"{story}/write"),
    )
    for client, url in pages:
        page = said(client.get(url))
        assert "Arthur Lim returned version 1, today" in page, url
        assert page.index("Which ministers? And when?") < page.index(
            "Headline" if "write" in url else "GRAIN/CORRIDOR", 200
        )
    assert "1 new message" in said(olena.get("/mine"))
    assert (
        lxml.html.fromstring(olena.get("/mine").text).xpath("//footer//a[@href='/bell']")[0].text_content()
        == "Messages 1"
    )
    assert write(olena, room, base_n=1, do="file", body="Four ministers.").status_code == 303
    for client, url in pages:
        assert "returned version" not in said(client.get(url)), url


def test_all_that_is_missing_is_named_at_once_and_each_sentence_leads_to_its_field(
    olena: FlaskClient, room: Room
) -> None:
    refused = write(olena, room, do="file", headline=" ", body="", byline="Olena Demchuk")
    assert refused.status_code == 422
    page = lxml.html.fromstring(refused.text)
    alert = page.xpath("//*[@role='alert' and contains(@class, 'form-errors')]")[0]
    assert alert.xpath(".//a/@href") == ["#f-headline", "#f-body"]
    for name, says in (("f-headline", "The headline is missing"), ("f-body", "The text has no words")):
        field = page.get_element_by_id(name)
        assert field.get("aria-invalid") == "true"
        assert says in page.get_element_by_id(f"{name}-error").text_content()
        assert f"{name}-error" in field.get("aria-describedby")
    assert page.get_element_by_id("f-byline").text_content().strip() == "Olena Demchuk"


def test_copy_without_a_byline_is_taken_and_both_its_writer_and_its_approver_are_told(
    olena: FlaskClient, eva: FlaskClient, arthur: FlaskClient, room: Room
) -> None:
    story = f"/stories/{room.story.public_id}"
    assert "It has no byline" in said(olena.get(write(olena, room, do="file").headers["Location"]))
    assert "no byline" in said(arthur.get(story))
    by_desk = write(eva, room, base_n=1, do="file", body="The desk files it.")
    assert by_desk.headers["Location"] == story
    page = said(eva.get(story))
    assert "Filed as version 2." in page
    assert "It has no byline" in page
    named = write(olena, room, base_n=2, do="file", byline="Olena Demchuk")
    assert "no byline" not in said(olena.get(named.headers["Location"])) + said(arthur.get(story))


def test_the_desk_writes_in_its_own_frame_and_sees_what_its_text_becomes_and_the_way_back(
    eva: FlaskClient, olena: FlaskClient, room: Room, store: Store
) -> None:
    url = f"/stories/{room.story.public_id}"
    filed = write(olena, room, do="file", byline="Olena Demchuk")
    assert filed.status_code == 303
    page = lxml.html.fromstring(eva.get(f"{url}/write").text)
    buttons = [one.text_content().strip() for one in page.xpath("//form[@data-draft]//button")]
    assert buttons == ["Save", "Save and go on writing"]
    assert page.xpath("//main//a[@href=$url]", url=url)
    assert "by Olena Demchuk, 4 words" in said(eva.get(f"{url}/write"))
    with store.write() as session:
        story = session.get_one(Story, room.story.id)
        factories.edition(session, story)
        story.state, story.next_cause, story.next_wrong, story.next_right = "editing", "correction", "Friday", "Monday"
    words = said(eva.get(f"{url}/write"))
    assert "becomes edition 2: correction. Edition 1 stays out until it is published. Friday Monday" in words
    assert "guard.js" in eva.get(f"{url}/write").text


def test_of_two_editors_the_slower_finds_both_texts_side_by_side_in_the_newsrooms_frame(
    olena: FlaskClient, eva: FlaskClient, room: Room
) -> None:
    assert write(olena, room).status_code == 303
    stale = write(eva, room, body="Nothing sails.", places="Odesa")
    assert stale.status_code == 409
    page = lxml.html.fromstring(stale.text)
    assert [" ".join(one.text_content().split()) for one in page.xpath("//*[@class='sides']/section/h2")] == [
        "What differs",
        "Your text",
    ]
    assert page.xpath("//nav[@id='menu-main']")
    assert "ODESA (Meridian News) –" in said(stale)
    mine = write(olena, room, body="Nothing sails either.", places="Odesa")
    assert "ODESA (Meridian News) –" in said(mine)
    assert "<script" not in mine.text


def test_any_version_is_read_whole_with_the_one_before_and_the_one_after_it(
    olena: FlaskClient, eva: FlaskClient, room: Room, store: Store
) -> None:
    for n, body in enumerate(("Ships sail.", "> Ships sail on Friday.", "Nothing sails.")):
        assert write(olena, room, base_n=n, body=body, byline="Olena Demchuk", places="Odesa").status_code == 303
    with store.read() as session:
        first, second, third = session.scalars(select(Version.public_id).order_by(Version.n))
    versions = f"/stories/{room.story.public_id}/versions"
    listed = lxml.html.fromstring(eva.get(versions).text).xpath("//main//li/a/@href")
    assert listed == [f"{versions}/{one}" for one in (third, second, first)]
    page = eva.get(f"{versions}/{second}")
    assert "<blockquote>" in page.text
    assert "Olena Demchuk, today" in said(page)
    assert "4 words" in said(page)
    links = lxml.html.fromstring(page.text).xpath("//main//a/@href")
    assert links[:2] == [f"{versions}/{first}", f"{versions}/{third}"]
    assert f"{versions}?v={first}&v={second}#text-main" in links
    assert f"version 2 · {clock.dated(NOW, room.desk.zone)}" in said(page), "on paper no day is called today"
    assert "· the last" in said(eva.get(f"{versions}/{third}"))
    assert eva.get(f"{versions}/bcdfghjkmn").status_code == 404


def test_a_conflict_with_oneself_says_so_with_the_versions_number_and_time(olena: FlaskClient, room: Room) -> None:
    assert write(olena, room).status_code == 303
    stale = write(olena, room, body="Nothing sails.")
    assert stale.status_code == 409
    words = said(stale)
    assert "You saved it in another window first. Nothing is lost." in words
    assert "You saved version 1 of GRAIN/CORRIDOR in another window, today 15:37 Kyiv." in words
    assert "Save this over version 1 Keep version 1" in words
    assert not re.search("theirs|[Ss]omebody|version 0", words)
    (lost,) = lxml.html.fromstring(stale.text).xpath("//main//a[contains(@href, '/lost/')]/@href")
    assert "You had saved version 1 in another window by then, today 15:37 Kyiv." in said(olena.get(lost))
    assert write(olena, room, base_n=1, body="Nothing sails.").status_code == 303
    assert "/lost/" not in olena.get("/mine").text


def test_the_desk_goes_back_to_the_story_with_its_save_and_hears_what_that_ended(
    olena: FlaskClient, eva: FlaskClient, arthur: FlaskClient, room: Room, store: Store
) -> None:
    story = f"/stories/{room.story.public_id}"
    assert write(olena, room, do="file").status_code == 303
    with store.read() as session:
        version = session.scalars(select(Version.public_id)).one()
    assert post(arthur, f"{story}/approve", {"version": version}).status_code == 303
    at = {"version": version, "publish": "2026-11-24 18:00", "publish_zone": "Europe/Brussels"}
    assert post(eva, f"{story}/schedule", at).status_code == 303
    saved = write(eva, room, base_n=1, body="Nothing sails.")
    assert saved.headers["Location"] == story
    assert "Saved as version 2. That ended the approval by Arthur Lim and took it off the schedule: it does not go" in (
        words := said(eva.get(story))
    )
    assert "it does not go out today 18:00 Brussels." in words
    same = write(eva, room, base_n=2, body="Nothing sails.")
    assert "It stands already, as version 2: nothing was changed." in said(eva.get(same.headers["Location"]))
    on = write(eva, room, base_n=2, do="go_on", body="Nothing sails today.")
    assert on.headers["Location"] == f"{story}/write?saved=3"
    assert "Saved as version 3." in said(eva.get(on.headers["Location"]))
    hers = write(olena, room, base_n=3, body="Ships sail.")
    assert hers.headers["Location"] == f"{story}/write?saved=4", "whoever has the assignment goes on writing"


def test_who_else_has_the_copy_open_stands_on_every_page_of_it_and_opening_it_writes_nothing(
    olena: FlaskClient, eva: FlaskClient, arthur: FlaskClient, room: Room, store: Store
) -> None:
    story, hers = f"/stories/{room.story.public_id}", "Eva Janssens has this copy open."
    before = everything(store)
    page = lxml.html.fromstring(eva.get(f"{story}/write").text)
    assert not changed(before, everything(store))
    (line,) = page.xpath("//*[@data-present]")
    assert line.get("hidden") is not None
    (form,) = page.xpath("//form[@id=$id]", id=line.get("data-present-form"))
    assert {"csrf_token", "assignment"} <= {one.name for one in form.inputs}
    here, gone = line.get("data-present"), line.get("data-present-left")
    assert post(eva, here, {"assignment": ""}).text.strip() == ""
    assert post(olena, here, {"assignment": room.assignment.public_id}).text.strip() == hers
    with store.write() as session:
        factories.version(session, session.merge(room.story))
        session.merge(room.story).state = "filed"
    for path in (f"{story}/write", f"{story}/write?keep=1"):
        assert hers in said(olena.get(path)), path
    assert "Eva Janssens and Olena Demchuk have this copy open." in said(arthur.get(story))
    assert "(today 15:37 Kyiv)" in said(olena.get(f"{story}/write"))
    assert "Olena Demchuk has this copy open." in said(eva.get(f"{story}/write"))
    assert "present.js" in olena.get(f"{story}/write?keep=1").text
    assert post(eva, gone).status_code == 204
    assert hers not in said(olena.get(f"{story}/write"))
    assert post(arthur, here).status_code == 403
