"""The ticker: a process beside each worker that needs neither broker nor beat, and dies with its parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from desk import bells, clock, db, heartbeats
from desk.cli import schema
from desk.newsroom import reminding
from desk.outbox import service as outbox
from desk.outbox.models import Delivery, Message
from desk.settings import Settings
from desk.store import Store
from tests import factories
from tests.cli.desk_up import alive
from workers import due, ticker

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
PARENT = """
import sys, time
from workers.ticker import Ticker
ticker = Ticker(object())
ticker.start(object())
said = None
while True:
    process = ticker._process
    if process is not None and process.pid not in (None, said):
        said = process.pid
        print(said, flush=True)
    time.sleep(0.02)
    if said and sys.argv[1:] == ["stop"]:
        time.sleep(1)
        ticker.stop(object())
        break
"""


@contextmanager
def parent(url: str, var: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A process that keeps a ticker, and says each ticker's number; its log is the file `log` in `var`."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "SMTP_URL")},
        "DATABASE_URL": url,
        "DESK_SECRET_KEY": "k" * 64,
        "DESK_VAR": str(var),
        "DESK_TICK": "0.1",
        **more,
    }
    command = [sys.executable, "-c", PARENT, *arguments]
    with (
        (var / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def eventually(true: Callable[[], bool], what: str) -> None:
    """Wait for it; a machine with much to do takes its time to start a process."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.02)


def next_ticker(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.mark.processes
def test_without_broker_and_beat_a_reminder_is_made_and_handed_over(clone: db.Database, tmp_path: Path) -> None:
    store, now = Store(clone), clock.minute_floor(clock.utcnow())
    with store.write() as session:
        factories.newsroom(session)
        story = factories.story(session, factories.desk(session), state="reporting")
        of = factories.assignment(session, story, assignee=factories.person(session), deadline=now + timedelta(hours=2))
        reminding.plan(session, of, now=now - timedelta(hours=1))

    def handed_over() -> bool:
        with store.read() as session:
            states = session.scalars(select(Delivery.state).join(Message).where(Message.kind == "reminder")).all()
            return states == ["captured"] and "ticker" in heartbeats.latest(session)

    url = clone.engine.url.render_as_string(hide_password=False)
    with parent(url, tmp_path) as process:
        next_ticker(process)
        eventually(handed_over, "the reminder to be captured")


@pytest.mark.processes
def test_what_goes_wrong_in_a_ticker_is_logged_without_keys_and_passwords(tmp_path: Path) -> None:
    database = db.connect(f"sqlite:///{tmp_path}/desk.db")
    schema.upgrade(database.engine)
    with Store(database).write() as session:
        factories.newsroom(session)
        facts = {"address": "olena@meridian.example"}
        outbox.put(session, "test_mail", "test", ("address", None), now=clock.utcnow(), facts=facts)
    database.engine.dispose()
    # the fault's flag can't be written: there is no such folder
    broken = {"DESK_FAULT": "after_claim", "DESK_VAR": str(tmp_path / "gone")}
    with parent(str(database.engine.url), tmp_path, SMTP_URL="smtp://desk:hunter2@mail.example", **broken):
        eventually(lambda: "tick failed" in (tmp_path / "log").read_text(), "the fault to be logged")
    log = (tmp_path / "log").read_text()
    assert "Traceback" in log
    assert "hunter2" not in log
    assert "k" * 64 not in log


def test_neither_a_slow_sweep_nor_a_long_pruning_delays_a_release(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no part of the loop that ticks, and each has a thread of its own."""
    slow = pytest.fail
    monkeypatch.setattr(due, "sweep", lambda *_: slow("the tick swept"))
    monkeypatch.setattr(due, "prune", lambda *_, **__: slow("the tick pruned"))
    ticker._desk_work(store, lambda: False)()
    lanes = {name for name, _, _ in ticker._lanes(store, settings, lambda: False)}
    assert lanes == {"mail", "webhook", "wires", "sweep", "prune"}


@pytest.mark.processes
def test_one_that_is_killed_is_started_again_and_all_die_with_their_parent_however_that_dies(tmp_path: Path) -> None:
    with parent(f"sqlite:///{tmp_path}/nothing.db", tmp_path) as process:
        first = next_ticker(process)
        os.kill(first, signal.SIGKILL)
        second = next_ticker(process)
        assert second in alive()
        process.send_signal(signal.SIGKILL)
        eventually(lambda: not {first, second} & alive(), "the tickers' end")


@pytest.mark.processes
def test_told_to_stop_it_stops_and_is_not_started_again(tmp_path: Path) -> None:
    with parent(f"sqlite:///{tmp_path}/nothing.db", tmp_path, "stop") as process:
        number = next_ticker(process)
        assert process.wait(PATIENCE) == 0
        assert number not in alive()
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_what_goes_wrong_in_one_tick_is_over_at_the_next() -> None:
    """Neither a database that is gone nor a fault of ours ends the loop."""
    stop = threading.Event()
    steps: Iterator[Callable[[], None]] = iter((_database_gone, _fault, stop.set))
    ticker._loop("desk", lambda: next(steps)(), 0, stop)
    assert stop.is_set()


def test_a_loop_whose_parent_is_gone_ends() -> None:
    def act() -> None:
        raise AssertionError("there is nobody to work for")

    ticker._loop("desk", act, 0, threading.Event(), parent=os.getppid() + 1)


def test_each_tick_shows_that_the_ticker_lives_and_asks_a_pool_for_a_sign_of_life(
    store: Store, settings: Settings
) -> None:
    """It does not speak for the pool."""
    rung: list[set[tuple[str, str]]] = []
    work = ticker._desk_work(Store(store.database, rung.append), lambda: False)
    work()
    work()
    with store.read() as session:
        seen = heartbeats.latest(session)
    assert list(seen) == ["ticker"]
    assert clock.utcnow() - seen["ticker"] < timedelta(seconds=30)
    assert rung == [{(bells.ALIVE, "ticker")}]  # the second tick came too soon to ring again


def _database_gone() -> None:
    raise OperationalError("SELECT 1", {}, Exception("gone"))


def _fault() -> None:
    raise ZeroDivisionError
