"""Time passing in the demo's past: what people did, in order, and between it what falls due by itself.

Reminders fire, embargoes lift and mails are handed over at the instants at which they would have been, so that what
is read afterwards is a history like any other. Nothing leaves this machine: mail is captured, webhooks find nobody.
"""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk import chance, trouble
from desk.addresses import Resolved
from desk.net import Handed
from desk.newsroom import delivering, publishing, reminding, webhooks
from desk.outbox import handing
from desk.outbox.handing import Result
from desk.outbox.models import Due
from desk.reminders.models import Rung
from desk.republication import rules
from desk.republication.models import Licensee
from desk.settings import Settings
from desk.stories.models import Story

Act = Callable[[datetime], None]

BATCH = 100
LEASE = timedelta(minutes=1)
_NEXT = select(
    select(func.min(Rung.due_at)).where(Rung.state == "planned").scalar_subquery().label("rung"),
    select(func.min(Story.release_at)).where(Story.state == "scheduled").scalar_subquery().label("release"),
    select(func.min(Licensee.failing_since))
    .where(Licensee.failing_told_at.is_(None))
    .scalar_subquery()
    .label("failing"),
    select(func.min(Due.due_at)).where(Due.lane == "mail").scalar_subquery().label("mail"),
    select(func.min(Due.due_at)).where(Due.lane == "webhook").scalar_subquery().label("webhook"),
)
# at this address of the machine itself nothing answers: what a dead webhook looks like, and how a post to it ends
NOBODY_ANSWERS = Resolved("http://127.0.0.1:9/dateline", "127.0.0.1", 9, (ipaddress.ip_address("127.0.0.1"),))
NOBODY = Handed("later", str(trouble.of(ConnectionRefusedError(), f"{NOBODY_ANSWERS.host}:{NOBODY_ANSWERS.port}")))


class Timeline:
    """Acts to be done at their times. `now` is how far time has passed."""

    def __init__(self, session: Session, settings: Settings, begins: datetime) -> None:
        self._session = session
        self._acts: list[tuple[datetime, int, Act]] = []
        self._render = delivering.renderer(settings, lambda: self.now)
        self.now = begins

    def at(self, when: datetime, act: Act) -> None:
        """Have `act` done when time comes to `when`; of several at once, the first named is done first."""
        self._acts.append((when, len(self._acts), act))

    def run(self, until: datetime) -> None:
        """Let time pass up to `until`. The database's clock, by which leases go, is this one meanwhile."""
        clock = self._session.info.get("now")
        try:
            for when, _, act in sorted(self._acts, key=lambda one: one[:2]):
                self._pass(when)
                act(when)
            self._pass(until)
        finally:
            self._session.info["now"] = clock

    def _pass(self, to: datetime) -> None:
        """Do all that falls due by itself up to `to`, each at its own instant."""
        while (due := self._next_due()) and due[0] <= to:
            self._turn(max(due[0], self.now))
            self._do(due[1])
        self._turn(max(to, self.now))

    def _turn(self, at: datetime) -> None:
        self.now = self._session.info["now"] = at

    def _next_due(self) -> tuple[datetime, str] | None:
        """What falls due next, and when."""
        row = self._session.execute(_NEXT).one()
        waits = {"failing": rules.FAILING_TOLD_AFTER}
        found = ((at + waits.get(what, timedelta()), what) for what, at in row._mapping.items() if at is not None)
        return min(found, default=None)

    def _do(self, what: str) -> None:
        if what == "release":
            publishing.release_due(self._session, self.now, BATCH)
        elif what == "rung":
            reminding.fire_due(self._session, self.now, BATCH)
        elif what == "failing":
            webhooks.tell_failing(self._session, self.now, BATCH)
        else:
            self._deliver(what)

    def _deliver(self, lane: str) -> None:
        session = self._session
        claimed = handing.claim(session, lane, limit=BATCH, lease=LEASE, token=chance.token(16))
        ready = handing.prepare(session, claimed, self._render, now=self.now)
        handed = NOBODY if lane == "webhook" else None
        results = [Result(one.delivery_id, one.token, handed) for one in ready]
        settled = handing.settle(session, results, now=self.now)
        webhooks.note(session, settled.tried, now=self.now)
