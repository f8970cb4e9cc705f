"""Stops, sleeps and beats: a clean stop loses nothing, a worker that slept too long has no say, and no beat is late,
two are no more than one."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.clock import utcnow
from desk.outbox.models import Delivery
from tests.chaos.conftest import LEASE, Stage, Staged, on_postgres, on_sqlite
from tests.chaos.fleet import Running, show, spread, until

pytestmark = pytest.mark.processes

STOPS = 5


@on_postgres
def test_clean_stops_under_load_without_a_beat_and_with_two_lose_double_and_park_nothing(staged: Staged) -> None:
    with staged(answers_after=0.3, lease=30) as stage:  # here nobody dies, and a slow machine must not look like it
        workers = [stage.fleet.worker(), stage.fleet.worker()]
        stage.load.sees("worker")
        took = []
        for n in range(STOPS):
            if n == STOPS // 2:
                stage.fleet.beat()
                stage.fleet.beat()
            now = utcnow()
            stage.load.remind([now + timedelta(seconds=n / 10) for n in range(20)], now=now - timedelta(seconds=1))
            stage.load.publish(licensees=8, now=utcnow())
            stage.receiving.goes_on()
            took.append(workers[n % 2].stop())
            workers[n % 2] = stage.fleet.worker()
        stage.load.settles()
        stage.load.sees("beat")
        verdict = stage.load.verdict()
        show(
            f"{STOPS} clean stops under load, with no beat, then with two",
            {**verdict.figures(), "a stop took": spread(sorted(took))},
        )
        verdict.holds(parked_at_most=0, repeats=False)


@on_sqlite
def test_a_worker_that_slept_past_its_lease_has_no_say_any_more(staged: Staged) -> None:
    with staged(answers_after=1) as stage:
        now = utcnow()
        stage.load.remind([now] * 8, now=now - timedelta(seconds=1))
        stage.load.publish(licensees=2, now=now)
        stage.load.fire()  # so that both kinds are in its hands
        sleeper = stage.fleet.worker()
        stage.receiving.goes_on()
        until(lambda: _falls_asleep(stage, sleeper), "a moment between transactions", every=0.05)
        slept_from = time.monotonic()
        other = stage.fleet.worker()
        stage.load.settles()
        before = _states(stage)
        time.sleep(max(0.0, slept_from + LEASE + 1 - time.monotonic()))
        other.stop()
        sleeper.thaw()
        slept = time.monotonic() - slept_from
        now = utcnow()
        stage.load.remind([now] * 2, now=now - timedelta(seconds=1))
        stage.load.settles()  # the woken one has noted what it held before it takes these
        sleeper.stop()
        verdict = stage.load.verdict()
        after = _states(stage)
        show(
            f"A worker asleep with hand-overs under way, longer than its lease of {LEASE} s; {stage.load.dialect}",
            {**verdict.figures(), "slept": f"{slept:.1f} s", "parked at most": stage.fleet.in_flight},
        )
        verdict.holds(parked_at_most=stage.fleet.in_flight)
        assert verdict.parked or verdict.repeats, "it held nothing as it fell asleep"
        assert {one: after[one] for one in before} == before, "the woken one changed what others had settled"


def _falls_asleep(stage: Stage, worker: Running) -> bool:
    worker.freeze()
    if stage.load.is_free():
        return True
    worker.thaw()
    return False


def _states(stage: Stage) -> dict[int, tuple[str, str | None]]:
    with stage.load.store.read() as session:
        rows = session.execute(select(Delivery.id, Delivery.state, Delivery.said))
        return {row.id: (row.state, row.said) for row in rows}
