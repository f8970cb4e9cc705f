"""The ladder of reminders, decided purely: which rungs stand, which move, which are told and which fall away.

A rung is one step for one `whom` of one deadline number of a thing; `whom` is `editor`, or `person:ID` for the
assignee. Rungs are planned for the editor when the assignment is made and for the assignee when it is accepted;
another assignee has rungs of their own. All times are UTC instants.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, Literal, Protocol, TypeVar

RungName = Literal["24h", "2h", "15min", "late15"]
Part = Literal["assignee", "editor"]
Cause = Literal["filed", "cancelled", "reassigned", "deadline moved", "gone"]


LATE: Final[RungName] = "late15"


@dataclass(frozen=True)
class Step:
    """One step of the ladder: when it is due, from the deadline, and for which part in the work."""

    rung: RungName
    offset: timedelta
    part: Part


LADDER: Final[tuple[Step, ...]] = (
    Step("24h", timedelta(hours=-24), "assignee"),
    Step("2h", timedelta(hours=-2), "assignee"),
    Step("15min", timedelta(minutes=-15), "assignee"),
    Step(LATE, timedelta(minutes=15), "assignee"),
    Step(LATE, timedelta(minutes=15), "editor"),
)


@dataclass(frozen=True)
class Planned:
    """A rung to be laid."""

    rung: RungName
    whom: str
    due_at: datetime


def part_of(whom: str) -> Part:
    """Which steps of the ladder somebody is told: whoever is not `editor` is the assignee."""
    return "editor" if whom == "editor" else "assignee"


def plan(deadline_at: datetime, whom: Collection[str], now: datetime) -> list[Planned]:
    """The rungs still ahead of `now` for these people, earliest first. One that is past is not planned."""
    return [
        Planned(step.rung, one, deadline_at + step.offset)
        for step in LADDER
        for one in sorted(set(whom))
        if part_of(one) == step.part and deadline_at + step.offset > now
    ]


class RungRow(Protocol):
    """What a decision reads of a rung that was laid before; `state` is planned, fired, covered or cancelled."""

    @property
    def rung(self) -> str: ...
    @property
    def whom(self) -> str: ...
    @property
    def deadline_no(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...


Row = TypeVar("Row", bound=RungRow)


@dataclass(frozen=True)
class Replan(Generic[Row]):
    """What to do with the rungs of one thing: rows to cancel ("deadline moved"), rows to lay (with the new deadline
    number), and rows of this very deadline number, cancelled or at a wrong time, to be planned for that instant."""

    cancel: tuple[Row, ...]
    add: tuple[Planned, ...]
    reset: tuple[tuple[Row, datetime], ...]


def replan(
    existing: Sequence[Row], deadline_at: datetime, deadline_no: int, now: datetime, *, whom: Collection[str]
) -> Replan[Row]:
    """The ladder of one thing, worked out again for `whom` (who stands on it now) and deadline number `deadline_no`.

    It serves a moved deadline (a new number: what has not fired moves, what has fired stays as it is, and a step that
    the new deadline puts ahead again is laid under the new number), an acceptance, and a return (the same number: what
    filing cancelled comes back if it is still ahead). No (rung, whom, number) is ever laid twice, nothing that fired is
    touched, and rungs of this number that belong to others than `whom` are left alone.
    """
    cancel = tuple(row for row in existing if row.state == "planned" and row.deadline_no != deadline_no)
    here = {(row.rung, row.whom): row for row in existing if row.deadline_no == deadline_no}
    ahead = plan(deadline_at, whom, now)
    add = tuple(step for step in ahead if (step.rung, step.whom) not in here)
    reset = tuple(
        (row, step.due_at)
        for step in ahead
        if (row := here.get((step.rung, step.whom))) is not None
        and (row.state == "cancelled" or (row.state == "planned" and row.due_at != step.due_at))
    )
    return Replan(cancel, add, reset)


# --- when rungs fall due


@dataclass(frozen=True)
class Due:
    """A rung whose time has come. `id` is its row's, and (`thing_kind`, `thing_id`) what it is about."""

    id: int
    thing_kind: str
    thing_id: int
    rung: str
    whom: str
    deadline_no: int
    due_at: datetime

    @property
    def thing(self) -> tuple[str, int]:
        return self.thing_kind, self.thing_id


@dataclass(frozen=True)
class Facts:
    """How a thing stands at the moment its rungs fire.

    `over` says why nobody need be reminded any more, or is None. `whom` are those who stand on it now: `editor`, and
    the assignee as `person:ID`, if there is one.
    """

    deadline_no: int
    whom: frozenset[str]
    over: Literal["filed", "cancelled"] | None = None


@dataclass(frozen=True)
class Cancel:
    """A due rung that nobody will be told of, and why."""

    due: Due
    why: Cause


@dataclass(frozen=True)
class Bundle:
    """One message: the rung to tell of, the earlier ones that it covers, and whether it comes later than grace."""

    told: Due
    missed: tuple[Due, ...]
    delayed: bool


def settle(due: Sequence[Due], facts_of: Mapping[tuple[str, int], Facts]) -> tuple[list[Due], list[Cancel]]:
    """Parts rungs whose condition still holds from those to cancel. A thing without facts is gone."""
    stand: list[Due] = []
    cancels: list[Cancel] = []
    for rung in due:
        why = _fallen(rung, facts_of.get(rung.thing))
        if why is None:
            stand.append(rung)
        else:
            cancels.append(Cancel(rung, why))
    return stand, cancels


def bundle(due: Sequence[Due], now: datetime, grace: timedelta) -> list[Bundle]:
    """One message for each (thing, whom): after an outage only the latest of its rungs is told and names the others.

    `due` are rungs that `settle` let stand, none of them ahead of `now`. A message is `delayed` when the rung it tells
    of has been due for longer than `grace`. In the order in which the rungs told of fell due.
    """
    groups: dict[tuple[str, int, str], list[Due]] = {}
    for rung in sorted(due, key=lambda rung: (rung.due_at, rung.id)):
        groups.setdefault((rung.thing_kind, rung.thing_id, rung.whom), []).append(rung)
    bundles = [
        Bundle(rungs[-1], tuple(rungs[:-1]), delayed=now - rungs[-1].due_at > grace) for rungs in groups.values()
    ]
    return sorted(bundles, key=lambda one: (one.told.due_at, one.told.id))


def _fallen(rung: Due, facts: Facts | None) -> Cause | None:
    if facts is None:
        return "gone"
    if facts.over:
        return facts.over
    if rung.deadline_no != facts.deadline_no:
        return "deadline moved"
    return None if rung.whom in facts.whom else "reassigned"
