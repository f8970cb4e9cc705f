"""Who has a text open to write it: told, never locked."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.drafts import service as drafting
from desk.drafts.models import Writer
from desk.drafts.pruning import WRITERS
from desk.drafts.rules import WRITER_GONE
from desk.errors import Forbidden, NotFound
from desk.newsroom import presence
from desk.people.models import Person
from tests import factories
from tests.newsroom import walk
from tests.newsroom.walk import Walk

BEAT = timedelta(seconds=20)


@pytest.fixture
def story(session: Session, now: datetime) -> Walk:
    found = walk.begin(session, now)
    touched(found)
    return found


def here(story: Walk, who: Person) -> list[str]:
    return [one.name for one in presence.here(story.session, story.actor(who), story.story.public_id, now=story.now)]


def seen(story: Walk, who: Person) -> list[str]:
    return [one.name for one in presence.at(story.session, story.actor(who), story.story, story.now)]


def touched(story: Walk) -> bool:
    """Whether the boards of the desk were touched since this was asked last."""
    return ("desk", story.desk.id) in story.session.info.pop("touched", set())


def test_who_has_a_copy_open_is_told_to_others_until_their_page_falls_silent(story: Walk) -> None:
    assert here(story, story.eva) == []
    assert touched(story)
    assert here(story, story.olena) == ["Eva Lindqvist"]
    assert (seen(story, story.arthur), seen(story, story.eva)) == (
        ["Eva Lindqvist", "Olena Demchuk"],
        ["Olena Demchuk"],
    )
    touched(story)
    story.now += BEAT
    here(story, story.eva)
    assert not touched(story), "a page that says so again is no news to a board"
    story.now += WRITER_GONE - BEAT
    assert seen(story, story.arthur) == ["Eva Lindqvist"]
    story.now += WRITER_GONE
    assert seen(story, story.arthur) == []
    here(story, story.eva)
    assert touched(story), "who comes back is news"


def test_whoever_leaves_or_saves_has_it_open_no_longer(story: Walk) -> None:
    here(story, story.eva)
    here(story, story.olena)
    touched(story)
    presence.gone(story.session, story.actor(story.eva), story.story.public_id)
    assert touched(story)
    presence.gone(story.session, story.actor(story.eva), story.story.public_id)
    assert not touched(story)
    assert seen(story, story.eva) == ["Olena Demchuk"]
    story.save(story.olena)
    assert seen(story, story.eva) == []


def test_only_who_may_write_says_so_and_each_text_has_its_own(session: Session, story: Walk) -> None:
    for stranger, refusal in ((story.arthur, Forbidden), (story.colm, NotFound)):
        with pytest.raises(refusal):
            here(story, stranger)
        with pytest.raises(refusal):
            presence.gone(session, story.actor(stranger), story.story.public_id)
    drafting.open_for_assignment(session, story_id=story.story.id, assignment_id=story.assignment.id)
    box = factories.assignment(session, story.story, assignee=story.colm)
    drafting.open_for_assignment(session, story_id=story.story.id, assignment_id=box.id)
    colm = story.actor(story.colm)
    presence.here(session, colm, story.story.public_id, now=story.now, assignment=box.public_id)
    eva = story.actor(story.eva)
    assert [one.name for one in presence.at(session, eva, story.story, story.now, of=box)] == ["Colm Byrne"]
    assert seen(story, story.eva) == []


def test_rows_of_those_who_are_gone_are_pruned(session: Session, story: Walk) -> None:
    here(story, story.eva)
    later = story.now + WRITER_GONE + BEAT
    presence.here(session, story.actor(story.olena), story.story.public_id, now=later)
    WRITERS.drop(session, later, WRITERS.find(session, later, 10))
    assert session.scalars(select(Writer.person_id)).all() == [story.olena.id]
