"""Finding stories: by words, person, state, desk and day, in the archive too; nobody finds what they may not read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.drafts import queries as drafts
from desk.drafts.rules import Copy
from desk.errors import DeskError, Forbidden, Invalid, NotFound
from desk.newsroom import finding, publishing, reading
from desk.people.models import Desk, Person
from desk.stories import service as stories
from desk.stories.models import STATES, Story
from tests import factories
from tests.newsroom.walk import begin


@dataclass
class Archive:
    """Two desks with an editor each, a correspondent for both, and stories that are made as they are needed."""

    session: Session
    world: Desk
    sports: Desk
    eva: Person
    olena: Person
    made: dict[str, Story] = field(default_factory=dict)

    def story(
        self,
        slug: str,
        title: str = "Ministers meet",
        *,
        on: Desk | None = None,
        state: str = "commissioned",
        changed: datetime = factories.NOW,
    ) -> Story:
        row = factories.story(self.session, on or self.world, slug, "commissioned")
        row.title, row.changed_at = title, changed
        if state == "held":
            row.came_from = "commissioned"
        if state == "scheduled":
            row.release_at = changed
        row.state = state
        row.search_text = stories.search_text(row)
        self.session.flush()
        self.made[slug] = row
        return row

    def find(self, words: str = "", by: Person | None = None, *, page: int = 1, **wanted: object) -> list[str]:
        actor = factories.actor(self.session, by or self.eva)
        asked = finding.Wanted(words=words, **wanted)  # type: ignore[arg-type]  # a test names real fields
        hits, _more = finding.find(self.session, actor, asked, now=factories.NOW, page=page)
        return [hit.story.slug for hit in hits]


@pytest.fixture
def archive(session: Session) -> Archive:
    world, sports = factories.desk(session), factories.desk(session, "Sports desk")
    eva = factories.person(session, "Eva Janssens", roles=((world, "editor"),))
    olena = factories.person(session, roles=((world, "correspondent"), (sports, "correspondent")))
    return Archive(session, world, sports, eva, olena)


# by words


def test_every_word_must_stand_in_slug_title_places_or_the_newest_headline(session: Session, now: datetime) -> None:
    walk = begin(session, now)
    walk.story.search_text = stories.search_text(walk.story)
    walk.save(walk.olena, Copy(headline="Ships wait in the Bosporus", body_html="<p>Insurers hesitate.</p>"))
    walk.save(walk.olena, Copy(headline="Ships sail", body_html="<p>Insurers agree.</p>"))
    actor = walk.actor(walk.eva)

    def hits(words: str) -> list[str]:
        return [hit.headline for hit in finding.find(session, actor, finding.Wanted(words=words), now=now)[0]]

    for words in ("grain corridor", "MINISTERS odesa", "ships sail", "sail lane", "istanb", ""):
        assert hits(words) == ["Ships sail"], words
    for words in ("bosporus", "ships bosporus", "corridors", "insurers"):
        assert hits(words) == [], words


def test_a_next_edition_that_is_given_up_gives_its_headline_up(session: Session, now: datetime) -> None:
    walk = begin(session, now)
    walk.published()
    public_id, eva = walk.story.public_id, walk.actor(walk.eva)
    publishing.prepare_edition(session, eva, public_id, walk.last.public_id, "update", "", "", now)
    walk.save(walk.eva, replace(drafts.copy_of(session, walk.last), headline="Zebras sail"))
    assert len(finding.find(session, eva, finding.Wanted(words="zebra"), now=now)[0]) == 1
    publishing.abandon_edition(session, eva, public_id, walk.last.public_id, now)
    assert finding.find(session, eva, finding.Wanted(words="zebra"), now=now)[0] == []
    assert len(finding.find(session, eva, finding.Wanted(words=walk.last.headline), now=now)[0]) == 1


def test_a_story_without_copy_is_found_by_its_title_and_shown_with_it(archive: Archive, session: Session) -> None:
    archive.story("FLOOD/SERBIA", "The Sava rises")
    hits, more = finding.find(
        session, factories.actor(session, archive.eva), finding.Wanted(words="sava"), now=factories.NOW
    )
    assert [(hit.headline, hit.desk) for hit in hits] == [("The Sava rises", "World desk")]
    assert not more


# by state, desk and day


def test_every_state_is_found_the_archive_included(archive: Archive) -> None:
    for state in STATES:
        archive.story(f"A/{state.upper()}", state=state, changed=factories.NOW - timedelta(days=900))
    assert set(archive.find()) == {f"A/{state.upper()}" for state in STATES}
    for state in STATES:
        assert archive.find(state=state) == [f"A/{state.upper()}"]
    with pytest.raises(Invalid, match="no state called burnt") as refused:
        archive.find(state="burnt")
    assert refused.value.field == "state"


def test_one_desk_is_asked_for_by_name_and_an_unknown_one_is_said_to_be_none(archive: Archive) -> None:
    archive.story("A/WORLD")
    archive.story("A/SPORTS", on=archive.sports)
    assert archive.find(desk=archive.sports.public_id) == ["A/SPORTS"]
    with pytest.raises(NotFound, match="no such desk"):
        archive.find(desk="nosuchdesk")
    with pytest.raises(NotFound, match="no such person"):
        archive.find(person="nosuchone")


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC", {"A/EARLY": 24, "A/NOON": 24, "A/LATE": 24}),
        ("Asia/Tokyo", {"A/EARLY": 24, "A/NOON": 24, "A/LATE": 25}),
        ("America/New_York", {"A/EARLY": 23, "A/NOON": 24, "A/LATE": 24}),
        ("Pacific/Kiritimati", {"A/EARLY": 24, "A/NOON": 25, "A/LATE": 25}),
    ],
)
def test_a_day_is_the_day_where_its_reader_is(archive: Archive, zone: str, days: dict[str, int]) -> None:
    archive.story("A/EARLY", changed=datetime(2026, 11, 24, 0, 0, tzinfo=UTC))
    archive.story("A/NOON", changed=datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    archive.story("A/LATE", changed=datetime(2026, 11, 24, 23, 59, 59, 999_999, tzinfo=UTC))
    for day in (22, 23, 24, 25, 26):
        that = date(2026, 11, day)
        assert set(archive.find(since=that, until=that, zone=zone)) == {slug for slug in days if days[slug] == day}
        assert set(archive.find(since=that, zone=zone)) == {slug for slug in days if days[slug] >= day}
        assert set(archive.find(until=that, zone=zone)) == {slug for slug in days if days[slug] <= day}


def test_a_day_on_which_the_clocks_change_has_all_its_hours(archive: Archive) -> None:
    archive.story("A/FIRST", changed=datetime(2026, 10, 24, 22, 0, tzinfo=UTC))
    archive.story("A/LAST", changed=datetime(2026, 10, 25, 22, 59, tzinfo=UTC))
    archive.story("A/NEXT", changed=datetime(2026, 10, 25, 23, 0, tzinfo=UTC))
    sunday = date(2026, 10, 25)
    assert archive.find(since=sunday, until=sunday, zone="Europe/Brussels") == ["A/LAST", "A/FIRST"]


def test_the_first_and_the_last_day_that_can_be_written_are_days(archive: Archive) -> None:
    archive.story("A/STORY")
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert archive.find(since=date.min, until=date.max, zone=zone) == ["A/STORY"]
        assert archive.find(since=date.max, zone=zone) == []
        assert archive.find(until=date.min, zone=zone) == []


def test_a_band_of_the_board_is_found_with_all_its_stories(archive: Archive, session: Session) -> None:
    """Where a board shows some of a band, finding shows all of it."""
    dues = {"A/LATE": -2, "A/SOON": 2, "A/TODAY": 8, "A/LATER": 30}
    for slug, hours in dues.items():
        archive.story(slug).due_at = factories.NOW + timedelta(hours=hours)
    archive.story("A/UNDATED")
    archive.story("A/FILED", state="filed").due_at = factories.NOW - timedelta(hours=9)
    archive.story("A/OUT", state="published").due_at = factories.NOW - timedelta(hours=9)
    session.flush()
    found = {state: archive.find(state=state) for state in ("late", "soon", "today", "later", "undated", "desk", "out")}
    assert found == {
        "late": ["A/LATE"], "soon": ["A/SOON"], "today": ["A/TODAY"], "later": ["A/LATER"], "undated": ["A/UNDATED"],
        "desk": ["A/FILED"], "out": ["A/OUT"],
    }  # fmt: skip


def test_a_band_goes_by_the_clock_of_the_desk_that_is_asked_for(archive: Archive, session: Session) -> None:
    archive.story("A/NIGHT").due_at = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 23:30 in Brussels
    session.flush()
    assert archive.find(state="later", zone="Asia/Tokyo") == ["A/NIGHT"]
    assert archive.find(state="today", zone="Asia/Tokyo", desk=archive.world.public_id) == ["A/NIGHT"]


def test_what_nobody_has_is_found(archive: Archive, session: Session) -> None:
    factories.assignment(session, archive.story("A/HAS"), assignee=archive.olena)
    factories.assignment(session, archive.story("A/OPEN"))
    archive.story("A/BARE")
    assert set(archive.find(person=finding.NOBODY)) == {"A/OPEN", "A/BARE"}


# people and the wire


def test_people_are_found_by_the_beginnings_of_their_names_and_titles(archive: Archive, session: Session) -> None:
    factories.person(session, "Élodie Jansen", title="Black Sea correspondent")
    actor = factories.actor(session, archive.eva)
    for words, names in (
        ("jans", ["Eva Janssens", "Élodie Jansen"]), ("elodie", ["Élodie Jansen"]), ("sea jan", ["Élodie Jansen"]),
        ("ansen", []), ("", []), ("%", []),
    ):  # fmt: skip
        assert sorted(one.name for one in finding.people(session, actor, words)) == sorted(names), words


def test_the_wire_is_found_by_its_words_the_newest_first_and_as_it_stands(archive: Archive, session: Session) -> None:
    old, new, superseded = (factories.item(session) for _ in range(3))
    for n, item in enumerate((old, new, superseded)):
        item.search_text, item.at = " grain ships ", factories.NOW + timedelta(minutes=n)
    superseded.superseded_at = factories.NOW
    session.flush()
    actor = factories.actor(session, archive.eva)
    assert [hit.item.id for hit in finding.wire(session, actor, "GRAI")] == [new.id, old.id]
    assert finding.wire(session, actor, " ") == []
    for ask in (finding.people, finding.wire):
        with pytest.raises(Forbidden):
            ask(session, Actor("person"), "grain")


def test_a_hit_shows_where_its_words_stand(archive: Archive, session: Session) -> None:
    archive.story("GRAIN/LANE", "Ministers meet in Odesa").headline_words = " ships sail "
    story = archive.made["GRAIN/LANE"]
    factories.version(session, story, headline="Ships sail")
    item = factories.item(session)
    item.headline, item.byline, item.search_text = (
        "Ships sail",
        "Olena Demchuk",
        " ships sail grain is wet olena demchuk ",
    )
    item.body_html = "<p>Rain.</p><p>The grain is wet.</p>"
    session.flush()
    actor = factories.actor(session, archive.eva)

    def joined(runs: Sequence[tuple[bool, str]]) -> str:
        return "".join(f"[{text}]" if sought else text for sought, text in runs)

    asked = finding.Wanted(words="ship grain minis ist")
    ((hit,), _more) = finding.find(session, actor, asked, now=factories.NOW)
    assert [joined(one) for one in (hit.slug, hit.shown, hit.places, *hit.why)] == [
        "[GRAIN]/LANE", "[Ships] sail", "ODESA/[ISTANBUL]", "[Ministers] meet in Odesa",
    ]  # fmt: skip
    (found,) = finding.wire(session, actor, "sail wet demchuk")
    assert [joined(one) for one in (found.shown, *found.why)] == [
        "Ships [sail]", "Rain. The grain is [wet].", "Olena [Demchuk]",
    ]  # fmt: skip


# in order, a page at a time


def test_the_newest_come_first_a_page_at_a_time(archive: Archive, session: Session) -> None:
    for n in range(finding.A_PAGE + 3):
        archive.story(f"A/{n}", changed=factories.NOW + timedelta(minutes=n // 2))
    actor = factories.actor(session, archive.eva)
    first, more = finding.find(session, actor, finding.Wanted(), now=factories.NOW)
    assert (len(first), more) == (finding.A_PAGE, True)
    last, more = finding.find(session, actor, finding.Wanted(), now=factories.NOW, page=2)
    assert (len(last), more) == (3, False)
    slugs = [hit.story.slug for hit in [*first, *last]]
    assert slugs == [f"A/{n}" for n in reversed(range(finding.A_PAGE + 3))]


@pytest.mark.parametrize(("page", "hits"), [(0, 1), (-7, 1), (2, 0), (10**30, 0)])
def test_a_page_that_there_is_not_is_empty_or_the_first(archive: Archive, page: int, hits: int) -> None:
    archive.story("A/STORY")
    assert len(archive.find(page=page)) == hits


# by person, and for whom


def test_a_person_is_found_by_what_they_have_are_offered_wrote_or_made(archive: Archive, session: Session) -> None:
    factories.assignment(session, archive.story("A/HAS"), assignee=archive.olena)
    factories.offer(session, factories.assignment(session, archive.story("A/OFFERED")), archive.olena)
    declined = factories.assignment(session, archive.story("A/DECLINED"))
    factories.offer(session, declined, archive.olena, state="declined")
    wrote = archive.story("A/WROTE")
    factories.version(session, wrote).author_id = archive.olena.id
    archive.story("A/MADE").made_by = archive.olena.id
    archive.story("A/OTHER")
    session.flush()
    assert set(archive.find(person=archive.olena.public_id)) == {"A/HAS", "A/OFFERED", "A/WROTE", "A/MADE"}
    assert set(archive.find(person=archive.eva.public_id)) == set()


READERS: dict[str, Callable[[Archive, Session], Person]] = {
    "correspondent": lambda a, s: a.olena,
    "editor": lambda a, s: a.eva,
    "editor elsewhere": lambda a, s: factories.person(s, "Ed", roles=((a.sports, "editor"),)),
    "approver": lambda a, s: factories.person(s, "Arthur Lim", roles=((a.world, "approver"),)),
    "administrator": lambda a, s: factories.person(s, "Ada Novak", is_admin=True),
    "without a role": lambda a, s: factories.person(s, "New"),
}


@pytest.mark.parametrize("reader", READERS)
def test_nobody_finds_what_they_cant_open_nor_misses_what_they_can(
    archive: Archive, session: Session, reader: str
) -> None:
    """Correspondents find their own, those with a desk find everything."""
    olena = archive.olena
    for state in ("open", "accepted", "reporting", "filed", "done", "cancelled"):
        on = archive.story(f"A/{state.upper()}", on=archive.sports)
        factories.assignment(session, on, assignee=None if state == "open" else olena, state=state)
    for state in ("made", "accepted", "declined", "withdrawn", "lapsed"):
        on = archive.story(f"O/{state.upper()}")
        factories.offer(session, factories.assignment(session, on), olena, state=state)
    factories.version(session, archive.story("V/WROTE")).author_id = olena.id
    archive.story("M/MADE").made_by = olena.id
    archive.story("N/NOTHING")
    session.flush()
    person = READERS[reader](archive, session)
    actor = factories.actor(session, person)
    found = archive.find(by=person)
    assert len(found) == len(set(found))
    assert set(found) == {slug for slug, row in archive.made.items() if _opens(session, actor, row)}
    if person is olena:
        assert "N/NOTHING" not in found
        assert {"A/FILED", "O/MADE"} <= set(found)
    elif reader != "without a role":
        assert len(found) == len(archive.made)
    else:
        assert found == []


def test_a_correspondent_asks_for_anothers_work_and_finds_only_what_they_share(
    archive: Archive, session: Session
) -> None:
    nino = factories.person(session, "Nino Kapanadze", roles=((archive.world, "correspondent"),))
    both = archive.story("A/BOTH")
    for who in (archive.olena, nino):
        factories.assignment(session, both, assignee=who)
    factories.assignment(session, archive.story("A/HERS"), assignee=archive.olena)
    assert archive.find(by=nino, person=archive.olena.public_id) == ["A/BOTH"]


def test_nobody_who_is_nobody_finds_anything(archive: Archive, session: Session) -> None:
    with pytest.raises(Forbidden):
        finding.find(session, Actor("person"), finding.Wanted(), now=factories.NOW)


def _opens(session: Session, actor: Actor, row: Story) -> bool:
    try:
        reading.story_for(session, actor, row.public_id)
    except DeskError:
        return False
    return True
