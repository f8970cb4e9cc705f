"""The demo newsroom: what is promised of it, and that it is like any other."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.actor import SYSTEM
from desk.approvals.models import Decision
from desk.assignments import queries as assignments
from desk.assignments.models import OFFER_STATES, Assignment, Offer
from desk.audit.models import Entry
from desk.demo import dates, newsroom, wires
from desk.demo.timeline import NOBODY_ANSWERS
from desk.drafts.models import Byline, Draft, Version
from desk.errors import Invalid, NotFound
from desk.net import HttpPoster
from desk.newsroom import crew, history
from desk.outbox.models import Delivery, Due, Message
from desk.people import queries, signing
from desk.people.models import Desk, Person
from desk.reminders.models import Rung
from desk.republication.models import Grant, Licensee, Notice
from desk.stories.models import STATES, Edition, Story
from desk.text import blocks
from desk.wires import reading
from desk.wires.models import Item, Source, Use
from tests import factories
from tests.demo import NOW, Demo, bare_desk


@pytest.fixture
def session(demo: Demo) -> Iterator[Session]:
    with demo.store.read() as session:
        yield session


def _count(session: Session, what: type[object]) -> int:
    return session.scalar(select(func.count()).select_from(what)) or 0


def test_the_demo_has_four_desks_eight_people_in_six_zones_thirty_stories_and_three_licensees(session: Session) -> None:
    assert [_count(session, what) for what in (Desk, Person, Story, Licensee)] == [4, 8, 30, 3]
    assert len(set(session.scalars(select(Desk.zone)))) == 4
    assert len(set(session.scalars(select(Person.present_zone)))) == 6
    assert set(session.scalars(select(Grant.desk_id))) == set(session.scalars(select(Desk.id)))
    assert queries.newsroom(session).is_demo


def test_everybody_of_the_demo_counts_as_having_come_in(session: Session) -> None:
    assert [one.person.name for one in crew.crew(session, SYSTEM) if not one.been_in] == []


def test_every_state_of_a_story_and_of_an_offer_is_there(session: Session) -> None:
    assert set(session.scalars(select(Story.state))) == set(STATES)
    assert set(session.scalars(select(Offer.state))) == set(OFFER_STATES)


def test_deadlines_lie_around_now_and_a_reminder_is_about_to_come(session: Session) -> None:
    due = session.scalars(select(Story.due_at).where(Story.state.in_(("commissioned", "reporting")))).all()
    ahead = sorted((at - NOW) / timedelta(hours=1) for at in due if at)
    assert ahead[0] < 0 < ahead[1] < 0.5
    assert ahead[-1] > 24
    first = session.scalar(select(func.min(Rung.due_at)).where(Rung.state == "planned"))
    assert first
    assert timedelta(seconds=60) <= first - NOW <= timedelta(minutes=3)


def test_nothing_of_the_past_is_left_to_be_done(session: Session) -> None:
    assert not session.scalars(select(Rung.id).where(Rung.state == "planned", Rung.due_at <= NOW)).all()
    assert not session.scalars(select(Due.delivery_id)).all()
    assert not session.scalars(select(Story.id).where(Story.state == "scheduled", Story.release_at <= NOW)).all()
    assert not session.scalars(select(Entry.id).where(Entry.at > NOW)).all()


def test_a_release_by_itself_is_about_to_be_seen(session: Session) -> None:
    first = session.scalar(select(func.min(Story.release_at)).where(Story.state == "scheduled"))
    assert first
    assert first - NOW < timedelta(minutes=15)


def test_every_mail_was_captured_and_only_a_webhook_that_nobody_answers_is_dead(session: Session) -> None:
    found = Counter(tuple(row) for row in session.execute(select(Delivery.channel, Delivery.state)))
    assert found.pop(("mail", "captured")) > 100
    assert found.pop(("webhook", "dead")) == 1
    said = session.scalar(select(Delivery.said).where(Delivery.state == "dead"))
    with closing(HttpPoster(private=True)) as poster:  # what a worker of this release would have noted
        assert said == poster.post(NOBODY_ANSWERS.url, b"", {}).said + " (10 tries)"
    assert set(found) == {("webhook", "cancelled")}
    assert session.scalar(select(Licensee.webhook_off_at).where(Licensee.webhook.is_not(None)))
    told = set(session.scalars(select(Message.kind).where(Message.kind.startswith("webhook"))))
    assert told == {"webhook_failing", "webhook_off"}


def test_some_messages_and_notices_wait_to_be_read_and_others_do_not(session: Session) -> None:
    notices = session.scalars(select(Notice.acknowledged_at)).all()
    assert None in notices
    assert any(notices)
    seen = session.scalars(select(Message.seen_at).where(Message.recipient_kind == "person")).all()
    assert None in seen
    assert any(seen)


def test_copy_has_paragraphs_a_byline_and_a_dateline_and_grows_from_version_to_version(session: Session) -> None:
    versions = session.scalars(select(Version).order_by(Version.draft_id, Version.n)).all()
    assert len({version.draft_id for version in versions}) > 20
    for version in versions:
        if version.filed_at:
            assert len(blocks(version.body_html)) >= 3
        assert version.dateline_places
        assert session.scalar(select(func.count()).where(Byline.version_id == version.id))
    texts = [(version.draft_id, version.headline, version.body_html) for version in versions]
    assert len(set(texts)) == len(texts)
    assert any(len(version.dateline_places) > 1 for version in versions)


def test_what_is_out_was_approved_by_somebody_else_or_has_a_reason(session: Session) -> None:
    for edition in session.scalars(select(Edition).where(Edition.cause != "kill")):
        decision = session.scalar(
            select(Decision).where(Decision.version_id == edition.version_id, Decision.voided_at.is_(None))
        )
        assert decision
        author = session.get_one(Version, edition.version_id).author_id
        assert decision.kind == "authority" or decision.person_id != author
    causes = session.scalars(select(Edition.cause)).all()
    assert {"first", "correction", "kill"} <= set(causes)


def test_each_story_stands_where_its_history_says(session: Session) -> None:
    for story in session.scalars(select(Story)):
        assert story.due_at == assignments.next_deadline(session, story.id)
        happened = history.of_story(session, story)
        assert [one.at for one in happened] == sorted(one.at for one in happened)
        assert all(one.sentence % one.params for one in happened)
        mains = select(func.count()).where(Draft.story_id == story.id, Draft.is_main)
        assert session.scalar(mains) == 1
    late = select(Assignment).where(Assignment.state.in_(("open", "accepted", "reporting")))
    assert len([of for of in session.scalars(late) if of.deadline_at < NOW]) == 1


def test_the_wire_has_copy_of_the_night_and_a_story_stands_on_it(session: Session) -> None:
    assert set(session.scalars(select(Source.name))) == set(wires.AGENCIES)
    assert _count(session, Item) == 5
    assert _count(session, Use) == 1


def test_loading_again_keeps_everything_and_makes_new_links(demo: Demo) -> None:
    before = _links(demo.lines)
    assert len(before) == 3
    after = _links(newsroom.load(demo.store, demo.settings, NOW + timedelta(minutes=1)))
    with demo.store.read() as session:
        assert _count(session, Story) == 30
        for link in after:
            assert signing.look_at(session, link, NOW).purpose == "signin"
        for link in before:
            with pytest.raises(NotFound):
                signing.look_at(session, link, NOW)


def test_no_links_are_made_where_others_could_come_in(demo: Demo) -> None:
    for settings in (replace(demo.settings, host="0.0.0.0"), replace(demo.settings, url="https://desk.example")):
        lines = newsroom.load(demo.store, settings, NOW)
        assert not _links(lines)
        assert "loopback" in " ".join(lines)


def test_a_real_newsroom_is_left_alone(tmp_path: Path) -> None:
    store, settings = bare_desk(tmp_path)
    with store.write() as session:
        factories.person(session, roles=((factories.desk(session), "editor"),))
    with pytest.raises(Invalid, match="a newsroom of its own"):
        newsroom.load(store, settings, NOW)
    with store.read() as session:
        assert [_count(session, Person), _count(session, Story)] == [1, 0]
    store.database.engine.dispose()


def test_sample_files_are_dropped_once_whole_and_readable(tmp_path: Path) -> None:
    folders = wires.make_folders(tmp_path)
    waited: list[float] = []

    def now() -> datetime:
        return NOW + timedelta(seconds=sum(waited))

    wires.drip(tmp_path, 240, now=now, wait=waited.append)
    assert waited[0] <= 5
    assert sum(waited) <= 250
    files = [file for folder in folders.values() for file in sorted(folder.iterdir())]
    assert len(files) == 8
    assert {file.suffix for file in files} == {".xml"}
    items = [item for file in files for item in reading.read(file.read_bytes())]
    assert all(item.headline and item.body_html for item in items)
    assert all(NOW - timedelta(days=1) < (item.version_created or NOW) <= now() for item in items)
    assert any(count > 1 for count in Counter(item.guid for item in items).values())
    wires.drip(tmp_path, 240, now=now, wait=waited.append)
    assert len(waited) == 8


def test_one_sample_is_in_an_old_encoding_and_one_corrects_what_came_by_night() -> None:
    odd = wires.SAMPLES / "3-bosporus.xml"
    assert b'encoding="windows-1251"' in odd.read_bytes()
    assert (reading.read(odd.read_bytes())[0].headline or "").startswith("Туман закрыл пролив")
    night = {item.guid for item in reading.read((wires.SAMPLES / "overnight" / "alpen.xml").read_bytes())}
    assert reading.read((wires.SAMPLES / "6-alpen.xml").read_bytes())[0].guid in night


def test_the_dropping_process_is_started_while_there_is_something_to_drop(demo: Demo, tmp_path: Path) -> None:
    settings = replace(demo.settings, var=tmp_path / "a folder")
    assert wires.command(settings) is None
    folder = wires.inbox(settings)
    wires.make_folders(folder)
    assert (wires.command(settings) or "").endswith(f"-m desk.demo.wires '{folder}'")
    for sample in wires.left(folder):
        wires.drop(folder, sample, NOW)
    assert wires.command(settings) is None


def test_weekdays_and_times_are_told_as_of_today() -> None:
    assert dates.told("on Tuesday, not before Friday", NOW) == "on Thursday, not before Sunday"
    assert dates.told("on Tuesday", dates.WRITTEN) == "on Tuesday"
    feed = "<pubDate>Tue, 24 Nov 2026 13:37:00 +0000</pubDate> 2026-11-24T12:37:00Z Вторник".encode("windows-1251")
    moved = dates.stamped(feed, NOW).decode("windows-1251")
    assert moved == "<pubDate>Thu, 16 Jul 2026 21:08:41 +0000</pubDate> 2026-07-16T20:08:41Z Вторник"


def _links(lines: list[str]) -> list[str]:
    return [line.rpartition("/")[2] for line in lines if "/come-in/" in line]
