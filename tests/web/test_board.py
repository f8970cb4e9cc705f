"""The board: whose move it is, in which band a story stands; and an empty newsroom that says what to do first."""

from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from desk.assignments.models import Assignment, Offer
from desk.drafts.models import Draft
from desk.newsroom import reminding
from desk.people.models import Desk, Membership
from desk.reminders.models import Rung
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.reader import post, said
from tests.room import Room

pytestmark = pytest.mark.either


def parts(page: TestResponse, path: str) -> list[Any]:
    found = lxml.html.fromstring(page.text).xpath(path)
    assert isinstance(found, list)
    return found


def words(elements: list[Any]) -> str:
    return " ".join(" ".join(one.text_content() for one in elements).split())


def bands(client: FlaskClient) -> dict[str, str]:
    """What stands under each heading of the board."""
    found = parts(client.get("/"), "//h2[starts-with(@id, 'band-')]")
    return {str(band.get("id")).removeprefix("band-"): words(band.xpath("following-sibling::ol[1]")) for band in found}


def test_copy_that_was_filed_stands_at_the_desk_with_how_long_it_waits(
    arthur: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        story = session.get_one(Story, room.story.id)
        version = factories.version(session, story)
        version.filed_at = factories.NOW - timedelta(minutes=12)
        story.state, story.due_at = "filed", None
    found = bands(arthur)
    assert "filed 12 min ago" in found["desk"]
    assert "Approve v1" in found["desk"]


def test_a_late_story_says_to_whom_the_reminder_went_and_keeps_the_name_of_its_state(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        session.get_one(Story, room.story.id).due_at = at = factories.NOW - timedelta(minutes=16)
        of = session.get_one(Assignment, room.assignment.id)
        of.deadline_at = at
        session.execute(delete(Rung))
        reminding.plan(session, of, now=at)
    assert "reminder sent" not in bands(eva)["late"]
    with store.write() as session:
        reminding.fire_due(session, factories.NOW)
    page = eva.get("/")
    assert "reminder sent to Eva Janssens and Olena Demchuk" in said(page)
    assert words(parts(page, "//a[contains(@class, 'chip')]")) == "reporting"


def test_on_paper_a_board_says_which_one_it_is_and_how_it_stood_when(eva: FlaskClient, room: Room) -> None:
    for path, which in (
        ("/?view=state", "All desks · By state"),
        (f"/?desk={room.desk.public_id}", "World desk · By deadline"),
        ("/waiting", "Waits for me · Eva Janssens"),
    ):
        (line,) = parts(eva.get(path), "//*[contains(@class, 'only-paper')]")
        at = "as it stood on Tue 24 November 2026, 14:37 Brussels"
        assert " ".join(line.text_content().split()) == f"Meridian News · {which} · {at}"


def test_what_goes_out_by_itself_stands_by_the_time_it_goes(eva: FlaskClient, room: Room, store: Store) -> None:
    with store.write() as session:
        story = session.get_one(Story, room.story.id)
        factories.version(session, story)
        story.state, story.due_at, story.release_at = "scheduled", None, factories.NOW + timedelta(minutes=40)
    assert "out in 40 min" in bands(eva)["soon"]


def test_what_waits_for_me_is_counted_as_it_is_listed(eva: FlaskClient, room: Room, store: Store) -> None:
    with store.write() as session:
        mine = session.get_one(Story, room.story.id)
        other = factories.story(session, session.get_one(Desk, mine.desk_id), "B/B")
        for story, author in ((mine, room.eva.id), (other, room.olena.id)):
            if not session.query(Draft).filter_by(story_id=story.id).count():
                session.add(Draft(story_id=story.id, is_main=True))
                session.flush()
            version = factories.version(session, story)
            version.author_id, story.state = author, "filed"
    page = eva.get("/waiting")
    assert "B/B" in said(page)
    assert mine.slug not in words(parts(page, "//*[@id='board']"))
    assert "Waits for me 1" in said(page)


def test_an_empty_newsroom_greets_its_administrator_with_four_steps_of_which_only_the_first_has_a_button(
    ada: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        for model in (Offer, Assignment, Draft, Story, Membership, Desk):
            session.execute(delete(model))
    page = ada.get("/")
    assert "Good afternoon, Ada. The newsroom is empty." in said(page)
    steps = parts(page, "//ol[@class='todo4']/li")
    assert [len(step.xpath(".//button")) for step in steps] == [1, 0, 0, 0]
    made = post(ada, "/desks", {"name": "World desk", "zone": "Brussels", "from": "start"})
    assert made.headers["Location"] == "/"
    again = ada.get("/")
    assert "World desk is made." in said(again)
    steps = parts(again, "//ol[@class='todo4']/li")
    assert [step.get("class").strip() for step in steps] == ["done", "done", "now", ""]
