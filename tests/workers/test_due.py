"""What falls due by itself: one thing's fault costs neither the others nor what comes after them, and old things go."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from desk import aside, chance
from desk.approvals import service as approvals
from desk.aside import Aside
from desk.clock import moment_at
from desk.drafts.models import Draft, Version
from desk.heartbeats import Heartbeat
from desk.newsroom import entering, pruning, reminding
from desk.outbox import queries, service
from desk.outbox.models import Delivery, Message
from desk.people import signing
from desk.people.models import Attempt, Link, SignIn
from desk.prune import Pruner
from desk.reminders import service as reminders
from desk.reminders.models import Rung
from desk.reminders.service import EDITOR, Standing
from desk.settings import Settings
from desk.store import Store
from desk.stories import service as storying
from desk.stories.models import Story
from desk.wires import service as wires
from desk.wires.models import Intake, Source
from tests import factories
from workers import deliver, due

GRACE = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _nothing_said_yet() -> None:
    aside._said.clear()


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails would keep all that is behind it waiting."""
    monkeypatch.setattr(due, "BATCH", 1)


def scheduled(session: Session, slug: str, at: datetime, *, written: bool = True) -> Story:
    """A story whose approval no longer stands: when its time comes it goes back to the desk."""
    story = factories.story(session, factories.desk(session, f"Desk of {slug}"), slug, state="approved")
    publish = moment_at(at, "UTC")
    storying.set_publish_at(session, story, publish, now=at)
    story.state, story.release_at = "scheduled", at
    session.flush()
    if written:
        factories.version(session, story)
    return story


def broken(session: Session, slug: str, at: datetime) -> Story:
    story = scheduled(session, slug, at, written=False)
    session.execute(delete(Draft).where(Draft.story_id == story.id))
    return story


def states(store: Store) -> dict[str, str]:
    with store.read() as session:
        return dict(session.execute(select(Story.slug, Story.state)).all())  # type: ignore[arg-type]  # rows are pairs


@pytest.mark.usefixtures("one_at_a_time")
def test_a_story_that_fails_holds_up_neither_the_others_nor_the_reminders(store: Store, now: datetime) -> None:
    with store.write() as session:
        bad = broken(session, "BAD", now - timedelta(minutes=9))
        for n in range(2):
            scheduled(session, f"GOOD/{n}", now - timedelta(minutes=n))
        olena = factories.person(session)
        story = factories.story(session, factories.desk(session, "Desk of reminders"), state="reporting")
        of = factories.assignment(session, story, assignee=olena, deadline=now + timedelta(hours=2))
        reminding.plan(session, of, now=now - timedelta(hours=1))
    with capture_logs() as logs:
        due.tick(store, lambda: now)
        due.tick(store, lambda: now)
    after = states(store)
    assert after["BAD"] == "scheduled"
    assert {after["GOOD/0"], after["GOOD/1"]} == {"editing"}
    with store.read() as session:
        assert session.scalar(select(func.count()).where(Message.kind == "reminder")) == 1
    (logged,) = [line for line in logs if line["log_level"] == "error"]  # at the second tick it is nothing new
    assert (logged["kind"], logged["id"]) == ("story", bad.id)


@pytest.mark.usefixtures("one_at_a_time")
def test_stories_that_wait_on_or_go_back_to_the_desk_do_not_end_the_tick_for_those_behind_them(
    store: Store, now: datetime
) -> None:
    with store.write() as session:
        waits = scheduled(session, "WAITS", now - timedelta(minutes=9))
        version = session.scalars(select(Version)).one()
        arthur = factories.person(session, "Arthur Mensah")
        approvals.decide(session, version_id=version.id, person_id=arthur.id, kind="approve", now=now)
        waits.embargo_at = now + timedelta(hours=1)
        for n in range(3):
            scheduled(session, f"BACK/{n}", now - timedelta(minutes=n))
    due.tick(store, lambda: now)
    assert states(store) == {"WAITS": "scheduled", "BACK/0": "editing", "BACK/1": "editing", "BACK/2": "editing"}
    with store.read() as session:
        assert session.get_one(Story, waits.id).release_at == now + timedelta(hours=1)


def test_what_failed_is_tried_again_at_the_next_tick(store: Store, now: datetime) -> None:
    with store.write() as session:
        story_id = broken(session, "BAD", now).id
    due.tick(store, lambda: now)
    assert states(store)["BAD"] == "scheduled"
    with store.write() as session:
        session.add(Draft(story_id=story_id, is_main=True))
        factories.version(session, session.get_one(Story, story_id))
    due.tick(store, lambda: now)
    assert states(store)["BAD"] == "editing"


