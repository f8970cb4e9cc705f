"""The broker is off for minutes while the desk is used: pages work, mails go out; and when it is back nothing comes
twice and bells ring again. The desk runs as `desk up` starts it, with the lease and the tick that operators have.

DESK_CHAOS_BROKER_OFF is how many seconds the broker is off, 300 if it is not set.
"""

import os
import re
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from desk import bells, db
from desk.cli import guard
from desk.cli.valkey import EmbeddedValkey
from desk.clock import utcnow
from desk.people import signing
from desk.store import Store
from tests import factories
from tests.browser.desk_runs import Running, desk_up
from tests.chaos.fleet import Receiving, show, spread, until
from tests.chaos.load import Load

pytestmark = pytest.mark.processes

OFF = float(os.environ.get("DESK_CHAOS_BROKER_OFF", "300"))
REMINDERS = 100
CIRCUIT = 10.0  # so long no bell is tried after one that failed
ENOUGH = 90.0  # workers and beats find a broker again in half a minute


def test_without_its_broker_the_desk_is_late_by_seconds_and_nothing_comes_twice(
    broker: EmbeddedValkey, tmp_path: Path
) -> None:
    with Receiving(tmp_path, 0.05) as receiving:
        env = {"REDIS_URL": broker.url, "SMTP_URL": receiving.smtp_url, "DESK_TICK": ""}
        with desk_up(tmp_path, env=env) as desk:
            load = Load(Store(db.connect(f"sqlite:///{desk.var / 'desk.db'}")), receiving)
            reader = Reader(desk, load.store)
            load.others.add(reader.address)
            until(lambda: reader.readiness()["status"] == "ok", "a desk that is well", seconds=ENOUGH, every=0.5)

            broker.stop()
            began, now = time.monotonic(), utcnow()
            load.remind([now + timedelta(seconds=(n + 1) * OFF / REMINDERS) for n in range(REMINDERS)], now=now)
            presses = [OFF * share for share in (0.1, 0.5, 0.9)]
            while (elapsed := time.monotonic() - began) < OFF:
                reader.looks_around()
                if presses and elapsed > presses[0]:
                    del presses[0]
                    reader.asks_for_a_link()
                time.sleep(0.5)
            assert reader.statuses == {200}
            assert reader.said == {("degraded", "down")}
            in_time = len(load.verdict().reminders)

            broker.start()
            back = utcnow()
            again = until(lambda: reader.has_beat_since(back), "bells of the beat", seconds=ENOUGH, every=0.5)
            rings = _rings_again(broker, desk, reader)
            load.settles()
            verdict = load.verdict()
            show(
                f"The broker off for {OFF:.0f} s",
                {
                    "reminders": f"{len(load.due_at)} due, {len(verdict.reminders)} received",
                    "  while it was off": in_time,
                    "links by mail": f"{reader.asked} asked for, {len(verdict.besides)} received",
                    "late": spread(verdict.late),
                    "pages": f"{len(reader.took)} fetched, all of them 200",
                    "a page took": spread(sorted(reader.took)),
                    "a beat's bell arrives again": f"{again:.1f} s after its return",
                    "a page's bell rings again": f"{rings:.1f} s after the press",
                },
            )
            verdict.holds(parked_at_most=0)
            assert len(verdict.besides) == len({one.id for one in verdict.besides}) == reader.asked
            assert verdict.late[98] <= 30
            assert verdict.late[-1] <= 60
            reader.close()
            load.store.database.engine.dispose()


class Reader:
    """An editor at a browser, who also looks at the door and at what the desk says of itself."""

    def __init__(self, desk: Running, store: Store) -> None:
        self._desk = desk
        self.asked = 0
        self.took: list[float] = []
        self.statuses: set[int] = set()
        self.said: set[tuple[str, str]] = set()
        with store.write() as session:
            editor = factories.person(session, "Marta Kuipers", is_admin=True)
            self.address = editor.email
            begun = signing.begin(session, editor.id, agent="chaos", address="127.0.0.1", now=utcnow())
        self._signed_in = httpx.Client(base_url=desk.url, trust_env=False, timeout=20, cookies={"desk": begun.cookie})
        self._stranger = httpx.Client(base_url=desk.url, trust_env=False, timeout=20)

    def looks_around(self) -> None:
        """Fetch the door, the board and `/readyz`, and keep how long each took and what came."""
        self._get(self._stranger, "/sign-in")
        assert "Marta Kuipers" in self._get(self._signed_in, "/").text
        answer = self._get(self._stranger, "/readyz").json()
        self.said.add((answer["status"], answer["broker"]))

    def readiness(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._stranger.get("/readyz").json()
        return answer

    def has_beat_since(self, at: datetime) -> bool:
        """Whether a bell that beat rang after that has reached a worker."""
        seen = self.readiness()
        return seen["broker"] == "ok" and datetime.fromisoformat(seen["heartbeats"]["beat"]) > at

    def asks_for_a_link(self) -> None:
        """Press the button that has a mail sent at once."""
        page = self._stranger.get("/forgotten").text
        token = re.search(r'name="csrf_token"[^>]*value="(\w+)"', page)
        assert token, page
        began = time.monotonic()
        answer = self._stranger.post("/forgotten", data={"csrf_token": token[1], "email": self.address})
        self._note(answer, began)
        self.asked += 1

    def close(self) -> None:
        self._signed_in.close()
        self._stranger.close()

    def _get(self, client: httpx.Client, path: str) -> httpx.Response:
        began = time.monotonic()
        answer = client.get(path)
        self._note(answer, began)
        return answer

    def _note(self, answer: httpx.Response, began: float) -> None:
        self.took.append(time.monotonic() - began)
        self.statuses.add(answer.status_code)


def _rings_again(broker: EmbeddedValkey, desk: Running, reader: Reader) -> float:
    """Press until a bell that a web process rang is seen at the broker; gives the seconds from that press on."""
    with redis.Redis.from_url(broker.url) as client, client.monitor() as commands:
        for _ in range(4):
            reader.asks_for_a_link()
            pressed = time.monotonic()
            while time.monotonic() - pressed < CIRCUIT:
                if commands.connection.can_read(timeout=0.2) and _is_ours(commands.next_command()["command"], desk):
                    return time.monotonic() - pressed
    raise AssertionError("no page rings any more")


def _is_ours(command: str, desk: Running) -> bool:
    return bells.DELIVER in command and any(f"gen{pid}@" in command for pid in _web_processes(desk))


def _web_processes(desk: Running) -> list[int]:
    found = []
    for process in guard.running():
        with suppress(OSError):
            line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            ours = os.fsencode(desk.var) in Path(f"/proc/{process.pid}/environ").read_bytes()
            if ours and b"desk.web.wsgi" in line:
                found.append(process.pid)
    return found
