"""Publishing, scheduling, embargoes, corrections, kills, holds and spikes."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk.approvals import service as approvals
from desk.approvals.models import Decision
from desk.audit.models import Entry
from desk.clock import UTC
from desk.drafts.models import Version
from desk.errors import Forbidden, Invalid, NotNow, Overtaken
from desk.newsroom import approving, embargoing, history, publishing, storypage
from desk.newsroom.publishing import Published, Scheduled
from desk.people.models import Membership
from desk.stories import queries as stories
from desk.stories.models import Edition
from desk.wires.models import Item, Use
from tests import factories
from tests.newsroom import walk
from tests.newsroom.walk import Walk, copy


@pytest.fixture
def story(session: Session, now: datetime) -> Walk:
    return walk.begin(session, now)


def in_hours(story: Walk, hours: float) -> datetime:
    return factories.moment(story.now, hours=hours).at


def schedule(story: Walk, hours: float) -> Scheduled:
    return publishing.schedule(
        story.session, story.actor(story.eva), story.story.public_id, story.last.public_id,
        factories.moment(story.now, hours=hours), story.now,
    )  # fmt: skip


def embargo(story: Walk, hours: float) -> None:
    until, seen = factories.moment(story.now, hours=hours), story.story.embargo_at
    embargoing.set_embargo(story.session, story.actor(story.eva), story.story.public_id, until, story.now, seen=seen)


def lift(story: Walk) -> None:
    embargoing.lift_embargo(
        story.session, story.actor(story.eva), story.story.public_id, story.now, seen=story.story.embargo_at
    )


NAMES_THE_VERSION = (
    publishing.publish,
    publishing.publish_on_authority,
    publishing.prepare_edition,
    publishing.abandon_edition,
)


def do(story: Walk, verb: Callable[..., object], *words: object) -> object:
    """Press the button of a page that shows how things stand now."""
    read: tuple[object, ...] = (story.last.public_id,) if verb in NAMES_THE_VERSION else ()
    if verb is publishing.kill:
        out = stories.current_edition(story.session, story.story.id)
        read = (out.number if out else None,)
    return verb(story.session, story.actor(story.eva), story.story.public_id, *read, *words, story.now)


def wire(story: Walk, embargo: datetime | None) -> Item:
    item = factories.item(story.session, embargo_at=embargo)
    story.session.add(Use(item_id=item.id, story_id=story.story.id, by_id=story.eva.id, at=story.now))
    story.session.flush()
    return item


# --- publish


def test_an_approved_story_is_published_as_edition_1_of_its_last_version(session: Session, story: Walk) -> None:
    edition = story.published()
    assert (edition.number, edition.cause, edition.version_id) == (1, "first", story.last.id)
    assert (story.story.state, story.assignment.state, story.story.due_at) == ("published", "done", None)
    assert story.told("published") == {"Olena Demchuk", "Emil Novak"}
    assert stories.current_edition(session, story.story.id) is edition
    assert story.verbs()[-2:] == ["story_published", "licensees_told"]


def test_a_missing_approval_is_named_and_nothing_goes_out(story: Walk) -> None:
    story.file(story.olena)
    with pytest.raises(NotNow, match="approval is missing"):
        story.publish()
    assert story.story.state == "filed"


def test_only_an_editor_of_the_desk_publishes(story: Walk) -> None:
    story.approved()
    for other in (story.arthur, story.olena):
        with pytest.raises(Forbidden):
            story.publish(other)


def test_a_story_is_published_once_however_often_the_button_is_pressed(session: Session, story: Walk) -> None:
    story.published()
    with pytest.raises(NotNow, match="published already"):
        story.publish()
    assert len(session.scalars(select(Edition)).all()) == 1


def test_an_offer_still_open_when_the_story_goes_out_is_withdrawn(session: Session, now: datetime) -> None:
    story = walk.begin(session, now, assigned=False)
    offer = factories.offer(session, story.assignment, story.colm)
    story.story.state = "editing"
    story.file(story.eva)
    story.save(story.emil, copy("A comma mended"))
    story.approve(story.arthur)
    story.publish()
    session.refresh(offer)
    assert (story.assignment.state, offer.state) == ("done", "withdrawn")
    assert story.assignment.assignee_id == story.eva.id  # who wrote it has done what nobody had taken
    assert story.told("offer_lapsed") == {"Colm Byrne"}
    assert (story.facts("offer_lapsed")["ended"], story.facts("offer_lapsed")["why"]) == ("published", "")
    assert "offer_withdrawn" in story.verbs()
    assert story.planned() == 0


def test_what_nobody_had_taken_or_filed_and_several_wrote_is_nobodys_work_when_it_goes_out(
    session: Session, now: datetime
) -> None:
    story = walk.begin(session, now, assigned=False)
    story.story.state = "editing"
    story.save(story.eva)
    story.save(story.emil, copy("A better headline"))
    story.approve(story.arthur)
    story.publish()
    assert (story.assignment.state, story.assignment.assignee_id) == ("cancelled", None)


# --- schedule and embargo


def test_a_scheduled_story_goes_out_by_itself_at_its_time_and_not_before(session: Session, story: Walk) -> None:
    story.approved()
    assert schedule(story, 2) == Scheduled(in_hours(story, 2))
    assert story.story.publish_zone == "Europe/Brussels"
    assert publishing.release_due(session, in_hours(story, 2) - timedelta(seconds=1), 10) == 0
    assert publishing.release_due(session, in_hours(story, 2), 10) == 1
    assert publishing.release_due(session, in_hours(story, 2), 10) == 0
    edition = session.scalars(select(Edition)).one()
    assert (story.story.state, edition.by_id, edition.published_at) == ("published", None, in_hours(story, 2))
    assert story.told("published") == {"Olena Demchuk", "Eva Lindqvist", "Emil Novak"}
    assert (story.story.release_at, story.story.publish_at) == (None, None)


def test_a_tick_takes_no_more_than_its_limit_and_the_longest_due_first(session: Session, now: datetime) -> None:
    walks = [walk.begin(session, now, slug=f"SLUG/{n}") for n in range(3)]
    for hours, one in zip((3, 1, 2), walks, strict=True):
        one.approved()
        schedule(one, hours)
    assert publishing.release_due(session, now + timedelta(hours=4), 2) == 2
    assert [one.story.state for one in walks] == ["scheduled", "published", "published"]


def test_publishing_under_an_embargo_schedules_the_story_for_the_lift(session: Session, story: Walk) -> None:
    story.approved()
    embargo(story, 3)
    assert story.publish() == Scheduled(in_hours(story, 3))
    assert story.story.state == "scheduled"
    assert publishing.release_due(session, in_hours(story, 3), 10) == 1


def test_a_story_waits_for_the_embargo_of_the_wire_copy_under_it(session: Session, story: Walk) -> None:
    story.approved()
    item = wire(story, in_hours(story, 5))
    assert schedule(story, 2) == Scheduled(in_hours(story, 5))
    item.embargo_at = in_hours(story, 6)
    publishing.reset_release(session, story.story.id, story.now)
    assert story.story.release_at == in_hours(story, 6)
    item.embargo_at = None
    publishing.reset_release(session, story.story.id, story.now)
    assert story.story.release_at == in_hours(story, 2)
    assert story.verbs()[-2:] == ["release_moved", "release_moved"]


def test_the_embargo_of_a_later_revision_of_that_wire_copy_counts(session: Session, story: Walk) -> None:
    story.approved()
    item = wire(story, None)
    item.superseded_at = story.now
    later = factories.item(session, embargo_at=in_hours(story, 4), of=item)
    assert story.publish() == Scheduled(later.embargo_at or story.now)


def test_the_tick_reads_the_facts_again_and_waits_for_an_embargo_that_has_moved(session: Session, story: Walk) -> None:
    story.approved()
    schedule(story, 2)
    wire(story, in_hours(story, 5))
    assert publishing.release_due(session, in_hours(story, 2), 10) == 1
    assert publishing.release_due(session, in_hours(story, 2), 10) == 0
    assert (story.story.state, story.story.release_at) == ("scheduled", in_hours(story, 5))


def test_the_tick_sends_a_story_whose_approval_no_longer_stands_back_to_the_desk(session: Session, story: Walk) -> None:
    story.approved()
    schedule(story, 2)
    approvals.void(session, [story.last.id], by_version=story.last.id, now=story.now)
    assert publishing.release_due(session, in_hours(story, 2), 10) == 1
    assert publishing.release_due(session, in_hours(story, 2), 10) == 0
    assert (story.story.state, story.story.release_at) == ("editing", None)
    assert story.told("approval_voided") == {"Eva Lindqvist", "Emil Novak"}
    assert story.verbs()[-1] == "release_refused"


@pytest.mark.parametrize("act", ["hold", "unschedule", "spike", "withdraw"])
def test_whoever_scheduled_a_story_is_told_by_whatever_takes_it_off_the_schedule(story: Walk, act: str) -> None:
    """Whatever they are by then; and nobody is told of what they did themselves."""
    story.approved()
    grace = factories.person(story.session, "Grace Otieno", roles=((story.desk, "editor"),))
    at, args = factories.moment(story.now, hours=2), (story.story.public_id, story.last.public_id)
    publishing.schedule(story.session, story.actor(grace), *args, at, story.now)
    story.session.execute(delete(Membership).where(Membership.person_id == grace.id))
    if act == "withdraw":
        approving.withdraw(story.session, story.actor(story.arthur), *args, "", story.now)
    else:
        why = ["Legal"] if act != "unschedule" else []
        getattr(publishing, act)(story.session, story.actor(story.eva), story.story.public_id, *why, story.now)
    kind = {"spike": "spiked", "withdraw": "approval_voided"}.get(act, "unscheduled")
    assert "Grace Otieno" in story.told(kind)
    if kind == "unscheduled":
        assert story.told(kind) == {"Grace Otieno"}
        facts = story.facts(kind)
        assert (facts["off"], facts["held"]) == (at.at.astimezone(UTC).isoformat(), act == "hold")


def test_nobody_is_told_that_they_took_off_the_schedule_what_they_had_scheduled(story: Walk) -> None:
    story.approved()
    schedule(story, 2)
    publishing.unschedule(story.session, story.actor(story.eva), story.story.public_id, story.now)
    publishing.hold(story.session, story.actor(story.emil), story.story.public_id, "Legal", story.now)
    assert story.told("unscheduled") == set()


def test_a_time_that_is_past_is_refused(story: Walk) -> None:
    story.approved()
    with pytest.raises(Invalid) as refused:
        schedule(story, -1)
    assert refused.value.field == "publish"
    assert (story.story.state, story.story.publish_at) == ("approved", None)
    with pytest.raises(Invalid) as refused:
        embargo(story, -1)
    assert refused.value.field == "embargo"


def test_a_story_that_is_not_approved_is_not_scheduled(story: Walk) -> None:
    story.file(story.olena)
    with pytest.raises(NotNow, match="approval is missing"):
        schedule(story, 2)


def test_a_story_is_scheduled_anew_and_taken_off_the_schedule_and_keeps_its_embargo(story: Walk) -> None:
    story.approved()
    embargo(story, 3)
    assert schedule(story, 2) == Scheduled(in_hours(story, 3))
    assert schedule(story, 4) == Scheduled(in_hours(story, 4))
    do(story, publishing.unschedule)
    assert (story.story.state, story.story.release_at, story.story.publish_at) == ("approved", None, None)
    assert story.story.embargo_at == in_hours(story, 3)
    with pytest.raises(NotNow):
        do(story, publishing.unschedule)


def test_an_embargo_on_approved_copy_schedules_nothing_and_publishing_under_it_does(story: Walk) -> None:
    story.approved()
    embargo(story, 2)
    assert (story.story.state, story.story.release_at) == ("approved", None)
    assert publishing.release_due(story.session, in_hours(story, 3), 10) == 0
    assert story.publish() == Scheduled(in_hours(story, 2))
    lift(story)
    assert (story.story.state, story.story.release_at) == ("approved", None)  # it waited for the embargo only


def test_an_embargo_set_on_a_scheduled_story_moves_its_release_and_taken_away_moves_it_back(story: Walk) -> None:
    story.approved()
    schedule(story, 2)
    embargo(story, 5)
    assert story.story.release_at == in_hours(story, 5)
    lift(story)
    assert (story.story.state, story.story.release_at) == ("scheduled", in_hours(story, 2))
    story.session.flush()
    assert [one.sentence % one.params for one in history.of_story(story.session, story.story)[-2:]] == [
        f"Eva Lindqvist set an embargo until {in_hours(story, 5)}: it is scheduled, and goes out at "
        f"{in_hours(story, 5)}",
        f"Eva Lindqvist took the embargo away: it is scheduled, and goes out at {in_hours(story, 2)}",
    ]


def test_an_embargo_on_a_published_story_comes_too_late(story: Walk) -> None:
    story.published()
    with pytest.raises(NotNow, match="too late"):
        embargo(story, 5)


def test_nobody_moves_or_lifts_an_embargo_that_they_have_not_seen(session: Session, story: Walk) -> None:
    story.approved()
    embargo(story, 5)
    eva, until = story.actor(story.eva), factories.moment(story.now, hours=2)
    for seen in (None, in_hours(story, 3)):
        with pytest.raises(NotNow, match="An embargo until 2026-11-24 18:37:00"):
            embargoing.set_embargo(session, eva, story.story.public_id, until, story.now, seen=seen)
        with pytest.raises(NotNow, match="was set since"):
            embargoing.lift_embargo(session, eva, story.story.public_id, story.now, seen=seen)
    assert story.story.embargo_at == in_hours(story, 5)
    lift(story)
    with pytest.raises(NotNow, match="nothing to lift"):
        embargoing.lift_embargo(session, eva, story.story.public_id, story.now, seen=in_hours(story, 5))


def test_what_was_scheduled_for_an_embargo_that_was_lifted_on_hold_does_not_go_out_by_itself(
    session: Session, story: Walk
) -> None:
    story.approved()
    embargo(story, 2)
    story.publish()
    do(story, publishing.hold, "")
    lift(story)
    do(story, publishing.release)
    assert (story.story.state, story.story.release_at) == ("approved", None)
    assert publishing.release_due(session, in_hours(story, 3), 10) == 0


# --- what was read


def test_nothing_goes_out_that_was_saved_after_the_page_was_opened(session: Session, story: Walk) -> None:
    """Whoever presses a button presses it for the version they read."""
    story.file(story.olena)
    read = story.last.public_id
    story.save(story.eva, copy("A better headline"))
    eva, hour = story.actor(story.eva), factories.moment(story.now, hours=1)
    pressed: list[Callable[[], object]] = [
        lambda: publishing.publish_on_authority(session, eva, story.story.public_id, read, "Night", story.now),
        lambda: publishing.publish(session, eva, story.story.public_id, read, story.now),
        lambda: publishing.schedule(session, eva, story.story.public_id, read, hour, story.now),
    ]
    for press in pressed:
        with pytest.raises(Overtaken, match="you read version 1, the last is 2, saved by Eva Lindqvist") as refused:
            press()
        assert refused.value.params["read"] == read
    story.approve(story.arthur)
    with pytest.raises(Overtaken):
        publishing.publish(session, eva, story.story.public_id, read, story.now)
    assert not session.scalars(select(Edition)).all()
    story.publish()


def test_a_next_edition_that_somebody_writes_at_is_not_given_up_unread(session: Session, story: Walk) -> None:
    story.published()
    read = story.last.public_id
    do(story, publishing.prepare_edition, "update", "", "")
    story.save(story.emil, copy("Ministers part"))
    with pytest.raises(Overtaken, match="saved by Emil Novak"):
        publishing.abandon_edition(session, story.actor(story.eva), story.story.public_id, read, story.now)
    assert story.story.state == "editing"


def test_a_kill_stops_for_an_edition_that_came_out_meanwhile_and_for_no_draft(session: Session, story: Walk) -> None:
    story.published()
    do(story, publishing.prepare_edition, "correction", "Four", "Five")
    story.save(story.eva, copy("Five ministers agree"))
    story.approve(story.arthur)
    schedule(story, 1)
    assert publishing.release_due(session, in_hours(story, 1), 10) == 1
    eva = story.actor(story.eva)
    with pytest.raises(NotNow, match=r"Edition 2 \(correction\) came out since"):
        publishing.kill(session, eva, story.story.public_id, 1, "Invented.", story.now)
    do(story, publishing.prepare_edition, "update", "", "")
    story.save(story.emil, copy("Six ministers agree"))
    publishing.kill(session, eva, story.story.public_id, 2, "Invented.", story.now)
    assert story.story.state == "killed"


def test_a_kill_while_the_next_edition_is_scheduled_leaves_nothing_to_go_out(session: Session, story: Walk) -> None:
    story.published()
    do(story, publishing.prepare_edition, "update", "", "")
    story.save(story.eva, copy("Five ministers agree"))
    story.approve(story.arthur)
    schedule(story, 1)
    do(story, publishing.kill, "Invented.")
    assert publishing.release_due(session, in_hours(story, 2), 10) == 0
    assert [one.cause for one in stories.editions(session, story.story.id)] == ["first", "kill"]
    with pytest.raises(NotNow, match="killed"):
        do(story, publishing.prepare_edition, "correction", "Four", "Five")


# --- own authority


def test_an_editor_alone_publishes_on_their_own_authority_with_a_reason_and_the_desk_is_told(
    session: Session, story: Walk
) -> None:
    story.file(story.olena)
    do(story, publishing.publish_on_authority, "Nobody answers, and it is out elsewhere.")
    decision = session.scalars(select(Decision)).one()
    assert (decision.kind, decision.person_id) == ("authority", story.eva.id)
    assert story.story.state == "published"
    assert story.told("own_authority") == {"Emil Novak", "Arthur Mensah"}
    assert story.told("published") == {"Olena Demchuk"}
    entry = session.scalars(select(Entry).where(Entry.verb == "own_authority")).one()
    assert entry.why == "Nobody answers, and it is out elsewhere."


def test_own_authority_without_a_reason_or_under_an_embargo_is_refused(story: Walk) -> None:
    story.file(story.olena)
    with pytest.raises(Invalid) as refused:
        do(story, publishing.publish_on_authority, " ")
    assert refused.value.field == "why"
    embargo(story, 1)
    with pytest.raises(NotNow, match="embargo"):
        do(story, publishing.publish_on_authority, "Night")


# --- the next edition


def test_a_correction_goes_through_approval_while_the_first_edition_stays_out(session: Session, story: Walk) -> None:
    first = story.published()
    do(story, publishing.prepare_edition, "correction", "It said four.", "They are five.")
    assert (story.story.state, story.story.next_by_id) == ("editing", story.eva.id)
    assert stories.current_edition(session, story.story.id) is first
    story.save(story.eva, copy("Five ministers agree"))
    with pytest.raises(NotNow, match="approval is missing"):
        story.publish()
    story.approve(story.arthur)
    done = story.publish()
    assert isinstance(done, Published)
    edition = done.edition
    assert (edition.number, edition.cause, edition.was_wrong, edition.is_right) == (
        2, "correction", "It said four.", "They are five.",
    )  # fmt: skip
    assert session.get_one(Version, edition.version_id).headline == "Five ministers agree"
    assert (story.story.next_cause, story.story.next_by_id) == (None, None)


def test_a_next_edition_that_says_what_is_out_already_does_not_go_out(session: Session, story: Walk) -> None:
    story.published()
    do(story, publishing.prepare_edition, "correction", "It said four.", "They are five.")
    with pytest.raises(NotNow, match="change it first"):
        publishing.publish_on_authority(
            session, story.actor(story.eva), story.story.public_id, story.last.public_id, "hurry", story.now
        )
    story.approve(story.arthur)
    with pytest.raises(NotNow, match="says what the edition that is out says"):
        story.publish()
    story.save(story.eva, copy("Five ministers agree"))
    story.approve(story.arthur)
    assert isinstance(story.publish(), Published)


def test_a_correction_that_does_not_say_what_is_right_is_not_begun(story: Walk) -> None:
    story.published()
    with pytest.raises(Invalid) as refused:
        do(story, publishing.prepare_edition, "correction", "It said four.", "")
    assert refused.value.field == "right"
    assert story.story.state == "published"


def test_only_a_published_story_has_a_next_edition(story: Walk) -> None:
    story.approved()
    with pytest.raises(NotNow):
        do(story, publishing.prepare_edition, "update", "", "")
    with pytest.raises(NotNow, match="nothing to abandon"):
        do(story, publishing.abandon_edition)


def test_an_edition_given_up_leaves_the_last_one_out_and_its_text_in_the_draft(story: Walk) -> None:
    story.published()
    do(story, publishing.prepare_edition, "update", "", "")
    story.save(story.eva, copy("Ministers disagree"))
    story.approve(story.arthur)
    do(story, publishing.abandon_edition)
    assert (story.story.state, story.story.next_cause) == ("published", None)
    assert (story.last.n, story.last.headline) == (3, walk.HEADLINE)


def test_who_gave_an_edition_up_may_approve_the_next_which_another_makes(story: Walk) -> None:
    story.published()
    do(story, publishing.prepare_edition, "update", "", "")
    story.save(story.eva, copy("Ministers disagree"))
    do(story, publishing.abandon_edition)
    emil = story.actor(story.emil)
    publishing.prepare_edition(
        story.session, emil, story.story.public_id, story.last.public_id, "update", "", "", story.now
    )
    story.save(story.emil, copy("Ministers part"))
    story.approve(story.eva)
    assert story.story.state == "approved"


# --- kill


def test_a_kill_takes_effect_at_once_ends_everything_open_and_is_final(session: Session, story: Walk) -> None:
    first = story.published()
    pictures = factories.assignment(session, story.story, assignee=story.colm)
    do(story, publishing.kill, "The report was invented.")
    edition = stories.current_edition(session, story.story.id)
    assert edition is not None
    assert (edition.number, edition.cause, edition.why) == (2, "kill", "The report was invented.")
    assert edition.version_id == first.version_id
    assert (story.story.state, pictures.state, story.assignment.state) == ("killed", "cancelled", "done")
    assert story.told("killed") == {"Olena Demchuk", "Emil Novak", "Arthur Mensah", "Colm Byrne"}
    for verb, words in (
        (publishing.publish, ()), (publishing.spike, ("Overtaken.",)), (publishing.prepare_edition, ("update", "", "")),
        (publishing.kill, ("Twice",)), (publishing.unspike, ()), (publishing.hold, ("",)),
    ):  # fmt: skip
        with pytest.raises(NotNow):
            do(story, verb, *words)


def test_a_kill_while_a_correction_is_prepared_stands_on_the_version_that_is_out(session: Session, story: Walk) -> None:
    first = story.published()
    do(story, publishing.prepare_edition, "update", "", "")
    story.save(story.eva, copy("Ministers disagree"))
    do(story, publishing.kill, "Invented.")
    edition = stories.current_edition(session, story.story.id)
    assert edition is not None
    assert edition.version_id == first.version_id
    assert story.story.next_cause is None


def test_what_is_not_out_is_not_killed_and_a_kill_needs_a_reason(story: Walk) -> None:
    story.approved()
    with pytest.raises(NotNow, match="nothing to kill"):
        do(story, publishing.kill, "Invented.")
    story.publish()
    with pytest.raises(Invalid) as refused:
        do(story, publishing.kill, "")
    assert refused.value.field == "why"


# --- hold and spike


def test_a_hold_keeps_whence_the_story_came_and_its_release_goes_back_there(story: Walk) -> None:
    story.file(story.olena)
    do(story, publishing.hold, "The lawyers read it.")
    assert (story.story.state, story.story.came_from) == ("held", "filed")
    do(story, publishing.release)
    assert (story.story.state, story.story.came_from) == ("filed", None)


def test_a_scheduled_story_on_hold_does_not_go_out_until_the_hold_is_released(session: Session, story: Walk) -> None:
    story.approved()
    schedule(story, 1)
    do(story, publishing.hold, "")
    assert publishing.release_due(session, in_hours(story, 2), 10) == 0
    with pytest.raises(NotNow, match="on hold"):
        story.publish()
    do(story, publishing.release)
    assert publishing.release_due(session, in_hours(story, 2), 10) == 1


def test_a_spike_cancels_assignments_and_reminders_and_tells_their_people(session: Session, story: Walk) -> None:
    story.file(story.olena)
    story.save(story.emil, copy("A better headline"))
    for nothing in ("", "  "):
        with pytest.raises(Invalid, match="Say why") as refused:
            do(story, publishing.spike, nothing)
        assert refused.value.field == "why"
    do(story, publishing.hold, "")
    do(story, publishing.spike, "Overtaken.")
    assert (story.story.state, story.assignment.state) == ("spiked", "cancelled")
    over = storypage.view(session, story.actor(story.eva), story.story.public_id).over
    assert over is not None
    assert (over.before, over.why) == (
        "editing",
        "Overtaken.",
    )  # not that it was on hold: its steps show how far it came
    assert story.planned() == 0
    assert story.told("assignment_ended") == {"Olena Demchuk"}
    assert story.told("spiked") == {"Emil Novak"}  # who saved a version, and not who pressed it
    assert story.facts("spiked")["why"] == "Overtaken."
    do(story, publishing.unspike)
    assert story.story.state == "commissioned"


def test_what_was_once_out_is_not_spiked(story: Walk) -> None:
    story.published()
    do(story, publishing.prepare_edition, "update", "", "")
    with pytest.raises(NotNow, match="kill the story"):
        do(story, publishing.spike, "Overtaken.")
