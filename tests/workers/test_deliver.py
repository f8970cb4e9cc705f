"""The worker that hands over: real commits, real sockets where it matters, and deaths at each point that hurts."""

import itertools
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from desk import chance
from desk.cli.up import SENDING
from desk.clock import utcnow
from desk.db import Database
from desk.mail import SmtpMailer
from desk.net import Handed, HttpPoster
from desk.newsroom import notifying
from desk.outbox import handing, queries, service
from desk.outbox.handover import Claimed
from desk.outbox.models import Delivery, Due, Message
from desk.republication.models import Licensee
from desk.settings import Settings
from desk.store import Store
from tests import factories
from tests.fakes import FakeMailer, FakePoster, SmtpServer, WebhookReceiver
from workers import deliver


class Works:
    """A worker over a store that really commits."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = replace(settings, mail_from="desk@meridian.example")
        self.mailer: FakeMailer | None = FakeMailer()
        self.poster = FakePoster()
        with store.write() as session:
            factories.newsroom(session)

    def run(self, lane: str = "mail", stop: Callable[[], bool] = lambda: False) -> int:
        return deliver.deliver(
            self.store,
            lane,
            mailer_for=lambda: self.mailer,
            poster=self.poster,
            settings=self.settings,
            clock=utcnow,
            stop=stop,
        )

    def put(self, n: int = 1, kind: str = "test_mail") -> None:
        with self.store.write() as session:
            for _ in range(n):
                facts = {"address": f"{chance.public_id()}@meridian.example"}
                service.put(session, kind, chance.token(8), ("address", None), now=utcnow(), facts=facts)

    def publish(self, *webhooks: str) -> None:
        with self.store.write() as session:
            publish(session, *webhooks)

    def states(self, channel: str = "mail") -> list[str]:
        with self.store.read() as session:
            return list(
                session.scalars(select(Delivery.state).where(Delivery.channel == channel).order_by(Delivery.id))
            )


def publish(session: Session, *webhooks: str) -> None:
    desk = factories.desk(session)
    for n, url in enumerate(webhooks):
        factories.licensee(session, f"Licensee {n}", desks=(desk,), webhook=url)
    story = factories.story(session, desk, state="published")
    edition = factories.edition(session, story)
    notifying.edition_out(session, story, edition, utcnow() - timedelta(seconds=1))


@pytest.fixture
def works(store: Store, settings: Settings) -> Works:
    return Works(store, settings)


def test_everything_due_is_handed_over_once_by_several_hands(works: Works) -> None:
    works.put(25)
    assert works.run() == 25
    assert works.mailer is not None
    assert len({message_from_bytes(mail.wire)["Message-ID"] for mail in works.mailer.mails}) == 25
    assert {mail.sender for mail in works.mailer.mails} == {"desk@meridian.example"}
    assert works.states() == ["done"] * 25
    assert works.run() == 0


def test_without_a_mail_server_mail_is_captured_and_nothing_is_sent(works: Works) -> None:
    works.mailer = None
    works.put(10)
    assert works.run() == 10
    assert works.states() == ["captured"] * 10
    with works.store.read() as session:
        page = queries.captured(session, bearers=True)
    assert page.total == 10
    assert "If you can read this" in page.mails[0].text


def test_a_webhook_is_signed_so_that_its_receiver_can_check_it(works: Works) -> None:
    with WebhookReceiver() as receiver:
        works.publish(receiver.url)
        poster = HttpPoster(private=True)
        works.poster = poster  # type: ignore[assignment]  # the real one
        works.run("webhook")
        poster.close()
    (request,) = receiver.requests
    with works.store.read() as session:
        secret = session.scalars(select(Licensee.secret)).one()
        delivery = session.scalars(select(Delivery).where(Delivery.channel == "webhook")).one()
    assert secret is not None
    verified = Webhook(secret).verify(request.body, request.headers)
    assert verified["type"] == "story.published"
    assert request.headers["webhook-id"] == delivery.wire_id
    assert (delivery.state, delivery.said) == ("done", "204 No Content")


def test_one_hanging_receiver_delays_nobody(works: Works) -> None:
    others = [f"https://swift{n}.example/hook" for n in range(20)]
    works.publish("https://hangs.example/a", *others)
    with works.store.write() as session:
        hangs = session.scalars(select(Licensee).where(Licensee.name == "Licensee 0")).one()
        for _ in range(5):
            notifying.send_test(
                session, factories.actor(session, factories.person(session, is_admin=True)), hangs.public_id,
                now=utcnow(),
            )  # fmt: skip
    poster = HangingPoster("https://hangs.example/a", until=len(others))
    works.poster = poster
    works.run("webhook")
    assert poster.in_time, "the others waited for the one that hangs"
    assert poster.most_at_once <= works.settings.in_flight // 4
    assert works.states("webhook") == ["done"] * 26


class HangingPoster(FakePoster):
    """Hangs on one address until all the others have been served."""

    def __init__(self, url: str, until: int) -> None:
        super().__init__()
        self.url = url
        self.until = until
        self.all_served = threading.Event()
        self.lock = threading.Lock()
        self.served = self.now = self.most_at_once = 0
        self.in_time = True

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Handed:
        with self.lock:
            self.served += url != self.url
            self.now += url == self.url
            self.most_at_once = max(self.most_at_once, self.now)
        if self.served == self.until:
            self.all_served.set()
        if url == self.url:
            self.in_time = self.all_served.wait(20) and self.in_time
        with self.lock:
            self.now -= url == self.url
        return super().post(url, body, headers)


def test_a_receiver_that_is_gone_is_switched_off_and_the_licensee_is_still_mailed(works: Works) -> None:
    works.publish("https://gone.example/hook")
    works.poster.otherwise = Handed("gone", "410 Gone")
    works.run("webhook")
    works.run("mail")
    assert works.states("webhook") == ["dead"]
    assert works.states("mail") == ["done"]
    with works.store.read() as session:
        assert session.scalars(select(Licensee.webhook_off_at)).one() is not None


def test_what_fails_for_now_is_due_again_later(works: Works) -> None:
    works.put()
    works.mailer = FakeMailer(otherwise=Handed("later", "451 try again"))
    assert works.run() == 1
    assert works.states() == ["due"]
    with works.store.read() as session:
        due = session.scalars(select(Due)).one()
        assert (due.lease_until, due.lease_token) == (None, None)
        assert due.due_at > utcnow() + timedelta(seconds=20)


def test_told_to_stop_it_claims_nothing_more_and_notes_what_is_under_way(works: Works) -> None:
    works.put(30)
    assert works.mailer is not None
    mails = works.mailer.mails
    assert works.run(stop=lambda: len(mails) >= 3) < 30
    states = works.states()
    assert states.count("done") == len(mails)
    assert states.count("due") == 30 - len(mails)
    assert works.run(stop=lambda: True) == 0


def test_a_mail_whose_lease_runs_out_under_way_is_not_sent_again_by_the_same_worker(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However that came about: a machine that slept, a clock that was set."""
    looks = threading.Semaphore(0)
    claim = handing.claim

    def looked(session: Session, lane: str, **how: Any) -> list[Claimed]:
        looks.release()
        return claim(session, lane, **how)

    class Slow(FakeMailer):
        def send(self, wire: bytes, *, sender: str, to: str) -> Handed:
            with works.store.write() as session:
                session.execute(update(Due).values(lease_until=utcnow() - timedelta(seconds=1)))
            while looks.acquire(blocking=False):
                pass
            assert looks.acquire(timeout=10)
            assert looks.acquire(timeout=10)  # a whole claim has been made since the lease ran out
            return super().send(wire, sender=sender, to=to)

    monkeypatch.setattr(handing, "claim", looked)
    monkeypatch.setattr(deliver, "LOOK_AGAIN", 0.02)
    works.mailer = Slow()
    works.put()
    assert works.run() == 1
    assert len(works.mailer.mails) == 1
    assert works.states() == ["done"]


