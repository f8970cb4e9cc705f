"""Since which version somebody is shown what changed."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from desk.newsroom import publishing, storypage
from desk.people.models import Person
from tests.newsroom import walk
from tests.newsroom.walk import Walk, copy


@pytest.fixture
def story(session: Session, now: datetime) -> Walk:
    return walk.begin(session, now)


def marked(story: Walk, who: Person, since: str | None = None) -> tuple[str, int] | None:
    page = storypage.view(story.session, story.actor(who), story.story.public_id, since=since)
    return (page.since.why, page.since.version.n) if page.since else None


def test_an_approver_who_returns_sees_what_changed_since_they_sent_it_back(story: Walk) -> None:
    story.file(story.olena)
    assert marked(story, story.arthur) is None
    story.send_back(story.arthur, "Who said so?")
    story.file(story.olena, copy("Ministers agree, says Kyiv"))
    story.save(story.eva, copy("Ministers agree, Kyiv says"))
    assert marked(story, story.arthur) == ("return", 1)
    assert marked(story, story.emil) == ("filed", 2)


def test_an_approver_sees_what_changed_since_they_approved(story: Walk) -> None:
    story.file(story.olena)
    story.save(story.eva, copy("A better headline"))
    story.approve(story.arthur)
    story.save(story.eva, copy("The best headline"))
    assert marked(story, story.arthur) == ("approve", 2)
    assert marked(story, story.emil) == ("filed", 1)


def test_a_next_edition_is_marked_against_what_is_out(session: Session, story: Walk) -> None:
    story.published()
    actor = story.actor(story.eva)
    publishing.prepare_edition(session, actor, story.story.public_id, story.last.public_id, "update", "", "", story.now)
    assert marked(story, story.emil) is None
    story.save(story.eva, copy("Five ministers agree"))
    assert marked(story, story.emil) == ("edition", 1)
    assert marked(story, story.arthur) == ("approve", 1)


def test_a_decision_about_an_edition_before_the_one_that_is_out_no_longer_counts(session: Session, story: Walk) -> None:
    story.published()
    for headline in ("Five ministers agree", "Six ministers agree"):
        publishing.prepare_edition(
            session, story.actor(story.eva), story.story.public_id, story.last.public_id, "update", "", "", story.now
        )
        story.save(story.eva, copy(headline))
        if headline.startswith("Five"):
            story.approve(story.emil)
            story.publish()
    assert marked(story, story.arthur) == ("edition", 2)
    assert marked(story, story.emil) == ("approve", 2)


def test_a_version_that_the_reader_names_goes_before_all_of_that(story: Walk) -> None:
    story.file(story.olena)
    first = story.last.public_id
    story.file(story.olena, copy("Ministers agree, says Kyiv"))
    story.save(story.eva, copy("Ministers agree, Kyiv says"))
    assert marked(story, story.emil, first) == ("asked", 1)
    assert marked(story, story.emil, "bcdfghjkmn") == ("filed", 2)
