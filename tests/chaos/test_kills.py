"""Workers are killed with `kill -9`, and the broker with all it holds: late is all it gets; no reminder comes twice.

The moments are drawn from a seed, which is printed; DESK_CHAOS_SEED sets another.
"""

import os
import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from desk import faults
from desk.clock import utcnow
from tests.chaos.conftest import IN_FLIGHT, LEASE, TICK, Staged, on_both, on_sqlite
from tests.chaos.fleet import CHILDREN, show, spread, until

pytestmark = pytest.mark.processes

SEED = int(os.environ.get("DESK_CHAOS_SEED", "1999"))
REMINDERS = 200
LICENSEES = 8
EDITIONS = 25  # 200 webhooks
KILLS = 5
START = 3.0
PERIODS = {"sqlite": 30.0, "postgresql": 20.0}  # seconds over which all falls due


@on_both
def test_five_kills_and_a_lost_broker_lose_no_notice_and_repeat_no_reminder(staged: Staged) -> None:
    rng = random.Random(SEED)
    with staged(answers_after=0.3) as stage:
        period = PERIODS[stage.load.dialect]
        workers = [stage.fleet.worker(), stage.fleet.worker()]
        stage.fleet.beat()
        stage.load.sees("worker")
        now = utcnow()
        stage.load.remind([now + timedelta(seconds=START + rng.uniform(0, period)) for _ in range(REMINDERS)], now=now)

        def kill() -> None:
            victim = rng.randrange(len(workers))
            workers[victim].kill()
            workers[victim] = stage.fleet.worker()

        def lose_broker() -> None:
            stage.broker.kill()
            stage.broker.start()

        def publish() -> None:
            stage.load.publish(licensees=LICENSEES, now=utcnow())

        happens: list[tuple[float, Callable[[], None]]] = [
            *((START + n * period / EDITIONS, publish) for n in range(EDITIONS)),
            *((START + rng.uniform(1, period), kill) for _ in range(KILLS)),
            (START + rng.uniform(1, period), lose_broker),
        ]
        _play(happens)
        settled_after = stage.load.settles()
        verdict = stage.load.verdict()
        show(
            f"{KILLS} × kill -9 of a worker, the broker killed once and empty; {stage.load.dialect}, seed {SEED}",
            {
                **verdict.figures(),
                "hand-overs in flight": f"{stage.fleet.in_flight} a worker: DESK_IN_FLIGHT {IN_FLIGHT} × "
                f"{CHILDREN + 1} processes that send ({CHILDREN} of the pool, the ticker)",
                "parked at most": f"{KILLS} kills × {stage.fleet.in_flight} = {KILLS * stage.fleet.in_flight}",
                "lease, tick": f"{LEASE} s, {TICK} s",
                "reminders late": spread(verdict.late),
                "settled after the last was due": f"{settled_after:.1f} s",
            },
        )
        verdict.holds(parked_at_most=KILLS * stage.fleet.in_flight)


@on_sqlite
def test_a_death_where_it_hurts_loses_no_notice_and_repeats_no_reminder(staged: Staged) -> None:
    with staged(answers_after=0.05) as stage:
        deaths = 0
        for point in faults.POINTS:
            now = utcnow()
            stage.load.remind([now] * 6, now=now - timedelta(seconds=1))
            stage.load.publish(licensees=2, now=now, webhooks=False)
            stage.load.fire()
            worker = stage.fleet.worker(DESK_FAULT=point)
            until(partial(stage.fleet.has_died, point), f"a death {point} of mails")
            deaths += 1
            stage.load.publish(licensees=3, now=utcnow(), mails_after=timedelta(seconds=LEASE))
            stage.fleet.may_die_again(point)
            until(partial(stage.fleet.has_died, point), f"a death {point} of webhooks")
            deaths += 1
            stage.load.settles()
            worker.kill()
        verdict = stage.load.verdict()
        show(
            f"{deaths} deaths of processes that send, two at each of {', '.join(faults.POINTS)}",
            {**verdict.figures(), "parked at most": f"{deaths} deaths × DESK_IN_FLIGHT = {deaths * IN_FLIGHT}"},
        )
        verdict.holds(parked_at_most=deaths * IN_FLIGHT)


def _play(happens: list[tuple[float, Callable[[], None]]]) -> None:
    """Let things happen, each so many seconds from now."""
    began = time.monotonic()
    for at, act in sorted(happens, key=lambda one: one[0]):
        time.sleep(max(0.0, began + at - time.monotonic()))
        act()