def test_a_verb_that_fails_as_a_whole_does_not_cost_the_next_its_turn(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = []

    def fails(session: Session, at: datetime, limit: int, aside: Aside) -> int:
        raise ZeroDivisionError

    def works(session: Session, at: datetime, limit: int, aside: Aside) -> int:
        run.append(at)
        return 0

    monkeypatch.setattr(due, "VERBS", (fails, works))
    due.tick(store, lambda: now)
    assert run == [now]


def test_what_cannot_be_let_go_of_keeps_nothing_else(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def fails(session: Session, at: datetime, limit: int) -> list[int]:
        raise ZeroDivisionError

    def works(session: Session, at: datetime, limit: int) -> list[int]:
        tried.append(at)
        return []

    def drop(session: Session, at: datetime, found: Sequence[int]) -> None:
        raise AssertionError("nothing was found")

    monkeypatch.setattr(pruning, "ALL", (Pruner("a", fails, drop), Pruner("b", works, drop)))
    with capture_logs() as logs:
        due.prune(store, lambda: now)
    assert tried == [now]
    assert [line["what"] for line in logs] == ["a"]


def test_a_database_that_is_gone_is_nobodys_fault_and_ends_the_tick(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(Exception):
        sqlstate = "57P01"

    def gone(session: Session, at: datetime, limit: int, aside: Aside) -> int:
        with aside.apart(session, "story", 1):
            raise OperationalError("SELECT 1", {}, Gone())
        return 0

    monkeypatch.setattr(due, "VERBS", (gone,))
    with pytest.raises(OperationalError):
        due.tick(store, lambda: now)


def test_a_tick_has_one_time_for_all_its_verbs_and_none_takes_the_others_share(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, turns = [0.0], []

    def never_done(name: str) -> Callable[[Session, datetime, int, Aside], int]:
        def verb(session: Session, at: datetime, limit: int, aside: Aside) -> int:
            passed[0] += 1
            turns.append(name)
            return 1

        return verb

    monkeypatch.setattr(due, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    monkeypatch.setattr(due, "VERBS", tuple(never_done(name) for name in "abcd"))
    due.tick(store, lambda: now)
    assert passed[0] <= due.LONGEST_RUN + len(due.VERBS)
    assert set(turns) == set("abcd")


def test_a_time_limit_ends_the_tick_and_is_no_storys_fault(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(session: Session, at: datetime, limit: int, aside: Aside) -> int:
        with aside.apart(session, "story", 1):
            raise SoftTimeLimitExceeded
        return 0

    monkeypatch.setattr(due, "VERBS", (too_long,))
    with capture_logs() as logs, pytest.raises(SoftTimeLimitExceeded):
        due.tick(store, lambda: now)
    assert logs == []


# Reminders


class Things:
    """Things of which the third can't be read, and of the fifth nobody can be told."""

    def __init__(self, session: Session) -> None:
        self.eva = factories.person(session)
        self.told: list[int] = []

    def read(self, session: Session, ids: Collection[int], now: datetime) -> Mapping[int, Standing | None]:
        if 3 in ids:
            raise LookupError("no such thing")
        return {
            id_: Standing(1, None, {EDITOR: [self.eva]}, partial(self.put, session, id_))  # type: ignore[arg-type]  # partial
            for id_ in ids
        }

    def put(self, session: Session, id_: int, *_: object) -> None:
        session.add(Attempt(account="a", address=str(id_), at=factories.NOW))
        session.flush()
        if id_ == 5:
            raise ZeroDivisionError
        self.told.append(id_)


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_reminder_that_fails_holds_up_no_other(session: Session, now: datetime, limit: int) -> None:
    things = Things(session)
    for id_ in range(1, 8):
        reminders.plan(session, ("thing", id_), 1, now, [EDITOR], now - timedelta(minutes=20))
    later, put_aside = now + timedelta(minutes=16), Aside()

    def fire() -> int:
        return reminders.fire_due(
            session, {"thing": things.read}, now=later, limit=limit, grace=GRACE, aside=put_aside
        )  # fmt: skip

    before = -1
    while fire() or put_aside.count > before:
        before = put_aside.count
    assert sorted(things.told) == [1, 2, 4, 6, 7]
    assert put_aside.ids("thing") == {3, 5}
    left = session.scalars(select(Rung.thing_id).where(Rung.state == "planned").order_by(Rung.thing_id)).all()
    assert left == [3, 5]
    assert "5" not in session.scalars(select(Attempt.address)).all(), "what was done of it was not taken back"


# What is kept no longer


def intake(session: Session, name: str, *, at: datetime, read: bool = True, error: str | None = None) -> None:
    source = session.scalars(select(Source)).first()
    if source is None:
        source = Source(public_id=chance.public_id(), name="Wire", kind="feed", url="https://wire.example", zone="UTC")
        session.add(source)
        session.flush()
    session.add(
        Intake(
            public_id=chance.public_id(), source_id=source.id, sha256=chance.token(), name=name, data=b"<rss/>", at=at,
            read_at=at if read else None, error=error,
        )
    )  # fmt: skip


def kept(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Intake.name).where(func.length(Intake.data) > 0)))


def test_raw_copy_that_was_understood_long_ago_is_let_go_of_a_batch_at_a_time(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "BATCH", 2)
    old, young = now - timedelta(days=91), now - timedelta(days=89)
    with store.write() as session:
        for n in range(5):
            intake(session, f"old {n}", at=old)
        intake(session, "young", at=young)
        intake(session, "never read", at=old, read=False)
        intake(session, "not understood", at=old, read=False, error="No reader knows this.")
        intake(session, "not understood whole", at=old, error="It broke off.")
    with capture_logs() as logs:
        due.prune(store, lambda: now)
    assert kept(store) == {"young", "never read", "not understood", "not understood whole"}
    assert [(line["what"], line["n"]) for line in logs] == [("raw wire copy", 5)]
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Intake)) == 9


def test_a_feed_that_goes_back_to_bytes_that_were_let_go_of_has_them_kept_again(store: Store, now: datetime) -> None:
    """Or a worker that died before it read them would leave nothing to read."""
    with store.write() as session:
        intake(session, "", at=now)
        source = session.scalars(select(Source)).one()
        public_id = source.public_id

    def feed(session: Session, data: bytes, at: datetime) -> wires.Stored:
        claim = wires.claim_one(session, public_id, timedelta(0), "token")
        assert claim is not None
        stored = wires.store_intake(session, claim, data, lease=timedelta(0), now=at)
        assert stored is not None
        return stored

    old = now - timedelta(days=100)
    first = store.run(lambda s: feed(s, b"<rss>one</rss>", old))
    store.run(lambda s: wires.mark_read(s, first.intake_id, old))
    second = store.run(lambda s: feed(s, b"<rss>two</rss>", old + timedelta(minutes=1)))
    store.run(lambda s: wires.mark_read(s, second.intake_id, old))
    due.prune(store, lambda: now)
    again = store.run(lambda s: feed(s, b"<rss>one</rss>", now))
    assert (again.intake_id, again.fresh) == (first.intake_id, True)
    with store.read() as session:
        assert session.get_one(Intake, first.intake_id).data == b"<rss>one</rss>"


def test_a_captured_link_can_be_read_until_it_was_used_or_expired(
    store: Store, now: datetime, settings: Settings
) -> None:
    with store.write() as session:
        factories.newsroom(session)
        people = [factories.person(session, f"Person {n}") for n in range(3)]
        used, waits, lapsed = (entering.mail_link(session, one, now) for one in people)
        signing.use(session, used, now)
    deliver.deliver(
        store, "mail", mailer_for=lambda: None, poster=None, settings=settings, clock=lambda: now, stop=lambda: False,
    )  # type: ignore[arg-type]  # fmt: skip  # nothing is posted

    def shown() -> list[str]:
        with store.read() as session:
            return [mail.text for mail in queries.captured(session, bearers=True).mails]

    def carried() -> int:
        with store.read() as session:
            return sum("secret" in facts for facts in session.scalars(select(Message.facts)))

    assert sum(waits in text or lapsed in text for text in shown()) == 2
    due.prune(store, lambda: now)
    assert carried() == 2
    with store.write() as session:
        signing.use(session, waits, now)
    due.prune(store, lambda: now)
    assert [lapsed in text for text in shown() if text] == [True]
    due.prune(store, lambda: now + timedelta(days=8))
    assert carried() == 0
    assert not any(shown())


def test_a_link_whose_mail_waits_is_kept_for_it(store: Store, now: datetime) -> None:
    with store.write() as session:
        factories.newsroom(session)
        entering.mail_link(session, factories.person(session), now)
    due.prune(store, lambda: now + timedelta(days=30))
    with store.read() as session:
        assert "secret" in session.scalars(select(Message.facts)).one()
        assert session.scalars(select(Delivery.state)).one() in service.OPEN


def test_traces_of_what_is_over_are_deleted_and_no_others(store: Store, now: datetime) -> None:
    day = timedelta(days=1)
    with store.write() as session:
        eva = factories.person(session)
        for n, at in enumerate((now - day, now + day)):
            session.add(
                SignIn(sha256=f"{n}", public_id=chance.public_id(), person_id=eva.id, began_at=now, expires_at=at)
            )
        for n, at in enumerate((now - 31 * day, now - 29 * day)):
            session.add(Link(sha256=f"{n}", purpose="reset", person_id=eva.id, expires_at=at))
        for n, at in enumerate((now - 2 * day, now)):
            session.add(Attempt(account="a", address=f"{n}", at=at))
        for n, at in enumerate((now - 8 * day, now)):
            session.add(Heartbeat(name="worker", host=f"{n}", at=at))
    due.prune(store, lambda: now)
    with store.read() as session:
        for left in (SignIn.sha256, Link.sha256, Attempt.address, Heartbeat.host):
            assert session.scalars(select(left)).all() == ["1"], left
    assert {pruner.what for pruner in pruning.ALL} >= {"sessions", "links", "attempts", "heartbeats"}
