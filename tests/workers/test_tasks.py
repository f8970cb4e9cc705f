"""Tasks are doorbells: each runs one verb over the database, and may be lost, doubled or late without harm."""

import json
import mmap
import multiprocessing
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_shutting_down
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from desk import bells, clock, heartbeats, ring
from desk.cli.valkey import EmbeddedValkey
from desk.newsroom import publishing
from desk.outbox.models import Delivery, Message
from desk.settings import Settings
from desk.store import Store
from desk.stories.models import Edition, Story
from desk.wires import service as wires
from desk.wires.models import Source
from tests import factories
from tests.fakes import closed_port
from tests.newsroom import walk
from workers import app, deliver_tasks, desk_tasks, due, fetch_tasks, schedule, stopping, stores
from workers.task import task


@pytest.fixture
def at_work(store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that the tasks of this process use."""
    monkeypatch.setattr(stores, "_store", store)
    monkeypatch.setenv("DESK_VAR", str(settings.var))
    return store


def count(store: Store, *conditions: object) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Message).where(*conditions)) or 0  # type: ignore[arg-type]


@pytest.fixture
def now() -> datetime:
    """The present minute: these tasks go by the real clock."""
    return clock.minute_floor(clock.utcnow())


def reminded(store: Store, now: datetime, *, stories: int = 1) -> None:
    """Stories whose reminder of two hours before has just fallen due."""
    with store.write() as session:
        for number in range(stories):
            desk = factories.desk(session, f"Desk {number}")
            olena = factories.person(session)
            story = factories.story(session, desk, f"GRAIN/{number}", state="reporting")
            of = factories.assignment(session, story, assignee=olena, deadline=now + timedelta(hours=2))
            walk.reminding.plan(session, of, now=now - timedelta(hours=1))


def test_a_tick_fires_what_is_due_and_a_doubled_bell_adds_nothing(at_work: Store, now: datetime) -> None:
    reminded(at_work, now)
    desk_tasks.tick()
    assert count(at_work, Message.kind == "reminder") == 1
    desk_tasks.tick()
    assert count(at_work) == 1


def test_a_tick_goes_on_until_nothing_is_due_however_much_has_piled_up(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "BATCH", 2)
    reminded(store, now, stories=5)
    assert due.tick(store, lambda: now) == 5
    assert count(store, Message.kind == "reminder") == 5
    assert due.tick(store, lambda: now) == 0


def test_a_tick_publishes_what_is_to_go_out_and_not_a_minute_before(store: Store, now: datetime) -> None:
    with store.write() as session:
        factories.newsroom(session)
        at = walk.begin(session, now)
        at.approved()
        moment = factories.moment(now, hours=1)
        publishing.schedule(session, at.actor(at.eva), at.story.public_id, at.last.public_id, moment, now)
    due.tick(store, lambda: moment.at - timedelta(seconds=1))
    assert _state(store, at.story) == "scheduled"
    due.tick(store, lambda: moment.at)
    assert _state(store, at.story) == "published"
    due.tick(store, lambda: moment.at + timedelta(minutes=1))
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == 1


def test_a_lane_captures_mail_where_there_is_no_mail_server(at_work: Store, now: datetime) -> None:
    reminded(at_work, now)
    with at_work.write() as session:
        factories.newsroom(session)
    desk_tasks.tick()
    deliver_tasks.lane("mail")
    with at_work.read() as session:
        assert session.scalars(select(Delivery.state)).all() == ["captured"]


@pytest.fixture
def told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is told to stop."""
    monkeypatch.setattr(stopping, "_told", mmap.mmap(-1, 1))
    worker_shutting_down.send(sender=app.app)


@pytest.mark.usefixtures("told_to_stop")
def test_a_worker_that_was_told_to_stop_begins_nothing_more(at_work: Store, now: datetime) -> None:
    reminded(at_work, now)
    with at_work.write() as session:
        factories.newsroom(session)
        wires.make_source(
            session, name="Nordpress", kind="feed", url="http://127.0.0.1:9/", zone="UTC", every=60, now=now
        )
    desk_tasks.tick()
    desk_tasks.prune()
    assert count(at_work) == 0
    due.tick(at_work, clock.utcnow)
    deliver_tasks.lane("mail")
    fetch_tasks.due()
    with at_work.read() as session:
        assert session.scalars(select(Delivery.state)).all() == ["due"]
        assert session.scalars(select(Source.last_poll_at)).all() == [None]


def test_a_pool_hears_that_its_worker_was_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child is forked long before, and gets no signal of its own."""
    monkeypatch.setattr(stopping, "_told", mmap.mmap(-1, 1))
    context = multiprocessing.get_context("fork")
    go = context.Event()
    child = context.Process(target=lambda: sys.exit(0 if go.wait(10) and stopping.told() else 1))
    child.start()
    assert not stopping.told()
    worker_shutting_down.send(sender=app.app)
    go.set()
    child.join(10)
    assert child.exitcode == 0


@pytest.mark.parametrize(("ringer", "lives"), [("beat", {"worker", "beat"}), ("ticker", {"worker"})])
def test_a_bell_that_arrives_shows_that_broker_and_pool_live_and_whoever_rang_it(
    at_work: Store, ringer: str, lives: set[str]
) -> None:
    desk_tasks.alive(ringer)
    with at_work.read() as session:
        seen = heartbeats.latest(session)
        silent = heartbeats.silent(session, clock.utcnow())
    assert set(seen) == lives
    assert all(clock.utcnow() - at < timedelta(seconds=30) for at in seen.values())
    assert silent == [name for name in ("ticker", "worker", "beat") if name not in lives]


def test_a_sweep_and_a_poll_with_nothing_to_do_do_nothing(at_work: Store) -> None:
    desk_tasks.sweep()
    desk_tasks.prune()
    fetch_tasks.due()
    fetch_tasks.poll("bcdfghjkmn")
    assert count(at_work) == 0


# The wrapper


class Gone(Exception):
    sqlstate = "57P01"


class Wrong(Exception):
    sqlstate = "42601"


def test_a_database_that_is_gone_is_no_error_of_the_task_and_any_other_is() -> None:
    @task("tests.down", seconds=10)
    def down(error: str) -> None:
        if error == "gone":
            raise OperationalError("SELECT 1", {}, Gone())
        raise ProgrammingError("SELEC 1", {}, Wrong())

    down("gone")
    with pytest.raises(ProgrammingError):
        down("wrong")


def test_what_a_newer_release_adds_to_a_bell_is_left_out() -> None:
    heard = []

    @task("tests.newer", seconds=10)
    def older(lane: str) -> None:
        heard.append(lane)

    older("mail", "urgent", shard=3)
    older(lane="webhook", colour="red")
    assert heard == ["mail", "webhook"]


def test_a_task_that_runs_out_of_time_is_told_before_it_is_killed() -> None:
    @task("tests.slow", seconds=30)
    def slow() -> None:
        raise SoftTimeLimitExceeded

    assert slow.time_limit == 30
    assert slow.soft_time_limit == 25
    with pytest.raises(SoftTimeLimitExceeded):
        slow()


# Bells


@pytest.fixture
def broker(valkey: EmbeddedValkey) -> Iterator[Redis]:
    with Redis.from_url(valkey.url) as client:
        client.flushall()
        yield client


def rung(broker: Redis) -> list[tuple[str, list[str], bool]]:
    """The bells in the queue: name, arguments, whether they run out."""
    found = []
    for raw in broker.lrange("celery", 0, -1):  # type: ignore[union-attr]  # not awaited
        message = json.loads(raw)
        headers = message["headers"]
        found.append((headers["task"], json.loads(headers["argsrepr"].replace("'", '"')), bool(headers["expires"])))
    return sorted(found)


def test_a_bell_rings_once_after_the_commit_and_not_at_all_without_one(
    store: Store, valkey: EmbeddedValkey, broker: Redis
) -> None:
    loud = Store(store.database, ring.Doorbell(valkey.url))

    def marks(session: Session) -> None:
        bells.mark(session, bells.DELIVER, "mail")
        bells.mark(session, bells.DELIVER, "mail")
        bells.mark(session, bells.POLL, "bcdfghjkmn")
        assert rung(broker) == []

    def fails(session: Session) -> None:
        marks(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loud.run(fails)
    assert rung(broker) == []
    loud.run(marks)
    assert rung(broker) == [(bells.DELIVER, ["mail"], True), (bells.POLL, ["bcdfghjkmn"], True)]


def test_a_broker_that_is_down_loses_no_change(store: Store) -> None:
    with closed_port() as port:
        loud = Store(store.database, ring.Doorbell(f"redis://127.0.0.1:{port}/0"))

        def act(session: Session) -> None:
            factories.desk(session, f"Desk {count_desks(session)}")
            bells.mark(session, bells.DELIVER, "mail")

        loud.run(act)
        loud.run(act)
    with store.read() as session:
        assert count_desks(session) == 2


def count_desks(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(factories.Desk)) or 0


def test_beat_rings_both_lanes() -> None:
    lanes = [line["args"] for line in schedule.SCHEDULE.values() if line["task"] == bells.DELIVER]
    assert sorted(lanes) == [("mail",), ("webhook",)]


def _state(store: Store, story: Story) -> str:
    with store.read() as session:
        return session.get_one(Story, story.id).state
