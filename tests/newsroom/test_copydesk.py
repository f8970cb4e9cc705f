"""Saving and filing copy."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk.approvals.models import Decision
from desk.drafts import queries as drafts
from desk.drafts import service as drafting
from desk.drafts.models import LostSave, Version
from desk.drafts.rules import Copy
from desk.errors import Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import commissioning, copydesk, history, keeping, publishing, reading
from desk.newsroom.keeping import Kept
from desk.people.models import Membership
from tests import factories
from tests.newsroom import walk
from tests.newsroom.walk import Walk, copy


@pytest.fixture
def story(session: Session, now: datetime) -> Walk:
    return walk.begin(session, now)


def test_the_first_save_of_an_author_makes_a_commissioned_story_reporting(session: Session, now: datetime) -> None:
    story = walk.begin(session, now)
    story.story.state = "commissioned"
    saved = story.save(story.olena)
    assert isinstance(saved, copydesk.Saved)
    assert (saved.version.n, saved.version.author_id) == (1, story.olena.id)
    assert (story.story.state, story.assignment.state) == ("reporting", "reporting")
    assert story.verbs() == ["copy_saved"]


def test_every_save_is_a_version_but_the_same_text_is_none(story: Walk) -> None:
    story.save(story.olena)
    assert isinstance(story.save(story.olena, copy("Another headline")), copydesk.Saved)
    same = story.save(story.olena, copy("Another headline"))
    assert isinstance(same, copydesk.Unchanged)
    assert same.version is not None
    assert same.version.n == story.last_n == 2


def test_two_who_save_at_once_never_overwrite_each_other_silently(session: Session, story: Walk) -> None:
    story.save(story.olena)
    story.save(story.eva, copy("Eva was first"), base_n=1)
    stale = story.save(story.olena, copy("Olena was second"), base_n=1)
    assert isinstance(stale, copydesk.Stale)
    assert stale.latest.headline == "Eva was first"
    assert story.last.headline == "Eva was first"
    kept = keeping.read(session, story.actor(story.olena), stale.lost)
    assert (kept.copy.headline, kept.lost.base_n, kept.lost.refused) == ("Olena was second", 1, False)
    assert (kept.story, kept.stood, kept.by, kept.assignment) == (story.story, stale.latest, story.eva, None)


def test_lost_text_is_read_back_by_its_writer_only_and_then_waits_no_longer(session: Session, story: Walk) -> None:
    story.save(story.olena)
    stale = story.save(story.olena, copy("Typed on a telephone"), base_n=0)
    assert isinstance(stale, copydesk.Stale)
    with pytest.raises(NotFound):
        keeping.done(session, story.actor(story.eva), stale.lost, story.now)
    actor = story.actor(story.olena)
    assert keeping.read(session, actor, stale.lost).copy.headline == "Typed on a telephone"
    assert [(one.public_id, of.slug) for one, of in keeping.waiting(session, actor)] == [(stale.lost, "GRAIN/CORRIDOR")]
    keeping.done(session, actor, stale.lost, story.now)
    assert session.scalars(select(LostSave)).one().taken_at == story.now
    assert not keeping.waiting(session, actor)


def test_lost_text_waits_no_longer_once_what_its_writer_saves_holds_it(session: Session, story: Walk) -> None:
    story.save(story.olena)
    kept = copy("Typed on a telephone", "<p>Ships sail.</p>")
    assert isinstance(story.save(story.olena, kept, base_n=0), copydesk.Stale)
    lost = session.scalars(select(LostSave)).one()
    story.save(story.olena, copy("Typed on a telephone"))
    assert lost.taken_at is None
    story.save(story.eva, replace(kept, body_html="<p>Ships sail.</p>\n<p>On Friday.</p>"))
    assert lost.taken_at is None, "what another saves is not what she looked at"
    story.file(story.olena, replace(kept, body_html="<p>On Friday.</p>\n<p>Ships sail.</p>"))
    assert lost.taken_at == story.now


def test_nobody_else_writes_a_story_and_to_strangers_it_is_absent(story: Walk) -> None:
    with pytest.raises(Forbidden):
        story.save(story.arthur)
    with pytest.raises(NotFound) as absent:
        story.save(story.colm)
    assert str(absent.value) == "There is no such story here."


def test_filing_moves_story_and_assignment_ends_reminders_and_tells_the_editors(story: Walk) -> None:
    assert story.planned() > 0
    filed = story.file(story.olena)
    assert isinstance(filed, copydesk.Filed)
    assert (filed.version.filed_at, filed.version.filed_by) == (story.now, story.olena.id)
    assert (story.story.state, story.assignment.state) == ("filed", "filed")
    assert story.planned() == 0
    assert story.told("filed") == {"Eva Lindqvist", "Emil Novak"}
    assert story.facts("filed")["headline"] == walk.HEADLINE
    assert story.verbs() == ["copy_saved", "copy_filed"]


def test_the_editor_named_on_the_assignment_is_told_and_no_other(story: Walk) -> None:
    story.assignment.editor_id = story.emil.id
    story.file(story.olena)
    assert story.told("filed") == {"Emil Novak"}


def test_an_editor_who_files_for_somebody_is_not_told_of_it(story: Walk) -> None:
    story.save(story.olena)
    story.file(story.eva, copy())
    assert story.told("filed") == {"Emil Novak"}
    assert story.last.author_id == story.olena.id
    assert story.last.filed_by == story.eva.id


def test_filing_twice_by_a_double_click_files_once(story: Walk) -> None:
    story.file(story.olena)
    again = story.file(story.olena, base_n=0)
    assert isinstance(again, copydesk.Filed)
    assert again.again
    assert story.verbs() == ["copy_saved", "copy_filed"]


def test_text_that_was_saved_before_may_be_filed_as_it_stands(story: Walk) -> None:
    story.save(story.olena)
    story.file(story.olena)
    assert story.last_n == 1
    assert story.story.state == "filed"


@pytest.mark.parametrize(("text", "field"), [(copy(headline=" "), "headline"), (copy(body="<p> </p>"), "body_html")])
def test_an_empty_draft_is_not_filed_and_the_sentence_names_what_is_missing(
    story: Walk, text: Copy, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        story.file(story.olena, text)
    assert refused.value.field == field
    assert (story.story.state, story.last_n) == ("reporting", 0)


def test_whoever_typed_nothing_over_an_older_version_has_no_conflict_and_files_nothing_unread(story: Walk) -> None:
    opened = copydesk.writing(story.session, story.actor(story.olena), story.story.public_id).copy
    story.save(story.eva)
    untouched = story.save(story.olena, opened, base_n=0)
    assert isinstance(untouched, copydesk.Unchanged)
    assert untouched.newer
    story.save(story.eva, copy("Ministers disagree"), base_n=1)
    untouched = story.save(story.olena, copy(), base_n=1)
    assert isinstance(untouched, copydesk.Unchanged)
    assert untouched.newer
    assert not story.session.scalars(select(LostSave)).all()
    assert isinstance(story.file(story.olena, copy(), base_n=1), copydesk.Stale)
    assert story.story.state == "reporting"


def test_what_was_typed_over_no_version_is_not_said_to_stand_over_version_0(session: Session, story: Walk) -> None:
    story.save(story.olena)
    story.save(story.olena, copy("From the other window"), base_n=0)
    last = history.of_story(session, story.story)[-1]
    assert last.sentence % last.params == (
        "Olena Demchuk typed while version 1 was being saved; the text was kept aside"
    )


def test_filing_over_an_older_version_keeps_the_text_and_files_nothing(story: Walk) -> None:
    story.save(story.olena)
    assert isinstance(story.file(story.olena, copy("Typed over nothing"), base_n=0), copydesk.Stale)
    assert story.story.state == "reporting"


def test_the_desks_first_save_of_filed_copy_makes_it_editing(story: Walk) -> None:
    story.file(story.olena)
    story.save(story.eva, copy("A better headline"))
    assert story.story.state == "editing"
    assert story.assignment.state == "filed"


def test_a_save_after_an_approval_voids_it_and_the_approver_is_told(session: Session, story: Walk) -> None:
    story.approved()
    saved = story.save(story.eva, copy("One more comma"))
    assert isinstance(saved, copydesk.Saved)
    assert saved.ended == copydesk.Ended(["Arthur Mensah"], None)
    decision = session.scalars(select(Decision)).one()
    assert (decision.voided_at, decision.voided_by) == (story.now, story.last.id)
    assert story.story.state == "editing"
    assert story.told("approval_voided") == {"Arthur Mensah"}
    assert story.verbs()[-2:] == ["copy_saved", "approval_voided"]


def test_a_save_while_scheduled_takes_the_story_off_and_whoever_scheduled_it_is_told_whatever_they_are_by_then(
    session: Session, story: Walk
) -> None:
    story.approved()
    at = factories.moment(story.now, hours=2)
    grace = factories.person(session, "Grace Otieno", roles=((story.desk, "editor"),))
    publishing.schedule(session, story.actor(grace), story.story.public_id, story.last.public_id, at, story.now)
    session.execute(delete(Membership).where(Membership.person_id == grace.id))
    saved = story.save(story.olena, copy("One more comma"))
    assert isinstance(saved, copydesk.Saved)
    assert saved.ended == copydesk.Ended(["Arthur Mensah"], at.at)
    assert (story.story.state, story.story.release_at) == ("editing", None)
    assert story.told("approval_voided") == {"Arthur Mensah", "Eva Lindqvist", "Emil Novak", "Grace Otieno"}
    assert story.facts("approval_voided")["off"] is True


def test_the_same_text_again_does_not_void_an_approval(story: Walk) -> None:
    story.approved()
    assert isinstance(story.save(story.eva), copydesk.Unchanged)
    assert story.story.state == "approved"


def test_a_published_story_is_not_saved_without_a_next_edition(session: Session, story: Walk) -> None:
    story.published()
    with pytest.raises(NotNow, match="Prepare a correction"):
        story.save(story.eva, copy("Ministers disagree"))
    assert isinstance(story.save(story.olena, copy("Ministers disagree")), Kept)
    assert story.last_n == 1
    actor = story.actor(story.eva)
    publishing.prepare_edition(session, actor, story.story.public_id, story.last.public_id, "update", "", "", story.now)
    assert isinstance(story.save(story.eva, copy("Ministers disagree")), copydesk.Saved)


def test_the_approval_of_an_edition_that_is_out_is_not_voided_by_the_next(session: Session, story: Walk) -> None:
    story.published()
    actor = story.actor(story.eva)
    publishing.prepare_edition(session, actor, story.story.public_id, story.last.public_id, "update", "", "", story.now)
    story.save(story.eva, copy("Ministers disagree"))
    assert session.scalars(select(Decision)).one().voided_at is None


@pytest.mark.parametrize(("verb", "sentence"), [("hold", "on hold"), ("spike", "was spiked")])
def test_a_story_on_hold_or_spiked_is_not_saved(session: Session, story: Walk, verb: str, sentence: str) -> None:
    getattr(publishing, verb)(session, story.actor(story.eva), story.story.public_id, "Legal", story.now)
    with pytest.raises(NotNow, match=sentence):
        story.save(story.eva)


def test_copy_of_whoever_just_lost_the_assignment_is_not_saved_and_is_kept_for_them(
    session: Session, story: Walk
) -> None:
    story.save(story.olena)
    commissioning.reassign(
        session, story.actor(story.eva), story.assignment.public_id, people=[], why="Ill", now=story.now
    )
    kept = story.file(story.olena, copy("Typed on the way to the airport"), base_n=1)
    assert isinstance(kept, Kept)
    assert isinstance(kept.refusal, NotFound)
    assert story.last_n == 1
    found = keeping.read(session, story.actor(story.olena), kept.lost)
    assert (found.copy.headline, found.lost.base_n) == ("Typed on the way to the airport", 1)
    assert (found.lost.refused, found.stood) == (True, None)
    assert story.verbs()[-1] == "save_refused"
    story.now = story.now.replace(hour=14)
    again = story.file(story.olena, copy("Typed on the way to the airport"), base_n=1)
    assert isinstance(again, Kept)
    assert again.lost == kept.lost
    assert story.verbs().count("save_refused") == 1


def test_copy_that_meets_a_publication_is_kept_as_the_story_is_out_by_then(session: Session, story: Walk) -> None:
    story.approved()
    until = factories.moment(story.now, hours=1)
    actor = story.actor(story.eva)
    publishing.schedule(session, actor, story.story.public_id, story.last.public_id, until, story.now)
    assert publishing.release_due(session, until.at, 10) == 1
    assert isinstance(story.save(story.olena, copy("One more comma")), Kept)
    with pytest.raises(NotNow, match="This story is published"):
        story.save(story.eva, copy("One more comma"))


@pytest.mark.parametrize("who", ["arthur", "colm"])
def test_copy_of_whoever_never_had_it_is_not_kept(session: Session, story: Walk, who: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        story.save(getattr(story, who), copy("Mine"))
    assert not session.scalars(select(LostSave)).all()


def test_an_empty_page_is_nothing_to_keep(session: Session, story: Walk) -> None:
    commissioning.reassign(
        session, story.actor(story.eva), story.assignment.public_id, people=[], why="Ill", now=story.now
    )
    with pytest.raises(NotFound):
        story.save(story.olena, copy("", ""))


def test_a_further_text_assignment_has_its_own_draft_and_leaves_the_story_alone(session: Session, story: Walk) -> None:
    drafting.open_for_assignment(session, story_id=story.story.id, assignment_id=story.assignment.id)
    box = factories.assignment(session, story.story, assignee=story.colm)
    drafting.open_for_assignment(session, story_id=story.story.id, assignment_id=box.id)
    text, actor = copy("What the lane is"), story.actor(story.colm)
    filed = copydesk.file(
        session, actor, story.story.public_id, text, base_n=0, now=story.now, assignment=box.public_id
    )
    assert isinstance(filed, copydesk.Filed)
    assert (box.state, story.story.state, story.assignment.state) == ("filed", "reporting", "accepted")
    assert story.last_n == 0
    with pytest.raises(Forbidden):
        copydesk.save(session, actor, story.story.public_id, text, base_n=0, now=story.now)


def test_an_assignment_of_another_story_opens_nothing(session: Session, story: Walk) -> None:
    other = factories.story(session, story.desk, "OTHER/STORY")
    box = factories.assignment(session, other, assignee=story.olena)
    with pytest.raises(NotFound):
        copydesk.save(
            session, story.actor(story.olena), story.story.public_id, copy(), base_n=0, now=story.now,
            assignment=box.public_id,
        )  # fmt: skip


def test_an_empty_draft_begins_with_the_assignees_byline_and_the_storys_places(session: Session, story: Walk) -> None:
    page = copydesk.writing(session, story.actor(story.olena), story.story.public_id)
    assert page.latest is None
    assert page.copy.bylines == (("Olena Demchuk", "Black Sea Correspondent", story.olena.public_id),)
    assert page.copy.dateline_places == ("Odesa", "Istanbul")
    story.save(story.olena, replace(page.copy, headline="Ministers agree"))
    page = copydesk.writing(session, story.actor(story.eva), story.story.public_id)
    assert page.copy.headline == "Ministers agree"
    assert page.draft.last_n == 1


def test_whoever_is_offered_an_assignment_reads_its_story_but_does_not_write_it(
    session: Session, now: datetime
) -> None:
    story = walk.begin(session, now, assigned=False)
    factories.offer(session, story.assignment, story.colm)
    actor = story.actor(story.colm)
    assert reading.story_for(session, actor, story.story.public_id)[0] is story.story
    with pytest.raises(Forbidden):
        story.save(story.colm)
    factories.assignment(session, story.story, assignee=story.olena, state="cancelled")
    with pytest.raises(NotFound):
        reading.story_for(session, story.actor(story.olena), story.story.public_id)


def test_a_body_is_stored_clean(session: Session, story: Walk) -> None:
    story.save(story.olena, copy(body="<p onclick='x'>Ships <script>alert(1)</script>sail.</p>"))
    assert session.scalars(select(Version.body_html)).one() == "<p>Ships sail.</p>"
    assert drafts.copy_of(session, story.last).headline == walk.HEADLINE