def test_a_hand_over_that_could_outlast_its_lease_is_not_begun(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0])
    slept = SimpleNamespace(monotonic=lambda: next(clock, 30.0))  # half a lease passes between claim and hand-over
    monkeypatch.setattr(deliver, "time", slept)
    works.put()
    assert works.run() == 1
    assert works.mailer is not None
    assert works.mailer.mails == []
    with works.store.read() as session:
        assert session.scalars(select(Delivery.said)).one() == "The worker was held up before the hand-over."


def test_a_hand_over_may_take_half_its_lease_and_no_more(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    class Mailer(SmtpMailer):
        def __init__(self, url: str, *, timeout: float) -> None:
            given.append(timeout)
            super().__init__(url, timeout=timeout)

    class Poster(HttpPoster):
        def __init__(self, *, private: bool, timeout: float) -> None:
            given.append(timeout)
            super().__init__(private=private, timeout=timeout)

    monkeypatch.setattr(deliver, "SmtpMailer", Mailer)
    monkeypatch.setattr(deliver, "HttpPoster", Poster)
    works.put()
    with SmtpServer() as server, WebhookReceiver() as receiver:
        works.publish(receiver.url)
        settings = replace(works.settings, smtp_url=server.url, lease=9.5)
        for lane in ("mail", "webhook"):
            deliver.run(works.store, lane, settings=settings, now=utcnow)
    assert set(given) == {4.75}


def test_an_outcome_that_the_database_cannot_take_is_noted_once_it_can(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail that was taken while the database was away is not sent again."""
    works.put()
    failing = iter([OperationalError("UPDATE", {}, Gone()), OperationalError("UPDATE", {}, Gone())])
    settle = handing.settle

    def settled(session: Session, results: Any, **how: Any) -> Any:
        for error in failing:
            raise error
        return settle(session, results, **how)

    monkeypatch.setattr(handing, "settle", settled)
    monkeypatch.setattr(deliver, "LOOK_AGAIN", 0.02)
    assert works.run() == 1
    assert works.mailer is not None
    assert len(works.mailer.mails) == 1
    assert works.states() == ["done"]


@pytest.mark.parametrize("verb", ["claim", "prepare"])
@pytest.mark.parametrize("error", ["gone", "a fault of ours"])
def test_a_hand_over_under_way_is_noted_whatever_befalls_the_next_claim(
    works: Works, monkeypatch: pytest.MonkeyPatch, verb: str, error: str
) -> None:
    """Or a mail would be sent twice, and a reminder parked by nobody's death."""
    failed = threading.Event()
    real, calls = getattr(handing, verb), itertools.count()

    def fails(session: Session, *of: Any, **how: Any) -> Any:
        if next(calls) == 1:
            failed.set()
            raise OperationalError("SELECT", {}, Gone()) if error == "gone" else ZeroDivisionError
        return real(session, *of, **how)

    class Slow(FakeMailer):
        def send(self, wire: bytes, *, sender: str, to: str) -> Handed:
            if not failed.is_set():
                works.put()  # so that there is something to be claimed
                assert failed.wait(10)
            return super().send(wire, sender=sender, to=to)

    monkeypatch.setattr(handing, verb, fails)
    monkeypatch.setattr(deliver, "LOOK_AGAIN", 0.02)
    works.mailer = Slow()
    works.put()
    if error == "gone":
        works.run()
    else:
        with pytest.raises(ZeroDivisionError):
            works.run()
    assert works.states()[0] == "done"
    assert len(works.mailer.mails) == works.states().count("done")


class Gone(Exception):
    sqlstate = "57P01"


def test_a_bells_run_and_its_last_hand_over_end_within_the_grace_of_a_stop() -> None:
    assert deliver.LONGEST_RUN + max(deliver.LONGEST_MAIL, deliver.LONGEST_POST) < 25 < SENDING["worker"]


def test_a_run_by_itself_uses_the_settings_server(works: Works) -> None:
    with SmtpServer() as server:
        works.put(3)
        settings = replace(works.settings, smtp_url=server.url)
        assert deliver.run(works.store, "mail", settings=settings, now=utcnow) == 3
        assert deliver.run(works.store, "mail", settings=settings, now=utcnow) == 0
        assert len(server.mails) == 3


DIES = """
import sys
from dataclasses import replace
from pathlib import Path
from desk import db, models
from desk.clock import utcnow
from desk.settings import Settings
from desk.store import Store
from workers import deliver
url, var, smtp, fault = sys.argv[1:]
settings = Settings(
    var=Path(var), database_url=url, redis_url=None, url="http://localhost", secret_keys=("k" * 32,),
    smtp_url=smtp, private_addresses=True, fault=fault or None,
)
store = Store(db.connect(url))
deliver.run(store, "mail", settings=settings, now=utcnow)
"""


@pytest.mark.processes
@pytest.mark.parametrize("point", ["before_send", "after_send"])  # the chaos run dies at the others too
def test_a_worker_killed_where_it_hurts_loses_no_notice_and_repeats_no_reminder(
    clone: Database, settings: Settings, tmp_path_factory: pytest.TempPathFactory, point: str
) -> None:
    store, var = Store(clone), tmp_path_factory.mktemp("var")
    url = clone.engine.url.render_as_string(hide_password=False)
    with SmtpServer() as mail, WebhookReceiver() as receiver:
        with store.write() as session:
            publish(session, receiver.url)
            olena = factories.person(session)
            for _ in range(3):
                facts = {"slug": "A/B", "story": "x", "assignment": "y", "deadline": utcnow().isoformat()}
                service.put(
                    session, "reminder", chance.token(8), ("person", olena.id), now=utcnow(), facts=facts
                )  # fmt: skip

        command = [sys.executable, "-c", DIES, url, str(var), mail.url, point]
        assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
        with store.write() as session:  # the dead worker's lease runs out
            session.execute(update(Due).where(Due.lease_until.is_not(None)).values(lease_until=utcnow()))
        afterwards = replace(settings, var=var, smtp_url=mail.url, fault=point)
        for lane in ("mail", "webhook"):
            deliver.run(store, lane, settings=afterwards, now=utcnow)
        with store.read() as session:
            rows = session.execute(
                select(Delivery.wire_id, Delivery.channel, Delivery.state, Message.kind).join(Message)
            ).all()
    received = Counter(message_from_bytes(one.wire)["Message-ID"].strip("<>").split("@")[0] for one in mail.mails)
    posted = {request.headers["webhook-id"] for request in receiver.requests}
    assert len(rows) == 5
    for row in rows:
        if row.kind == "reminder":
            assert received[row.wire_id] == 1 or (row.state == "parked" and received[row.wire_id] == 0)
        else:
            assert row.state == "done"
            assert row.wire_id in (posted if row.channel == "webhook" else received)
