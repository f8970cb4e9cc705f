"""The board: every story in one band, the most urgent first; whose move it is; and numbers that agree with pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from desk import permissions
from desk.actor import Role
from desk.errors import DeskError, NotFound
from desk.newsroom import approving, bands, board, menu, reminding
from desk.outbox import service as outbox
from desk.outbox.models import Delivery
from desk.people.models import Desk, Person
from desk.stories.models import STATES, Story
from desk.wires.models import Use
from tests import factories
from tests.newsroom.walk import begin, copy

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass
class Wall:
    """A desk in Brussels and its editor, before a board on which stories are put as they are needed."""

    session: Session
    now: datetime
    desk: Desk
    eva: Person
    made: int = field(default=0)

    def story(self, state: str = "commissioned", *, on: Desk | None = None, **more: object) -> Story:
        self.made += 1
        row = factories.story(self.session, on or self.desk, f"A/{self.made}")
        more.setdefault("changed_at", self.now)
        if state == "held":
            more.setdefault("came_from", "commissioned")
        if state == "scheduled":
            more.setdefault("release_at", self.now + HOUR)
        for name, value in more.items():
            setattr(row, name, value)
        row.state = state
        self.session.flush()
        return row

    def seen(self, by: Person | None = None, desk: str | None = None, view: str | None = None) -> board.Board:
        who = by or self.eva
        return board.page(self.session, factories.actor(self.session, who), who, desk=desk, view=view, now=self.now)

    def bands(self, by: Person | None = None, **asked: str | None) -> dict[str, list[str]]:
        return {band.key: [row.slug for row in band.rows] for band in self.seen(by, **asked).bands}

    def counts(self, by: Person | None = None) -> menu.Counts:
        return menu.counts(self.session, factories.actor(self.session, by or self.eva))


@pytest.fixture
def wall(session: Session, now: datetime) -> Wall:
    desk = factories.desk(session)
    return Wall(session, now, desk, factories.person(session, "Eva Janssens", roles=((desk, "editor"),)))


def only(found: board.Board) -> board.Row:
    (row,) = [row for band in found.bands for row in band.rows]
    return row


# bands


@pytest.mark.parametrize("state", ["commissioned", "reporting"])
@pytest.mark.parametrize(
    ("due", "band"),
    [
        (-HOUR, "late"),
        (-timedelta(microseconds=1), "late"),
        (timedelta(0), "soon"),
        (3 * HOUR, "soon"),
        (3 * HOUR + timedelta(microseconds=1), "today"),
        (timedelta(hours=9, minutes=22), "today"),  # 23:59 in Brussels, and 22:59 in London
        (timedelta(hours=9, minutes=23), "later"),
        (timedelta(days=40), "later"),
        (None, "undated"),
    ],
)
def test_a_story_that_is_not_filed_stands_by_its_deadline(
    wall: Wall, state: str, due: timedelta | None, band: str
) -> None:
    wall.story(state, due_at=None if due is None else wall.now + due)
    for view in (None, "deadline"):
        assert wall.bands(desk=wall.desk.public_id, view=view) == {band: ["A/1"]}
    row = only(wall.seen())
    assert row.late == (band == "late")
    assert row.soon == (band == "soon")


@pytest.mark.parametrize(
    ("state", "band"),
    [
        ("pitched", "late"), ("filed", "desk"), ("editing", "desk"), ("approved", "desk"), ("held", "held"),
        ("published", "out"), ("killed", "out"),
    ],
)  # fmt: skip
def test_once_copy_is_in_a_deadline_gone_by_makes_nothing_late(wall: Wall, state: str, band: str) -> None:
    wall.story(state, due_at=wall.now - HOUR)
    assert wall.bands() == {band: ["A/1"]}
    assert only(wall.seen()).late == (band == "late")


def test_a_scheduled_story_stands_where_it_goes_out(wall: Wall) -> None:
    for hours in (30, 2, -0.1):
        wall.story("scheduled", due_at=wall.now - HOUR, release_at=wall.now + timedelta(hours=hours))
    assert wall.bands() == {"soon": ["A/3", "A/2"], "later": ["A/1"]}


def test_the_day_ends_where_the_desk_is_or_for_all_desks_where_the_reader_is(wall: Wall) -> None:
    wall.story(due_at=datetime(2026, 11, 24, 22, 30, tzinfo=UTC))  # 23:30 in Brussels, 07:30 tomorrow in Tokyo
    wall.eva.present_zone = "Asia/Tokyo"
    assert wall.bands() == {"later": ["A/1"]}
    assert wall.bands(desk=wall.desk.public_id) == {"today": ["A/1"]}
    assert wall.seen(desk=wall.desk.public_id).zone == "Europe/Brussels"


def test_spiked_stories_and_what_went_out_a_day_ago_are_off_the_board(wall: Wall) -> None:
    wall.story("spiked")
    for state in ("published", "killed"):
        wall.story(state, changed_at=wall.now - timedelta(hours=24))
    assert wall.seen().empty
    wall.story("published", changed_at=wall.now - timedelta(hours=24) + MINUTE)
    wall.story("killed", changed_at=wall.now - HOUR)
    assert wall.bands() == {"out": ["A/5", "A/4"]}


def test_in_a_band_the_most_urgent_comes_first(wall: Wall) -> None:
    for hours in (2, 1, 30, 20, -1, -2):
        wall.story(due_at=wall.now + timedelta(hours=hours))
    waiting = [wall.story("filed") for _ in range(3)]
    for row, minutes in zip(waiting, (10, 50, 30), strict=True):
        factories.version(wall.session, row).filed_at = wall.now - minutes * MINUTE
    wall.session.flush()
    assert wall.bands() == {
        "late": ["A/6", "A/5"],
        "desk": ["A/8", "A/9", "A/7"],
        "soon": ["A/2", "A/1"],
        "later": ["A/4", "A/3"],
    }


@pytest.mark.parametrize("view", [None, "state"])
def test_every_unfinished_story_stands_in_one_band_and_the_count_in_the_menu_agrees(
    wall: Wall, view: str | None
) -> None:
    other = factories.desk(wall.session, "Sports desk")
    for state in STATES:
        for due in (None, -HOUR, 2 * HOUR, 40 * HOUR):
            on = other if due == 2 * HOUR else wall.desk
            wall.story(state, on=on, due_at=None if due is None else wall.now + due)
    bands = wall.bands(view=view)
    slugs = [slug for rows in bands.values() for slug in rows]
    assert len(slugs) == len(set(slugs)) == wall.made - 4
    assert wall.counts().desk == len(slugs) - len(bands["out"])
    of_one = [slug for rows in wall.bands(desk=other.public_id, view=view).values() for slug in rows]
    assert len(of_one) == 10
    with pytest.raises(NotFound):
        wall.seen(desk="nosuchdesk")


def test_by_state_the_bands_are_the_states_in_the_order_of_work(wall: Wall) -> None:
    for state in reversed(STATES):
        wall.story(state)
    assert list(wall.bands(view="state")) == [
        "pitched", "commissioned", "reporting", "filed", "editing", "approved", "scheduled", "held", "out",
    ]  # fmt: skip


def test_at_nobodys_are_the_stories_that_nobody_has(wall: Wall) -> None:
    olena = factories.person(wall.session)
    has, offered, cancelled, _bare = (wall.story() for _ in range(4))
    factories.assignment(wall.session, has, assignee=olena)
    factories.offer(wall.session, factories.assignment(wall.session, offered), olena)
    factories.assignment(wall.session, cancelled, assignee=olena, state="cancelled")
    slugs = [slug for rows in wall.bands(view="nobody").values() for slug in rows]
    assert slugs == ["A/2", "A/3", "A/4"]


def test_what_somebody_left_unfiled_who_is_shut_out_is_nobodys_and_the_row_says_whose_it_was(wall: Wall) -> None:
    olena, nino = factories.person(wall.session), factories.person(wall.session, "Nino Kapanadze")
    left, filed = wall.story("reporting"), wall.story("filed")
    factories.assignment(wall.session, left, assignee=nino, deadline=wall.now + HOUR)
    factories.assignment(wall.session, left, assignee=olena, deadline=wall.now + 2 * HOUR)
    factories.assignment(wall.session, filed, assignee=olena, state="filed")
    assert wall.bands(view="nobody") == {}
    olena.disabled_at = wall.now
    wall.session.flush()
    row = only(wall.seen(view="nobody"))
    assert (row.slug, row.lead and (row.lead.name, row.lead.left_by)) == ("A/1", (None, "Olena Demchuk"))


# a row


def test_a_row_says_who_has_it_where_they_are_and_what_they_said(wall: Wall) -> None:
    olena, nino = factories.person(wall.session), factories.person(wall.session, "Nino Kapanadze", zone="Asia/Tbilisi")
    story = wall.story("reporting")
    later = factories.assignment(wall.session, story, assignee=olena, deadline=wall.now + 9 * HOUR)
    later.said = "Two voices, one to come"
    first = factories.assignment(wall.session, story, deadline=wall.now + HOUR)
    for who, state in ((olena, "made"), (nino, "made"), (wall.eva, "declined")):
        factories.offer(wall.session, first, who, state=state)
    factories.assignment(wall.session, story, assignee=nino, state="cancelled", deadline=wall.now)
    row = only(wall.seen())
    assert [(of.name, of.zone, of.offered, of.said) for of in row.commissions] == [
        (None, None, 2, None),
        ("Olena Demchuk", "Europe/Kyiv", 0, "Two voices, one to come"),
    ]
    assert row.lead == row.commissions[0]


def test_a_late_row_names_who_was_reminded_that_it_is_late_and_a_new_deadline_begins_anew(wall: Wall) -> None:
    story = wall.story("reporting", due_at=wall.now - MINUTE)
    olena = factories.person(wall.session)
    work = factories.assignment(wall.session, story, assignee=olena, editor=wall.eva, deadline=wall.now - MINUTE)
    reminding.plan(wall.session, work, now=wall.now - HOUR)
    row = only(wall.seen())
    assert (row.late, row.told) == (True, ())
    wall.now += 15 * MINUTE
    reminding.fire_due(wall.session, wall.now)
    row = only(wall.seen())
    assert (row.late, row.told) == (True, ["Eva Janssens", "Olena Demchuk"])
    work.deadline_no = 2
    wall.session.flush()
    assert not only(wall.seen()).told


def test_late_rows_are_asked_about_at_once(wall: Wall) -> None:
    asked: list[str] = []
    event.listen(wall.session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    counts = []
    for rows in (1, 5):
        for _ in range(rows):
            story = wall.story("reporting", due_at=wall.now - HOUR)
            factories.assignment(wall.session, story, deadline=wall.now - HOUR)
        wall.session.expire_all()
        asked.clear()
        wall.seen()
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_row_bears_the_newest_headline_and_before_there_is_one_the_title(wall: Wall) -> None:
    story = wall.story("reporting")
    assert (only(wall.seen()).headline, only(wall.seen()).version) == (story.title, None)
    factories.version(wall.session, story, headline="Ships wait")
    factories.version(wall.session, story, headline="Ships sail")
    row = only(wall.seen())
    assert (row.headline, row.version) == ("Ships sail", 2)
    factories.version(wall.session, story, headline="")
    assert only(wall.seen()).headline == story.title


def test_what_is_out_says_which_edition_and_why(wall: Wall) -> None:
    story = wall.story("published")
    factories.edition(wall.session, story, at=wall.now - 2 * HOUR)
    factories.edition(wall.session, story, "correction", wrong="a", right="b", at=wall.now - HOUR)
    row = only(wall.seen())
    assert (row.edition, row.cause, row.published_at) == (2, "correction", wall.now - HOUR)


def test_a_row_knows_the_last_embargo_ahead_the_desks_or_that_of_its_wire(wall: Wall) -> None:
    story = wall.story("approved")
    for hours, superseded in ((3, False), (9, True), (-1, False)):
        item = factories.item(wall.session, embargo_at=wall.now + hours * HOUR)
        item.superseded_at = wall.now if superseded else None
        wall.session.add(Use(story_id=story.id, item_id=item.id, by_id=wall.eva.id, at=wall.now))
    for own, last in ((None, 3), (2, 3), (5, 5)):
        story.embargo_at = None if own is None else wall.now + own * HOUR
        wall.session.flush()
        assert only(wall.seen()).embargo_at == wall.now + last * HOUR
    assert not only(wall.seen()).killed_wire
    wall.now += 6 * HOUR
    assert only(wall.seen()).embargo_at is None


def test_copy_that_was_returned_is_marked_until_it_is_filed_again(session: Session, now: datetime) -> None:
    walk = begin(session, now)

    def marked() -> bool:
        bands = board.page(session, walk.actor(walk.eva), walk.eva, desk=None, view=None, now=walk.now).bands
        (row,) = [row for band in bands for row in band.rows]
        return row.returned

    walk.file(walk.olena)
    walk.now += MINUTE
    for again in ("Which four states?", "And who said so?"):
        assert not marked()
        walk.send_back(walk.arthur, again)
        walk.now += MINUTE
        assert marked()
        walk.save(walk.olena, copy(again))
        assert marked()
        walk.now += MINUTE
        walk.file(walk.olena)
        walk.now += MINUTE
    assert not marked()


def test_a_story_on_a_wire_that_was_killed_says_so_though_it_used_an_earlier_revision(wall: Wall) -> None:
    item = factories.item(wall.session)
    wall.session.add(Use(story_id=wall.story().id, item_id=item.id, by_id=wall.eva.id, at=wall.now))
    wall.session.flush()
    assert not only(wall.seen()).killed_wire
    item.superseded_at = wall.now
    factories.item(wall.session, of=item).pubstatus = "canceled"
    wall.session.flush()
    assert only(wall.seen()).killed_wire


# whose move it is


@pytest.mark.parametrize(
    ("role", "needs"),
    [
        ("editor", {"filed", "editing", "approved"}),
        ("approver", {"filed", "editing"}),
        ("correspondent", set()),
    ],
)
def test_copy_waits_for_those_who_may_move_it_on_this_desk_and_for_nobody_else(
    wall: Wall, role: Role, needs: set[str]
) -> None:
    here = factories.person(wall.session, "Here", roles=((wall.desk, role),))
    elsewhere = factories.person(wall.session, "Elsewhere", roles=((factories.desk(wall.session, "Sports"), role),))
    for state in STATES:
        story = wall.story(state)
        if state not in ("pitched", "commissioned"):
            factories.version(wall.session, story)
    rows = [row for band in wall.seen(here).bands for row in band.rows]
    assert {row.state for row in rows if row.need} == needs
    assert not any(row.need for band in wall.seen(elsewhere).bands for row in band.rows)
    assert {slug for rows in wall.bands(here, view="mine").values() for slug in rows} >= {
        row.slug for row in rows if row.need
    }


def test_nobody_is_asked_to_approve_what_they_wrote_themselves(wall: Wall) -> None:
    story = wall.story("filed")
    version = factories.version(wall.session, story)
    version.author_id = wall.eva.id
    wall.session.flush()
    assert not only(wall.seen()).need
    assert wall.counts().waiting == 0


def test_what_waits_for_somebody_is_what_they_can_do_something_about(session: Session, now: datetime) -> None:
    """Whoever is told that copy waits for their approval is not refused when they give it."""
    walk = begin(session, now)
    walk.file(walk.emil)
    walk.save(walk.eva, copy("Ministers agree, with a comma"))
    for who in (walk.eva, walk.emil, walk.arthur, walk.olena, walk.colm):
        actor = walk.actor(who)
        try:
            approving.approve(session, actor, walk.story.public_id, walk.last.public_id, "", now=now)
            may = True
        except DeskError:
            may = False
        if may:
            approving.send_back(session, actor, walk.story.public_id, walk.last.public_id, "Again", now=now)
            walk.story.state = "editing"
            session.flush()
        assert [row.slug for row in board.waiting(session, actor, now)] == (["GRAIN/CORRIDOR"] if may else []), who.name


@pytest.mark.parametrize("roles", [("editor",), ("approver",), ("correspondent",), ("editor", "approver"), ()])
def test_the_number_that_waits_is_the_length_of_the_page_that_shows_it(wall: Wall, roles: Sequence[Role]) -> None:
    reader = factories.person(wall.session, "Arthur Lim", roles=tuple((wall.desk, role) for role in roles))
    other = factories.desk(wall.session, "Sports desk")
    for state in ("reporting", "filed", "editing", "approved", "scheduled"):
        for on in (wall.desk, other):
            if state != "approved":
                wall.story(state, on=on)
            for author in (reader, wall.eva, None):
                factories.version(wall.session, wall.story(state, on=on)).author_id = author.id if author else None
    wall.session.flush()
    actor = factories.actor(wall.session, reader)
    waiting = board.waiting(wall.session, actor, wall.now)
    assert wall.counts(reader).waiting == len(waiting)
    assert {row.desk for row in waiting} <= {wall.desk.name}


# very many stories


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board that shows two rows in a band."""
    monkeypatch.setattr(board, "A_BAND", 2)


