"""What falls due in a chaos test: reminders by their rungs, and notices by mail and webhook; and the verdict on them.

Who must get what is known here before anything is sent, by address: a correspondent of their own for each reminder,
a path of its own for each licensee. So the receiver's record is judged by itself; the desk's tables are asked for one
thing only, which reminders they list as parked.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from desk import chance, db, heartbeats
from desk.clock import utcnow
from desk.newsroom import notifying, reminding
from desk.outbox.models import Delivery, Due, Message
from desk.people.models import Person
from desk.reminders.models import Rung
from desk.store import Store
from tests import factories
from tests.chaos.fleet import Arrival, Receiving, until
from workers import due

AHEAD = timedelta(minutes=15)  # the rung that is to fall due stands so long before its deadline


@dataclass
class Load:
    """What has been laid out on `store`: when each reminder is due, by address, the notices that were put, by address
    and story, and `others` who may get mail."""

    store: Store
    receiving: Receiving
    due_at: dict[str, datetime] = field(default_factory=dict)
    notices: set[tuple[str, str]] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    @property
    def dialect(self) -> str:
        return self.store.database.engine.dialect.name

    def remind(self, moments: Collection[datetime], *, now: datetime) -> None:
        """Give one correspondent each an assignment whose 15-minute reminder falls due at one of `moments`."""
        with self.store.write() as session:
            desk = factories.desk(session, f"Desk {chance.public_id()}")
            for at in sorted(moments):
                n = len(self.due_at)
                address = f"correspondent-{n}@meridian.example"
                person = factories.person(session, f"Correspondent {n}")
                person.email = address
                story = factories.story(session, desk, f"GRAIN/PART-{n}")
                assignment = factories.assignment(session, story, assignee=person, deadline=at + AHEAD)
                reminding.plan(session, assignment, now=now)
                self.due_at[address] = at

    def publish(
        self, *, licensees: int, now: datetime, webhooks: bool = True, mails_after: timedelta | None = None
    ) -> None:
        """Put out one story: a notice to each of so many licensees, by mail and by webhook, rung for at once; with
        `mails_after` the mails fall due only then."""
        with self.store.write() as session:
            desk = factories.desk(session, f"Desk {chance.public_id()}")
            story = factories.story(session, desk, "ODESA/BLAST", state="published")
            edition = factories.edition(session, story, at=now)
            for n in range(licensees):
                path, mail = f"/{story.public_id}/{n}", f"{story.public_id}.{n}@radio.example"
                url = self.receiving.webhook(path) if webhooks else None
                factories.licensee(session, f"Radio {path}", desks=(desk,), webhook=url).mail = mail
                self.notices.add((mail, story.public_id))
                if webhooks:
                    self.notices.add((path, f"{story.public_id} 1"))
            session.flush()
            notifying.edition_out(session, story, edition, now)
            if mails_after is not None:
                session.execute(
                    update(Due).where(Due.lane == "mail", Due.lease_until.is_(None)).values(due_at=now + mails_after)
                )

    def fire(self) -> None:
        """Have the rungs that are due put their messages, as a tick does."""
        due.tick(self.store, utcnow)

    def sees(self, name: str) -> None:
        """Wait for the first sign of life of a worker or a beat."""
        until(lambda: self._has_heartbeat(name), f"a heartbeat of a {name}")

    def settles(self, seconds: float = 120) -> float:
        """Wait until every reminder has been put and nothing is queued any more; gives how long it took."""
        return until(self._is_settled, "the queue to be empty", seconds=seconds, every=0.25)

    def is_free(self) -> bool:
        """Whether nobody is in the midst of a transaction: who is stopped there stops all others too."""
        if self.store.database.is_sqlite:
            return self._takes_the_write_lock()
        busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with self.store.read() as session:
            return not session.scalar(text(f"{busy} AND state <> 'idle'"))

    def parked(self) -> set[str]:
        """The addresses of reminders that are listed as parked."""
        with self.store.read() as session:
            rows = select(Person.email).join(Message, Message.recipient_id == Person.id).join(Delivery)
            return set(session.scalars(rows.where(Message.kind == "reminder", Delivery.state == "parked")))

    def verdict(self) -> "Verdict":
        """What the receiver has, held against what was laid out."""
        arrived = self.receiving.arrivals()
        return Verdict(self.due_at, self.notices, self.others, arrived, self.parked())

    def _takes_the_write_lock(self) -> bool:
        database = db.connect(str(self.store.database.engine.url), busy_seconds=0.2)
        try:
            with Store(database).write():
                return True
        except DBAPIError as error:
            if not db.is_lost_race(error):
                raise
            return False
        finally:
            database.engine.dispose()

    def _has_heartbeat(self, name: str) -> bool:
        with self.store.read() as session:
            return name in heartbeats.latest(session)

    def _is_settled(self) -> bool:
        with self.store.read() as session:
            planned = select(func.count()).where(Rung.state == "planned", Rung.rung == "15min")
            queued = select(func.count()).select_from(Due)
            return not session.scalar(planned) and not session.scalar(queued)


@dataclass(frozen=True)
class Verdict:
    """The judgement, by the receiver's record alone; `parked` are addresses that the desk lists."""

    due_at: dict[str, datetime]
    notices: set[tuple[str, str]]
    others: set[str]
    arrived: list[Arrival]
    parked: set[str]

    def holds(self, *, parked_at_most: int, repeats: bool = True) -> None:
        """Nothing lost, no reminder twice, a repeated notice under its first id, no more parked than in flight."""
        times = Counter(one.to for one in self.reminders)
        assert not {to for to, n in times.items() if n > 1}, "a reminder came twice"
        assert not set(self.due_at) - set(times) - self.parked, "a reminder was neither received nor parked"
        assert self.parked <= set(self.due_at), "something is parked that nobody had planned"
        assert len(self.parked) <= parked_at_most, "more were parked than were in flight"
        ids: dict[tuple[str, str], set[str]] = {}
        for one in self.told:
            ids.setdefault((one.to, one.about), set()).add(one.id)
        assert set(ids) == self.notices, "a notice was lost"
        assert all(len(of) == 1 for of in ids.values()), "a repeated notice bore another id"
        assert self.repeats == 0 or repeats, "a notice was repeated"
        assert {one.to for one in self.besides} <= self.others, "something came that nobody had put"
        assert len({one.id for one in [*self.reminders, *self.told]}) == len(times) + len(ids), "two bore the same id"

    @property
    def reminders(self) -> list[Arrival]:
        return [one for one in self.arrived if one.to in self.due_at]

    @property
    def told(self) -> list[Arrival]:
        of = {to for to, _ in self.notices}
        return [one for one in self.arrived if one.to in of]

    @property
    def besides(self) -> list[Arrival]:
        of = {to for to, _ in self.notices}
        return [one for one in self.arrived if one.to not in self.due_at and one.to not in of]

    @property
    def repeats(self) -> int:
        """How many notices came once more than once."""
        return len(self.told) - len({one.id for one in self.told})

    @property
    def late(self) -> list[float]:
        """How many seconds after its time each reminder came, in order of lateness."""
        return sorted(one.at - self.due_at[one.to].timestamp() for one in self.reminders)

    def figures(self) -> dict[str, object]:
        """The figures that every table has."""
        webhooks = [one for one in self.told if one.by == "webhook"]
        both = self.parked & {one.to for one in self.reminders}
        return {
            "reminders": f"{len(self.due_at)} due, {len(self.reminders)} received, {len(self.parked)} parked",
            "parked and received": len(both),
            "webhooks": f"{sum(to.startswith('/') for to, _ in self.notices)} due, {_counted(webhooks)}",
            "notices by mail": _counted([one for one in self.told if one.by == "mail"]),
        }


def _counted(arrived: list[Arrival]) -> str:
    ids = {one.id for one in arrived}
    return f"{len(ids)} received, {len(arrived) - len(ids)} repeats"
