"""Sources managed, what they send taken in, stories opened from it, and embargoes that move under a story."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from desk import bells, chance
from desk.actor import SYSTEM, Actor
from desk.audit.models import Entry
from desk.errors import AddressRefused, Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import history, wireroom, wiring
from desk.newsroom.wiring import Taken
from desk.people.models import Desk, Membership, Person
from desk.stories.models import Story
from desk.wires import queries, rules
from desk.wires import service as wires
from desk.wires.item import WireItem
from desk.wires.models import Intake, Item, Source, Use
from tests import factories
from tests.factories import NOW
from tests.newsroom import walk

HOUR = timedelta(hours=1)
FEED = "https://nordpress.example/feed"
ROOT = Path("/nowhere/at/all")


def wire(guid: str = "np-1", headline: str = "Explosion reported at port of Odesa", **said: object) -> WireItem:
    body = f"<p>{headline}, two port workers said.</p>"
    return replace(
        WireItem(format="rss", guid=guid, headline=headline, body_html=body),
        **said,  # type: ignore[arg-type]  # fields by name
    )


def add(session: Session, name: str = "Nordpress", actor: Actor = SYSTEM, **other: object) -> Source:
    given = {"name": name, "url": FEED, "zone": "Europe/Oslo", "every": 60, "root": ROOT, "now": NOW}
    return wiring.add_source(session, actor, **(given | other))  # type: ignore[arg-type]  # arguments by name


def send(session: Session, source: Source, *items: WireItem, now: datetime = NOW) -> Taken:
    intake = Intake(public_id=chance.public_id(), source_id=source.id, sha256=chance.token(), data=b"", at=now)
    session.add(intake)
    session.flush()
    return wiring.take_in(session, source.id, intake.id, items, now)


def standing(session: Session, guid: str = "np-1") -> Item:
    return session.scalars(select(Item).where(Item.guid == guid, Item.superseded_at.is_(None))).one()


@pytest.fixture
def world(session: Session) -> Desk:
    return factories.desk(session)


@pytest.fixture
def editor(session: Session, world: Desk) -> Person:
    return factories.person(session, "Eva Editor", roles=((world, "editor"),))


@pytest.fixture
def eva(session: Session, editor: Person) -> Actor:
    return factories.actor(session, editor)


# sources


def test_a_source_is_added_due_at_once_rung_for_and_recorded(session: Session, eva: Actor) -> None:
    source = add(session, actor=eva)
    assert (source.kind, source.url, source.zone, source.next_poll_at) == ("feed", FEED, "Europe/Oslo", NOW)
    assert bells.take(session) == {(bells.POLL, source.public_id)}
    assert session.scalars(select(Entry.verb)).all() == ["source_added"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Atlas"}, "name"),
        ({"url": "nordpress"}, "url"),
        ({"url": "ftp://nordpress.example/feed"}, "url"),
        ({"url": "https://eva:secret@nordpress.example/"}, "url"),
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"every": 1}, "every"),
        ({"url": "drop"}, "url"),
        ({"url": "/nowhere/at/all"}, "url"),
        ({"url": "/nowhere/at/all/drop"}, "url"),
        ({"url": "/etc", "root": Path("/var")}, "url"),
    ],
)
def test_a_source_that_cannot_be_polled_is_refused_with_the_field_named(
    session: Session, wrong: dict[str, object], field: str
) -> None:
    add(session, "Atlas")
    with pytest.raises(Invalid) as refused:
        add(session, **wrong)
    assert refused.value.field == field


def test_only_an_administrator_names_a_folder_of_the_server(session: Session, eva: Actor, tmp_path: Path) -> None:
    (folder := tmp_path / "drop").mkdir()
    with pytest.raises(Forbidden):
        add(session, actor=eva, url=str(folder), root=tmp_path)
    admin = factories.actor(session, factories.person(session, "Ada Admin", is_admin=True))
    assert add(session, actor=admin, url=str(folder), root=tmp_path).url == str(folder)
    named = re.escape(f"is not below {folder}, and only folders below that are watched")
    with pytest.raises(Invalid, match=named):
        add(session, "Other", admin, url=str(tmp_path), root=folder)


def test_who_is_no_editor_manages_no_source(session: Session, world: Desk) -> None:
    nino = factories.actor(session, factories.person(session, "Nino", roles=((world, "correspondent"),)))
    source = add(session)
    for refused in (
        lambda: add(session, "Atlas", nino),
        lambda: wiring.stop_source(session, nino, source.public_id, now=NOW),
        lambda: wiring.poll_now(session, nino, source.public_id, now=NOW),
        lambda: wiring.open_story(session, nino, "x", desk=world.public_id, slug="A", title="A", now=NOW),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_a_source_is_changed_and_asked_afresh_at_a_new_address(session: Session, eva: Actor) -> None:
    source = add(session)
    source.etag, source.failures, source.next_poll_at = '"7"', 3, NOW + HOUR
    bells.take(session)
    wiring.change_source(
        session, eva, source.public_id, name="Nordpress English", url=f"{FEED}/en", zone="UTC", every=30, root=ROOT,
        now=NOW,
    )  # fmt: skip
    assert (source.name, source.url, source.every) == ("Nordpress English", f"{FEED}/en", 30)
    assert (source.etag, source.failures, source.next_poll_at) == (None, 0, NOW)
    assert bells.take(session) == {(bells.POLL, source.public_id)}
    (_, changed) = history.of_source(session, source)[::-1]
    assert changed.sentence % changed.params == (
        f"Eva Editor changed the wire source Nordpress: it is Nordpress English now, at {FEED}/en, every 30 s, "
        "clock of UTC"
    )
    with pytest.raises(AddressRefused):
        wiring.change_source(
            session, eva, source.public_id, name="N", url="/etc", zone="UTC", every=30, root=ROOT, now=NOW
        )


def test_a_source_is_stopped_started_again_and_polled_on_demand(session: Session, eva: Actor) -> None:
    source = add(session)
    wiring.stop_source(session, eva, source.public_id, why="double of Atlas", now=NOW)
    assert (source.stopped_why, source.next_poll_at) == ("double of Atlas", None)
    with pytest.raises(NotNow):
        wiring.poll_now(session, eva, source.public_id, now=NOW)
    wiring.start_source(session, eva, source.public_id, root=ROOT, now=NOW + HOUR)
    assert source.next_poll_at == NOW + HOUR
    source.next_poll_at = NOW + 2 * HOUR
    bells.take(session)
    wiring.poll_now(session, eva, source.public_id, now=NOW + HOUR)
    assert source.next_poll_at == NOW + HOUR
    assert bells.take(session) == {(bells.POLL, source.public_id)}


def test_a_source_that_was_removed_is_read_and_listed_no_more_keeps_what_it_sent_and_can_be_read_again(
    session: Session, world: Desk, eva: Actor
) -> None:
    source = add(session, actor=eva)
    send(session, source, wire())
    story = open_one(session, eva, world, standing(session))
    wiring.remove_source(session, eva, source.public_id, now=NOW)
    assert (source.next_poll_at, source.removed_at) == (None, NOW)
    listed = wireroom.sources(session, NOW)
    assert ([one.source for one in listed.standings], listed.removed) == ([], [source])
    room = wireroom.room(session, eva, source="", words="", before="", opened="", now=NOW)
    assert ([item.guid for item, _ in room.items], list(room.slugs.values())) == (["np-1"], [story.slug])
    with pytest.raises(Invalid, match="was removed: read that one again"):
        add(session)
    wiring.start_source(session, eva, source.public_id, root=ROOT, now=NOW + HOUR)
    assert (source.next_poll_at, source.removed_at, queries.sources(session)) == (NOW + HOUR, None, [source])
    assert [entry.verb for entry in session.scalars(select(Entry).where(Entry.thing_kind == "source"))] == [
        "source_added", "source_removed", "source_started",
    ]  # fmt: skip


# taking in


def test_items_are_new_then_the_same_then_a_revision_that_supersedes(session: Session) -> None:
    source = add(session)
    assert send(session, source, wire(), wire("np-2", "Fog")) == Taken(new=2)
    assert send(session, source, wire(), wire("np-2", "Fog")) == Taken(same=2)
    assert send(session, source, wire(headline="Blast at port of Odesa"), wire("np-2", "Fog")) == Taken(
        revised=1, same=1
    )
    row = standing(session)
    assert (row.revision, row.headline) == (2, "Blast at port of Odesa")
    first, second = queries.item_revisions(session, row)
    assert (first.superseded_at, second.superseded_at) == (NOW, None)
    assert [item.headline for item, _ in queries.items(session, words="blast")] == ["Blast at port of Odesa"]


def test_two_sources_may_use_one_name_for_different_items(session: Session) -> None:
    assert send(session, add(session), wire()) == Taken(new=1)
    assert send(session, add(session, "Atlas"), wire(headline="Rally in Tbilisi")) == Taken(new=1)
    assert session.scalar(select(func.count(Item.id))) == 2


def test_items_dated_ahead_or_not_at_all_are_taken(session: Session) -> None:
    source = add(session)
    ahead = wire("np-3", first_created=NOW + 48 * HOUR)
    assert send(session, source, ahead, wire("np-4")) == Taken(new=2)
    assert standing(session, "np-3").published_at == NOW + 48 * HOUR
    assert standing(session, "np-4").published_at is None


def test_an_intake_that_was_read_changes_nothing_a_second_time(session: Session) -> None:
    source = add(session)
    send(session, source, wire())
    intake_id = standing(session).intake_id
    assert wiring.take_in(session, source.id, intake_id, [wire(headline="Other")], NOW) == Taken()


def test_a_long_intake_is_taken_in_parts_and_is_read_with_the_last(session: Session) -> None:
    source = add(session)
    intake = Intake(public_id=chance.public_id(), source_id=source.id, sha256=chance.token(), data=b"", at=NOW)
    session.add(intake)
    session.flush()
    assert wiring.take_in(session, source.id, intake.id, [wire("a")], NOW, more=True) == Taken(new=1)
    assert intake.read_at is None
    assert wiring.take_in(session, source.id, intake.id, [wire("a"), wire("b")], NOW) == Taken(new=1, same=1)
    assert intake.read_at == NOW


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["one", "two", "three"])), max_size=4),
        max_size=6,
    )
)
@runs(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_feed_shows_in_turn_one_revision_of_each_item_stands(
    session: Session, states: list[list[tuple[str, str]]]
) -> None:
    with session.begin_nested() as kept:
        source = add(session, chance.token(6))
        shown: dict[str, str] = {}
        for state in states:
            items = rules.in_order([wire(guid, words) for guid, words in state])
            taken = send(session, source, *items)
            assert taken.new + taken.revised + taken.same == len(items)
            shown |= {item.guid: item.headline or "" for item in items}
        rows = session.scalars(select(Item).where(Item.source_id == source.id, Item.superseded_at.is_(None))).all()
        assert {row.guid: row.headline for row in rows} == shown
        assert len(rows) == len(shown)
        for row in rows:
            revisions = queries.item_revisions(session, row)
            assert [one.revision for one in revisions] == list(range(1, len(revisions) + 1))
            assert all(one.digest != two.digest for one, two in pairwise(revisions))
        kept.rollback()


# stories


def open_one(session: Session, actor: Actor, on: Desk, item: Item, slug: str = "ODESA/BLAST") -> Story:
    return wiring.open_story(
        session, actor, item.public_id, desk=on.public_id, slug=slug, title="", places=["Odesa"], now=NOW
    )


def test_a_story_opened_from_an_item_keeps_it_and_says_so(session: Session, world: Desk, eva: Actor) -> None:
    send(session, add(session), wire())
    item = standing(session)
    story = open_one(session, eva, world, item)
    assert (story.slug, story.title, story.state) == ("ODESA/BLAST", item.headline, "commissioned")
    assert session.scalars(select(Use.story_id).where(Use.item_id == item.id)).all() == [story.id]
    used = session.scalars(select(Entry).where(Entry.verb == "wire_used")).one()
    assert (used.story_id, used.details["source"]) == (story.id, "Nordpress")
    page = wireroom.page(session, eva, item.public_id)
    assert [one.slug for one in page.stories] == ["ODESA/BLAST"]


def test_a_story_is_opened_on_ones_own_desk_the_last_used_of_several_at_the_places_the_item_is_from(
    session: Session, world: Desk, editor: Person, eva: Actor
) -> None:
    send(session, add(session), wire(body_html="<p>ODESA, Ukraine (Nordpress) – Smoke rose.</p>"))
    item = standing(session)
    page = wireroom.page(session, eva, item.public_id)
    assert (page.own, page.offer.places, page.offer.slug) == (world, "Odesa", "ODESA/EXPLOSION")
    sports = factories.desk(session, "A sports desk")
    session.add(Membership(person_id=editor.id, desk_id=sports.id, role="editor"))
    session.flush()
    both = factories.actor(session, editor)
    room = wireroom.room(session, both, source="", words="", before="", opened=item.public_id, now=NOW)
    assert room.opened is not None
    assert (room.own, room.opened.own, room.offers[item.id].places) == (None, None, "Odesa")
    for desk in (sports, world):
        open_one(session, both, desk, item)
        assert wireroom.page(session, both, item.public_id).own == desk


def test_a_button_pressed_twice_opens_one_story(session: Session, world: Desk, eva: Actor) -> None:
    send(session, add(session), wire())
    open_one(session, eva, world, standing(session))
    with pytest.raises(Invalid) as refused:
        open_one(session, eva, world, standing(session))
    assert refused.value.field == "slug"


def test_nothing_is_built_on_copy_that_its_agency_has_killed(session: Session, world: Desk, eva: Actor) -> None:
    source = add(session)
    send(session, source, wire())
    first = standing(session)
    send(session, source, wire(pubstatus="canceled"))
    for item in (first, standing(session)):
        with pytest.raises(NotNow):
            open_one(session, eva, world, item)


def test_an_item_is_used_in_a_story_that_is_there_once(session: Session, world: Desk, eva: Actor) -> None:
    send(session, add(session), wire(embargoed=NOW + HOUR))
    story = factories.story(session, world)
    for _ in range(2):
        wiring.use_in(session, eva, standing(session).public_id, story.public_id, NOW)
    assert session.scalar(select(func.count()).select_from(Use)) == 1
    assert queries.embargo_of(session, story.id) == NOW + HOUR
    with pytest.raises(NotFound):
        wiring.use_in(session, eva, standing(session).public_id, "bcdfghjkmn", NOW)


@pytest.fixture
def scheduled(session: Session, now: datetime) -> tuple[Story, Source]:
    """A story under the embargo of its wire item, which goes out by itself when that lifts in an hour."""
    story = walk.begin(session, now)
    story.approved()
    source = add(session)
    send(session, source, wire(embargoed=now + HOUR))
    wires.use(session, standing(session), story.story.id, by=story.eva.id, now=now)
    story.publish()
    assert (story.story.state, story.story.release_at) == ("scheduled", now + HOUR)
    return story.story, source


def test_an_embargo_that_moves_moves_the_release_of_the_story_on_it(
    session: Session, scheduled: tuple[Story, Source]
) -> None:
    story, source = scheduled
    send(session, source, wire(embargoed=NOW + 3 * HOUR))
    assert story.release_at == NOW + 3 * HOUR
    send(session, source, wire(embargoed=NOW + 2 * HOUR))
    assert story.release_at == NOW + 2 * HOUR


def test_a_kill_that_names_no_embargo_does_not_let_the_story_out_early(
    session: Session, scheduled: tuple[Story, Source]
) -> None:
    story, source = scheduled
    send(session, source, wire(headline="KILL", pubstatus="canceled"))
    assert story.release_at == NOW + HOUR
    assert standing(session).pubstatus == "canceled"


def test_an_embargo_that_is_taken_away_lets_the_story_go_at_the_next_tick(
    session: Session, scheduled: tuple[Story, Source]
) -> None:
    story, source = scheduled
    send(session, source, wire(), now=NOW + timedelta(minutes=5))
    assert story.release_at == NOW + timedelta(minutes=5)


def test_what_changed_between_two_versions_is_shown_by_words(session: Session, eva: Actor) -> None:
    source = add(session)
    send(session, source, wire(headline="Blast heard about 15:30"))
    send(session, source, wire(headline="Blast heard at 15:24"))
    page = wireroom.page(session, eva, standing(session).public_id)
    gone = "".join(words for part in page.changes for kind, words in part if kind == "gone")
    new = "".join(words for part in page.changes for kind, words in part if kind == "new")
    assert ("15:30" in gone, "15:24" in new) == (True, True)


def test_the_room_shows_which_items_stand_in_stories_of_ours(session: Session, world: Desk, eva: Actor) -> None:
    source = add(session)
    send(session, source, wire(), wire("np-2", "Fog closes the strait"))
    open_one(session, eva, world, standing(session))
    send(session, source, wire(headline="Blast at Odesa"))
    room = wireroom.room(session, eva, source="", words="", before="", opened="", now=NOW)
    assert room.slugs == {standing(session).id: "ODESA/BLAST"}
    assert {item.guid for item, _ in room.items} == {"np-1", "np-2"}
    assert {item.guid for item, _ in room.changed} == {"np-1"}


def test_to_take_a_feed_in_again_reads_no_revision_but_the_last_however_many_there_were(session: Session) -> None:
    source = add(session)
    for n in range(5):
        send(session, source, wire(headline=f"Explosion, {n} injured"), wire("np-2"))
    session.commit()
    session.expunge_all()
    loaded: list[Item] = []
    event.listen(session, "loaded_as_persistent", lambda _, row: loaded.append(row) if isinstance(row, Item) else None)
    source = session.get_one(Source, source.id)
    assert send(session, source, wire(headline="Explosion, 5 injured"), wire("np-2")) == Taken(revised=1, same=1)
    assert sorted((row.guid, row.revision) for row in loaded) == [("np-1", 5), ("np-2", 1)]


def test_a_feed_that_shows_old_copy_below_its_correction_does_not_go_back_to_it(session: Session) -> None:
    source = add(session)
    old = wire(version_created=NOW)
    new = wire(headline="Explosion at grain store", version_created=NOW + HOUR)
    assert send(session, source, old) == Taken(new=1)
    assert send(session, source, new, old) == Taken(revised=1, same=1)
    assert standing(session).headline == "Explosion at grain store"