def rest(found: board.Board) -> dict[str, tuple[list[str], int]]:
    return {band.key: ([row.slug for row in band.rows], band.rest) for band in found.bands}


@pytest.mark.usefixtures("narrow")
def test_a_band_shows_the_most_urgent_and_says_how_many_more_there_are(wall: Wall) -> None:
    for hours in (-9, -8, -7, 30, 20, 25, 2, 1):
        wall.story(due_at=wall.now + HOUR * hours)
    for _ in range(3):
        wall.story(due_at=None)
    assert rest(wall.seen()) == {
        "late": (["A/2", "A/3"], 1),  # of what is late, what has just become so
        "soon": (["A/8", "A/7"], 0),
        "later": (["A/5", "A/6"], 1),
        "undated": (["A/9", "A/10"], 1),
    }
    assert rest(wall.seen(view="state")) == {"commissioned": (["A/1", "A/2"], 9)}


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("view", [None, "state", "mine"])
def test_what_waits_for_the_reader_is_shown_however_much_there_is(wall: Wall, view: str | None) -> None:
    sports = factories.desk(wall.session, "Sports desk")
    for n in range(4):
        wall.story(due_at=wall.now - (n + 1) * HOUR)
        factories.version(wall.session, wall.story("filed", due_at=None))
        factories.version(wall.session, wall.story("filed", on=sports))
        wall.story("approved")
    found = wall.seen(view=view)
    needed = [row for band in found.bands for row in band.rows if row.need]
    assert len(needed) == found.waiting == wall.counts().waiting == 8
    others = {band.key: band.rest for band in found.bands if band.rest}
    assert others == ({} if view == "mine" else {"filed": 2, "commissioned": 2} if view else {"late": 2, "desk": 2})


