"""The ladder of reminders: what is planned, what moves with a deadline, and what is told after an outage."""

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk import clock
from desk.reminders.rules import (
    LADDER,
    Bundle,
    Cancel,
    Due,
    Facts,
    Planned,
    RungName,
    bundle,
    part_of,
    plan,
    replan,
    settle,
)

NOW = datetime(2026, 11, 24, 13, 37, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
GRACE = 5 * MINUTE
LI, NINO, EDITOR = "person:7", "person:8", "editor"
BOTH = {LI, EDITOR}


def wall(text: str) -> datetime:
    """A naive time on a wall."""
    return datetime.fromisoformat(text)


@dataclass
class Row:
    """A rung as a table would hold it."""

    rung: str
    whom: str
    deadline_no: int
    state: str
    due_at: datetime


def laid(planned: list[Planned], deadline_no: int = 1) -> list[Row]:
    return [Row(rung.rung, rung.whom, deadline_no, "planned", rung.due_at) for rung in planned]


def carry_out(rows: list[Row], deadline_at: datetime, deadline_no: int, now: datetime, whom: set[str]) -> list[Row]:
    """What a service does with a decision."""
    change = replan(rows, deadline_at, deadline_no, now, whom=whom)
    for row in change.cancel:
        row.state = "cancelled"
    for row, due_at in change.reset:
        row.state, row.due_at = "planned", due_at
    return rows + laid(list(change.add), deadline_no)


def named(rungs: list[Planned]) -> list[tuple[str, str]]:
    return [(rung.rung, rung.whom) for rung in rungs]


# --- planning


def test_the_correspondent_is_reminded_before_the_deadline_and_both_after_it() -> None:
    deadline = NOW + 48 * HOUR
    assert [(rung.rung, rung.whom, rung.due_at - deadline) for rung in plan(deadline, BOTH, NOW)] == [
        ("24h", LI, -24 * HOUR),
        ("2h", LI, -2 * HOUR),
        ("15min", LI, -15 * MINUTE),
        ("late15", LI, 15 * MINUTE),
        ("late15", EDITOR, 15 * MINUTE),
    ]


def test_the_editor_alone_hears_only_when_it_is_late() -> None:
    assert named(plan(NOW + 48 * HOUR, {EDITOR}, NOW)) == [("late15", EDITOR)]


def test_a_rung_already_past_at_acceptance_is_not_planned() -> None:
    assert named(plan(NOW + HOUR, {LI}, NOW)) == [("15min", LI), ("late15", LI)]
    assert named(plan(NOW + 2 * HOUR, {LI}, NOW)) == [("15min", LI), ("late15", LI)]
    assert plan(NOW - HOUR, BOTH, NOW) == []


def test_twenty_four_hours_are_hours_and_not_a_day_on_the_night_when_clocks_change() -> None:
    deadline = clock.moment(wall("2026-10-25 18:00"), "Europe/Brussels").at
    first = plan(deadline, {LI}, deadline - 72 * HOUR)[0]
    assert clock.moment_at(first.due_at, "Europe/Brussels").wall == wall("2026-10-24 19:00")


moments = st.integers(-72 * 60, 72 * 60).map(lambda minutes: NOW + minutes * MINUTE)
people = st.sets(st.sampled_from([LI, NINO, EDITOR]))


@given(moments, people, st.sampled_from(clock.zones()), st.datetimes(wall("2026-01-01"), wall("2027-12-31")))
def test_in_every_zone_rungs_lie_in_order_and_never_in_the_past(
    now: datetime, whom: set[str], zone: str, shown: datetime
) -> None:
    try:
        deadline = clock.moment(shown, zone, fold=0).at
    except clock.Skipped as skipped:
        deadline = skipped.after.at
    rungs = plan(deadline, whom, now)
    assert all(rung.due_at > now for rung in rungs)
    assert rungs == sorted(rungs, key=lambda rung: rung.due_at)
    for one in whom:
        own = [rung for rung in rungs if rung.whom == one]
        assert all(earlier.due_at < later.due_at for earlier, later in itertools.pairwise(own))
        assert {rung.rung for rung in own} == {
            step.rung for step in LADDER if step.part == part_of(one) and deadline + step.offset > now
        }


# --- planning again


def test_a_moved_deadline_re_times_every_rung_that_has_not_fired() -> None:
    rows = laid(plan(NOW + 20 * HOUR, BOTH, NOW))
    rows.append(Row("24h", LI, 1, "fired", NOW - 4 * HOUR))
    change = replan(rows, NOW + 22 * HOUR, 2, NOW, whom=BOTH)
    assert list(change.cancel) == rows[:4]
    assert list(change.add) == plan(NOW + 22 * HOUR, BOTH, NOW)
    assert not change.reset


def test_what_has_fired_stays_and_a_deadline_far_away_is_reminded_of_afresh() -> None:
    rows = [Row("24h", LI, 1, "fired", NOW - 23 * HOUR), Row("2h", LI, 1, "covered", NOW - HOUR)]
    change = replan(rows, NOW + 168 * HOUR, 2, NOW, whom={LI})
    assert not change.cancel
    assert named(list(change.add)) == [("24h", LI), ("2h", LI), ("15min", LI), ("late15", LI)]


def test_copy_that_is_returned_brings_back_the_rungs_still_ahead_and_no_others() -> None:
    rows = [
        Row("24h", LI, 1, "fired", NOW - 23 * HOUR),
        Row("2h", LI, 1, "cancelled", NOW - HOUR),
        Row("15min", LI, 1, "cancelled", NOW + 45 * MINUTE),
        Row("late15", LI, 1, "cancelled", NOW + 75 * MINUTE),
    ]
    change = replan(rows, NOW + HOUR, 1, NOW, whom={LI})
    assert list(change.reset) == [(rows[2], NOW + 45 * MINUTE), (rows[3], NOW + 75 * MINUTE)]
    assert not change.add
    assert not change.cancel


def test_acceptance_lays_the_correspondents_rungs_beside_the_editors() -> None:
    rows = laid(plan(NOW + 3 * HOUR, {EDITOR}, NOW))
    change = replan(rows, NOW + 3 * HOUR, 1, NOW, whom={LI})
    assert named(list(change.add)) == [("2h", LI), ("15min", LI), ("late15", LI)]
    assert not change.cancel
    assert not change.reset


def test_a_rung_overdue_for_the_standing_deadline_is_left_to_fire() -> None:
    rows = [Row("2h", LI, 1, "planned", NOW - MINUTE)]
    change = replan(rows, NOW + 119 * MINUTE, 1, NOW, whom={LI})
    assert not change.cancel
    assert not change.reset
    assert named(list(change.add)) == [("15min", LI), ("late15", LI)]


@given(
    moments,
    st.lists(
        st.tuples(st.sampled_from(["move", "again", "fire", "file", "pass"]), st.integers(0, 60 * 60), people),
        max_size=8,
    ),
)
def test_however_a_deadline_moves_no_rung_is_laid_twice_and_none_that_fired_comes_back(
    deadline: datetime, acts: list[tuple[str, int, set[str]]]
) -> None:
    now, number = NOW, 1
    rows = carry_out([], deadline, number, now, BOTH)
    fired: list[tuple[str, str, int, datetime]] = []
    for act, minutes, whom in acts:
        if act == "pass":
            now += minutes * MINUTE
        elif act == "file":
            for row in rows:
                row.state = "cancelled" if row.state == "planned" else row.state
        elif act == "fire":
            for row in rows:
                if row.state == "planned" and row.due_at <= now:
                    row.state = "fired"
                    fired.append((row.rung, row.whom, row.deadline_no, row.due_at))
        else:
            if act == "move":
                number, deadline = number + 1, NOW + minutes * MINUTE
            before = [(row.rung, row.whom, row.deadline_no) for row in rows if row.state != "planned"]
            rows = carry_out(rows, deadline, number, now, whom)
            standing = {(row.rung, row.whom): row for row in rows if row.state == "planned"}
            assert all(row.deadline_no == number for row in standing.values())
            for step in plan(deadline, whom, now):
                found = standing.get((step.rung, step.whom))
                if found is None:
                    assert (step.rung, step.whom, number) in before
                else:
                    assert found.due_at == step.due_at
        keys = Counter((row.rung, row.whom, row.deadline_no) for row in rows)
        assert set(keys.values()) <= {1}
        assert [(r.rung, r.whom, r.deadline_no, r.due_at) for r in rows if r.state == "fired"] == sorted(
            fired, key=lambda one: [(r.rung, r.whom, r.deadline_no) for r in rows].index(one[:3])
        )


# --- firing


def due(id_: int, rung: RungName = "2h", minutes_ago: int = 0, **more: object) -> Due:
    given_ = {"thing_id": 1, "whom": LI, "deadline_no": 1} | more
    return Due(id_, "assignment", rung=rung, due_at=NOW - minutes_ago * MINUTE, **given_)  # type: ignore[arg-type]  # a table of values


STANDS = Facts(deadline_no=1, whom=frozenset(BOTH))
ABOUT = ("assignment", 1)


def test_after_an_outage_one_message_says_what_was_missed() -> None:
    day, two, quarter, late = due(1, "24h", 1455), due(2, "2h", 135), due(3, "15min", 30), due(4, "late15", 0)
    editors = due(5, "late15", 0, whom=EDITOR)
    assert bundle([quarter, late, day, editors, two], NOW, GRACE) == [
        Bundle(late, (day, two, quarter), delayed=False),
        Bundle(editors, (), delayed=False),
    ]


def test_a_reminder_later_than_grace_says_so() -> None:
    assert [one.delayed for one in bundle([due(1, minutes_ago=5)], NOW, GRACE)] == [False]
    assert [one.delayed for one in bundle([due(1, minutes_ago=6)], NOW, GRACE)] == [True]


def test_a_rung_whose_condition_no_longer_holds_falls_away_for_a_stated_cause() -> None:
    rung = due(1)

    def why(facts: dict[tuple[str, int], Facts]) -> str | None:
        stand, fallen = settle([rung], facts)
        assert [*stand, *(one.due for one in fallen)] == [rung]
        return fallen[0].why if fallen else None

    assert why({ABOUT: STANDS}) is None
    assert why({ABOUT: Facts(1, frozenset(BOTH), over="filed")}) == "filed"
    assert why({ABOUT: Facts(1, frozenset(BOTH), over="cancelled")}) == "cancelled"
    assert why({ABOUT: Facts(2, frozenset(BOTH))}) == "deadline moved"
    assert why({ABOUT: Facts(1, frozenset({NINO, EDITOR}))}) == "reassigned"
    assert why({}) == "gone"


dues = st.lists(
    st.builds(
        Due,
        id=st.integers(1, 10_000),
        thing_kind=st.sampled_from(["assignment", "diary"]),
        thing_id=st.integers(1, 3),
        rung=st.sampled_from([step.rung for step in LADDER]),
        whom=st.sampled_from([LI, NINO, EDITOR]),
        deadline_no=st.integers(1, 2),
        due_at=st.integers(0, 5000).map(lambda minutes: NOW - minutes * MINUTE),
    ),
    max_size=20,
    unique_by=lambda one: one.id,
)
facts = st.dictionaries(
    st.tuples(st.sampled_from(["assignment", "diary"]), st.integers(1, 3)),
    st.builds(
        Facts,
        deadline_no=st.integers(1, 2),
        whom=people.map(frozenset),
        over=st.sampled_from([None, None, "filed", "cancelled"]),
    ),
)


@given(dues, facts)
def test_each_due_rung_ends_in_one_message_or_one_stated_cancel(
    rungs: list[Due], facts_of: dict[tuple[str, int], Facts]
) -> None:
    stand, fallen = settle(rungs, facts_of)
    bundles = bundle(stand, NOW, GRACE)
    ends = [rung for one in bundles for rung in (one.told, *one.missed)] + [one.due for one in fallen]
    assert sorted(rung.id for rung in ends) == sorted(rung.id for rung in rungs)
    assert all(isinstance(one, Cancel) and one.why for one in fallen)
    assert len({(one.told.thing, one.told.whom) for one in bundles}) == len(bundles)
    for one in bundles:
        assert {(rung.thing, rung.whom) for rung in one.missed} <= {(one.told.thing, one.told.whom)}
        assert all(rung.due_at <= one.told.due_at for rung in one.missed)
        known = facts_of[one.told.thing]
        assert known.over is None
        assert one.told.whom in known.whom
        assert one.told.deadline_no == known.deadline_no
