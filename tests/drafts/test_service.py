"""Drafts and versions as rows."""

from datetime import datetime

from sqlalchemy.orm import Session

from desk.drafts import queries, rules, service
from desk.drafts.rules import Copy
from tests import factories


def test_a_version_keeps_its_fields_bylines_and_count_of_words(session: Session, now: datetime) -> None:
    olena = factories.person(session)
    story = factories.story(session, factories.desk(session))
    draft = queries.main_draft(session, story.id)
    copy = service.settle(
        session,
        Copy(
            headline="  Ministers\nagree ",
            bylines=(
                ("Olena Demchuk", "Correspondent", olena.public_id),
                (" ", "", None),
                ("A. Stringer", "", "nobody"),
            ),
            dateline_places=("Odesa", ""),
            body_html="<div onclick='x'>Ships sail on Friday.</div>",
        ),
    )
    version = service.save(session, draft, copy, author_id=olena.id, now=now)
    assert (version.n, draft.last_n, version.words, version.headline) == (1, 1, 4, "Ministers agree")
    assert queries.copy_of(session, version) == copy
    lines = queries.bylines(session, [version.id])[version.id]
    assert [(line.name, line.person_id) for line in lines] == [("Olena Demchuk", olena.id), ("A. Stringer", None)]
    assert rules.save(1, 1, queries.copy_of(session, version), copy) == "unchanged"
    assert version.search_text == " ministers agree "


def test_the_first_text_assignment_has_the_main_draft_and_the_next_its_own(session: Session) -> None:
    story = factories.story(session, factories.desk(session))
    first, second = factories.assignment(session, story), factories.assignment(session, story)
    main = service.open_for_assignment(session, story_id=story.id, assignment_id=first.id)
    own = service.open_for_assignment(session, story_id=story.id, assignment_id=second.id)
    assert main.is_main
    assert not own.is_main
    assert service.open_for_assignment(session, story_id=story.id, assignment_id=second.id) is own
    assert list(queries.drafts(session, story.id)) == [main, own]


def test_whoever_comes_after_a_cancelled_assignment_takes_over_the_main_draft(session: Session) -> None:
    story = factories.story(session, factories.desk(session))
    first, second = factories.assignment(session, story), factories.assignment(session, story)
    main = service.open_for_assignment(session, story_id=story.id, assignment_id=first.id)
    again = service.open_for_assignment(session, story_id=story.id, assignment_id=second.id, ended=[first.id])
    assert again is main
    assert main.assignment_id == second.id


def test_text_lost_twice_by_a_double_click_is_kept_once(session: Session, now: datetime) -> None:
    olena = factories.person(session)
    draft = queries.main_draft(session, factories.story(session, factories.desk(session)).id)
    copy = Copy(headline="Mine", bylines=(("Olena Demchuk", "", olena.public_id),))
    kept = service.keep_lost(session, draft, copy, person_id=olena.id, base_n=1, refused=False, now=now)
    assert service.keep_lost(session, draft, copy, person_id=olena.id, base_n=1, refused=False, now=now) is kept
    assert queries.lost_copy(kept) == copy
    service.mark_taken(session, kept, now=now)
    assert not queries.lost_of(session, draft.id, olena.id)
