"""Approving copy and sending it back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from desk.approvals import queries as decisions
from desk.approvals import rules
from desk.approvals.models import Decision
from desk.drafts import queries as drafts
from desk.drafts.rules import Copy
from desk.errors import Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import approving, authorship, publishing
from desk.people.models import Membership, Person
from tests import factories
from tests.newsroom import walk
from tests.newsroom.walk import Walk, copy


@pytest.fixture
def story(session: Session, now: datetime) -> Walk:
    return walk.begin(session, now)


def withdraw(story: Walk, who: Person, note: str = "") -> None:
    approving.withdraw(
        story.session, story.actor(who), story.story.public_id, story.last.public_id, note, now=story.now
    )


def give(session: Session, story: Walk, role: str) -> None:
    session.add(Membership(person_id=story.olena.id, desk_id=story.desk.id, role=role))
    session.flush()


def test_filed_copy_is_approved_and_writer_and_editors_are_told(session: Session, story: Walk) -> None:
    story.file(story.olena)
    story.approve(story.arthur, "Good.")
    assert story.story.state == "approved"
    assert story.told("approved") == {"Olena Demchuk", "Eva Lindqvist", "Emil Novak"}
    assert story.facts("approved")["note"] == "Good."
    standing = decisions.in_force(session, story.last.id)
    assert standing is not None
    assert standing.person_id == story.arthur.id


def test_nobody_approves_their_own_copy(session: Session, story: Walk) -> None:
    give(session, story, "approver")
    story.file(story.olena)
    with pytest.raises(Forbidden, match="own copy"):
        story.approve(story.olena)
    assert story.story.state == "filed"


def test_whoever_stands_in_the_byline_does_not_approve_even_under_a_name_typed_by_hand(story: Walk) -> None:
    byline = (("arthur mensah", "", None),)
    story.file(story.olena, copy(bylines=byline))
    with pytest.raises(Forbidden, match="own copy"):
        story.approve(story.arthur)


def test_to_take_ones_name_out_of_the_byline_after_filing_opens_no_way(story: Walk) -> None:
    story.file(story.olena, copy(bylines=(("Eva Lindqvist", "", story.eva.public_id),)))
    story.save(story.eva, copy("Mine no more"))
    with pytest.raises(Forbidden, match="own copy"):
        story.approve(story.eva)


def test_whoever_mended_anothers_copy_may_approve_it(story: Walk) -> None:
    story.file(story.olena)
    story.save(story.eva, copy("A better headline"))
    story.approve(story.eva)
    assert story.story.state == "approved"


def test_whoever_wrote_anothers_copy_anew_does_not_approve_it_and_is_told_how_much_of_it_is_theirs(
    story: Walk,
) -> None:
    story.file(story.olena)
    story.save(story.eva, copy("No ship sails this week", "<p>Nobody in Odesa knows of any agreement at all.</p>"))
    with pytest.raises(Forbidden, match="You wrote 12 of its 14 words"):
        story.approve(story.eva)
    anew = drafts.copy_of(story.session, story.last)
    story.file(story.olena, replace(anew, ednote="Checked with the port."))
    with pytest.raises(Forbidden, match="You wrote 12 of its 14 words"):
        story.approve(story.eva)
    story.save(story.emil, copy("x", "<p>x</p>"))  # by mistake
    story.save(story.emil, anew)
    assert set(authorship.own_copies(story.session, story.actor(story.eva), [story.story])) == {story.story.id}
    story.approve(story.emil)
    assert story.story.state == "approved"


def test_a_version_is_read_and_its_words_are_counted_once_however_many_pages_ask(
    story: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    told: list[str] = []
    shared: list[int] = []
    authorship._words.cache_clear()
    tokens, shares = authorship.tokens, rules.shares
    monkeypatch.setattr(authorship, "tokens", lambda text: told.append(text) or tokens(text))
    monkeypatch.setattr(rules, "shares", lambda of, **more: shared.append(len(of)) or shares(of, **more))
    event.listen(
        story.session.connection(), "before_cursor_execute",
        lambda *args: read.append(args[2]) if "body_html" in args[2].partition("FROM")[0] else None,
    )  # fmt: skip

    def asked() -> tuple[int, int, int]:
        for seen in (read, told, shared):
            seen.clear()
        for _ in range(3):
            authorship.own_copies(story.session, story.actor(story.eva), [story.story])
        return len(read), len(told), len(shared)

    story.file(story.olena)
    assert asked() == (0, 0, 0), "Eva has written nothing of it"
    for headline in ("A better headline", "A still better headline"):
        story.save(story.eva, copy(headline))
    assert asked() == (1, 3, 1)
    story.save(story.eva, copy("The best headline"))
    assert asked() == (1, 1, 1)
    story.file(story.eva)
    assert asked() == (0, 0, 0), "it is hers as she filed it, whatever its words are"


def test_an_editor_who_wrote_the_copy_alone_does_not_approve_it_and_nobody_who_wrote_with_them(story: Walk) -> None:
    story.story.state = "editing"
    story.save(story.eva)
    story.save(story.emil, copy("A better headline"))
    for writer in (story.eva, story.emil):
        with pytest.raises(Forbidden, match="own copy"):
            story.approve(writer)
    story.approve(story.arthur)


def test_only_the_last_version_is_approved(session: Session, story: Walk) -> None:
    story.file(story.olena)
    read = story.last.public_id
    story.save(story.eva, copy("A better headline"))
    with pytest.raises(NotNow, match="newer version exists: you read version 1, the last is 2"):
        approving.approve(session, story.actor(story.arthur), story.story.public_id, read, "", now=story.now)


def test_whoever_approved_withdraws_that_before_it_is_out_and_the_desk_hears_of_it(
    session: Session, story: Walk
) -> None:
    story.approved()
    at = factories.moment(story.now, hours=2)
    publishing.schedule(session, story.actor(story.eva), story.story.public_id, story.last.public_id, at, story.now)
    withdraw(story, story.arthur, "The minister called.")
    assert (story.story.state, story.story.release_at) == ("editing", None)
    assert decisions.in_force(session, story.last.id) is None
    assert story.told("approval_voided") == {"Eva Lindqvist", "Emil Novak"}
    assert story.facts("approval_voided")["withdrawn"] is True
    assert story.verbs()[-1] == "approval_withdrawn"
    story.approve(story.arthur)
    assert story.story.state == "approved"


def test_nobody_withdraws_anothers_approval_or_one_that_went_out(story: Walk) -> None:
    story.approved()
    with pytest.raises(Forbidden, match="Somebody else approved"):
        withdraw(story, story.eva)
    story.publish()
    with pytest.raises(NotNow, match="published"):
        withdraw(story, story.arthur)


def test_an_approval_is_not_withdrawn_twice(story: Walk) -> None:
    story.approved()
    withdraw(story, story.arthur)
    with pytest.raises(NotNow, match="editing"):
        withdraw(story, story.arthur)


@pytest.mark.parametrize("verb", [approving.approve, approving.send_back, approving.withdraw])
def test_a_decision_that_names_no_version_is_none(session: Session, story: Walk, verb: Callable[..., object]) -> None:
    story.file(story.olena)
    with pytest.raises(Invalid, match="which version you read"):
        verb(session, story.actor(story.arthur), story.story.public_id, "", "Note", now=story.now)


def test_a_version_of_another_story_is_not_approved_here(session: Session, story: Walk) -> None:
    story.file(story.olena)
    other = factories.story(session, story.desk, "OTHER/STORY", state="filed")
    with pytest.raises(NotFound):
        approving.approve(session, story.actor(story.arthur), other.public_id, story.last.public_id, "", now=story.now)


def test_copy_that_was_not_filed_is_not_approved(story: Walk) -> None:
    story.save(story.olena)
    with pytest.raises(NotNow, match="reporting"):
        story.approve(story.arthur)


def test_a_correspondent_approves_nothing(story: Walk) -> None:
    story.file(story.olena)
    with pytest.raises(Forbidden):
        story.approve(story.olena)


def test_returned_copy_goes_back_to_reporting_with_its_reminders_and_the_note(session: Session, story: Walk) -> None:
    planned = story.planned()
    story.file(story.olena)
    story.send_back(story.arthur, "Who said so?")
    assert (story.story.state, story.assignment.state) == ("reporting", "reporting")
    assert story.planned() == planned
    assert story.story.due_at == story.assignment.deadline_at
    assert story.told("returned") == {"Olena Demchuk"}
    assert story.facts("returned")["note"] == "Who said so?"
    assert story.verbs()[-1] == "copy_returned"


def test_a_return_needs_a_note(story: Walk) -> None:
    story.file(story.olena)
    with pytest.raises(Invalid) as refused:
        story.send_back(story.arthur, "  ")
    assert refused.value.field == "note"


def test_returned_copy_is_filed_again_as_it_stands_and_the_editors_hear_again(session: Session, story: Walk) -> None:
    story.file(story.olena)
    story.send_back(story.arthur, "Who said so?")
    story.now = story.now.replace(hour=15)
    story.file(story.olena)
    assert story.story.state == "filed"
    assert story.verbs().count("copy_filed") == 2
    assert story.planned() == 0
    story.approve(story.arthur)
    assert story.story.state == "approved"


def test_approved_copy_that_is_returned_is_no_longer_approved_and_its_approver_is_told(
    session: Session, story: Walk
) -> None:
    story.approved()
    story.send_back(story.eva, "The minister denies it.")
    assert story.story.state == "reporting"
    assert decisions.in_force(session, story.last.id) is None
    assert story.told("approval_voided") == {"Arthur Mensah"}
    assert len(session.scalars(select(Decision)).all()) == 2


def test_a_correction_is_not_approved_by_whoever_made_it_but_by_another_in_its_byline(
    session: Session, story: Walk
) -> None:
    story.file(story.olena, Copy(headline="Four ships", body_html="<p>x</p>", bylines=(("Eva Lindqvist", "", None),)))
    story.approve(story.arthur)
    story.publish()
    emil = story.actor(story.emil)
    publishing.prepare_edition(
        session, emil, story.story.public_id, story.last.public_id, "correction", "Four", "Five", story.now
    )
    story.save(story.emil, Copy(headline="Five ships", body_html="<p>x</p>", bylines=(("Eva Lindqvist", "", None),)))
    with pytest.raises(Forbidden, match="own copy"):
        story.approve(story.emil)
    story.approve(story.eva)
    assert story.story.state == "approved"


def test_whoever_first_wrote_a_correction_that_another_prepared_does_not_approve_it(
    session: Session, story: Walk
) -> None:
    story.published()
    emil = story.actor(story.emil)
    publishing.prepare_edition(session, emil, story.story.public_id, story.last.public_id, "update", "", "", story.now)
    story.save(story.eva, copy("Five ships"))
    for maker in (story.emil, story.eva):
        with pytest.raises(Forbidden, match="own copy"):
            story.approve(maker)