def test_what_waits_for_me_is_told_whatever_the_board_shows(wall: Wall) -> None:
    sports = factories.desk(wall.session, "Sports desk")
    for minutes in (5, 50, 20):
        version = factories.version(wall.session, wall.story("filed"))
        version.filed_at = wall.now - minutes * MINUTE
    wall.session.flush()
    for view, desk in ((None, None), ("nobody", None), (None, sports.public_id)):
        assert [row.slug for row in wall.seen(view=view, desk=desk).todos] == ["A/2", "A/3", "A/1"]


def test_at_the_desk_what_i_can_move_stands_before_what_others_must(wall: Wall) -> None:
    for author in (wall.eva.id, None):
        version = factories.version(wall.session, wall.story("filed"))
        version.author_id = author
        version.filed_at = wall.now - (HOUR if author else MINUTE)
    wall.session.flush()
    assert wall.bands() == {"desk": ["A/2", "A/1"]}


@pytest.mark.usefixtures("narrow")
def test_of_what_went_out_today_the_newest_are_shown(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "OUT", 2)
    for minutes in (3, 1, 2):
        wall.story("published", changed_at=wall.now - minutes * MINUTE)
    assert rest(wall.seen()) == {"out": (["A/2", "A/3"], 1)}


@pytest.mark.parametrize("zone", ["Europe/Brussels", "Asia/Tokyo"])
def test_what_is_read_and_what_is_asked_of_the_database_stand_in_the_same_band(wall: Wall, zone: str) -> None:
    midnight = bands.tomorrow(wall.now, zone)
    edges = (-HOUR, timedelta(0), 3 * HOUR, midnight - wall.now)
    dues = [None, *(wall.now + edge + step for edge in edges for step in (-MINUTE / 60, timedelta(0), MINUTE / 60))]
    for state in STATES:
        for due in dues:
            wall.story(state, due_at=due, release_at=due or wall.now if state == "scheduled" else due)
    asked: dict[int, list[str]] = {}
    for band in bands.BANDS:
        for story_id in wall.session.scalars(select(Story.id).where(bands.in_band(band, wall.now, midnight))):
            asked.setdefault(story_id, []).append(band)
    for row in wall.session.scalars(select(Story)):
        if row.state in ("spiked", "published", "killed"):
            assert asked.get(row.id, []) == ([] if row.state == "spiked" else ["out"])
        else:
            assert asked[row.id] == [bands.band_of(row.state, row.due_at, row.release_at, wall.now, midnight)]


# the menu


def test_mine_counts_what_i_have_and_what_i_am_asked(wall: Wall) -> None:
    olena, story = factories.person(wall.session), wall.story("reporting")
    for state in ("accepted", "reporting", "filed", "done", "cancelled"):
        factories.assignment(wall.session, story, assignee=olena, state=state)
    for state in ("made", "declined", "withdrawn", "lapsed"):
        factories.offer(wall.session, factories.assignment(wall.session, story), olena, state=state)
    assert wall.counts(olena).mine == 4
    assert wall.counts().mine == 0


def test_unread_and_dead_are_counted_without_what_was_cancelled(wall: Wall) -> None:
    facts = {"secret": "x", "agency": "Meridian News"}
    told = [
        outbox.put(wall.session, kind, f"{kind}:{n}", ("person", wall.eva.id), now=wall.now, facts=facts)
        for n, kind in enumerate(("filed", "filed", "filed", "reset"))
    ]
    seen, cancelled = told[0], told[1]
    assert seen is not None
    assert cancelled is not None
    seen.seen_at = cancelled.cancelled_at = wall.now
    for delivery, state in zip(
        wall.session.query(Delivery).order_by(Delivery.id), ("dead", "dead", "parked"), strict=False
    ):
        delivery.state = state
    wall.session.flush()
    assert (wall.counts().unread, wall.counts().dead) == (1, 2)


def test_the_clocks_are_the_readers_and_the_desks_each_once_and_no_more_than_five(wall: Wall) -> None:
    wall.eva.present_zone = "Asia/Tbilisi"
    assert menu.clocks(wall.session, wall.eva) == ["Asia/Tbilisi", "Europe/Brussels"]
    for n, zone in enumerate(("Asia/Tbilisi", "UTC", "Asia/Tokyo", "America/Lima", "Africa/Accra")):
        factories.desk(wall.session, f"Desk {n}", zone)
    assert len(menu.clocks(wall.session, wall.eva)) == 5


def test_a_story_can_be_made_from_the_board_by_those_who_may_make_one(wall: Wall) -> None:
    ada = factories.person(wall.session, "Ada Novak", is_admin=True)
    assert wall.seen().can_make
    assert not wall.seen(ada).can_make
    assert permissions.could(factories.actor(wall.session, ada), "board.read")
