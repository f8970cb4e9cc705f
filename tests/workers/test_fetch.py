"""Polling the wire's sources: real commits, real sockets, and workers that die."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk import chance
from desk.errors import DeskError
from desk.net import Fetched, HttpFetcher
from desk.newsroom import wiring
from desk.newsroom.wiring import Taken
from desk.wires import queries, rules
from desk.wires import service as wires
from desk.wires.item import WireItem
from desk.wires.models import Intake, Item, Source
from desk.wires.rules import Ended
from desk.wires.service import Claim, Unread
from tests import factories
from tests.fakes import FakeFetcher, FeedServer, Page
from tests.wires.feeds import BLAST, TRIP, entry, rss
from tests.workers.polls import Polls
from workers import fetch

ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<rss version="2.0"><channel><title>&b;</title></channel></rss>"""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer({"/feed": Page(rss(BLAST, TRIP), etag='"1"')}) as running:
        yield running


# feeds


def test_a_feed_is_polled_and_its_items_stand_on_the_wire_the_newest_last_in(desk: Polls, server: FeedServer) -> None:
    desk.add(server.url_of("/feed"))
    assert desk.due() == 1
    assert desk.headlines() == [
        "Turkish foreign minister to travel to Odesa",
        "Explosion reported at port of Odesa",
    ]
    source = desk.source()
    assert (source.failures, source.said, source.etag, source.lease_token) == (0, None, '"1"', None)
    assert source.last_new_at == source.last_poll_at == desk.now
    assert source.next_poll_at is not None
    assert timedelta(seconds=40) < source.next_poll_at - desk.now < timedelta(seconds=80)
    assert desk.due() == 0, "it is not due again yet"


def test_an_unchanged_feed_costs_one_conditional_request_and_no_bytes(desk: Polls, server: FeedServer) -> None:
    public_id = desk.add(server.url_of("/feed"))
    desk.due()
    desk.later(minutes=5)
    assert desk.poll(public_id).taken == Taken()
    assert server.requests[-1].headers["if-none-match"] == '"1"'
    assert (desk.count(Intake), desk.source().etag, desk.source().failures) == (1, '"1"', 0)
    assert desk.source().last_new_at == factories.NOW


def test_a_changed_feed_gives_what_is_new_and_what_was_revised(desk: Polls, server: FeedServer) -> None:
    public_id = desk.add(server.url_of("/feed"))
    desk.due()
    changed = entry("np-1", "Explosion at Odesa: two hurt")
    server.pages["/feed"] = Page(rss(entry("np-3", "Fog closes the strait"), changed, TRIP), etag='"2"')
    assert desk.poll(public_id).taken == Taken(new=1, revised=1, same=1)
    assert "Explosion at Odesa: two hurt" in desk.headlines()
    assert len(desk.headlines()) == 3


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (Page(b"<html><body>Sign in to the guest network</body></html>"), "not a feed"),
        (Page(b"", content_type="text/plain"), "empty"),
        (Page(ENTITIES), "entit"),
        (Page(rss(entry("x", "x" * 300_000)), packed="gzip"), "larger than 200000 bytes"),
        (Page(status=500), "It answered 500 Internal Server Error: its server is in trouble"),
        (Page(status=404), "there is nothing at this address"),
        (Page(rss(BLAST), cut_after=60), ""),
    ],
    ids=["not a feed", "empty", "entities", "gzip bomb", "500", "404", "cut"],
)
def test_what_cannot_be_read_is_said_on_the_source_and_changes_nothing_else(
    desk: Polls, server: FeedServer, page: Page, says: str
) -> None:
    public_id = desk.add(server.url_of("/feed"))
    desk.due()
    before = desk.headlines()
    server.pages["/feed"] = page
    polled = desk.poll(public_id)
    assert polled.outcome == "failed"
    source = desk.source()
    assert source.said
    assert says in source.said
    assert source.failures == 1
    assert desk.headlines() == before
    server.pages["/feed"] = Page(rss(BLAST, TRIP), etag='"9"')
    desk.later(minutes=5)
    assert desk.poll(public_id).outcome == "taken"
    assert (desk.source().failures, desk.source().said) == (0, None)


def test_the_same_unreadable_bytes_keep_failing_and_are_kept_once(desk: Polls, server: FeedServer) -> None:
    server.pages["/feed"] = Page(b"<html>no</html>", etag='"1"')
    public_id = desk.add(server.url_of("/feed"))
    for _ in range(3):
        assert desk.poll(public_id).outcome == "failed"
        desk.later(hours=1)
    assert (desk.source().failures, desk.count(Intake), desk.source().etag) == (3, 1, None)


def test_a_feed_that_is_gone_is_stopped_and_says_so(desk: Polls, server: FeedServer) -> None:
    server.pages["/feed"] = Page(status=410)
    public_id = desk.add(server.url_of("/feed"))
    assert desk.poll(public_id).outcome == "gone"
    source = desk.source()
    assert (source.stopped_at, source.next_poll_at) == (desk.now, None)
    assert "410" in (source.stopped_why or "")
    desk.later(days=2)
    assert desk.due() == 0
    assert fetch.poll_now(desk.store, public_id, settings=desk.settings, now=lambda: desk.now) is None


def test_a_retry_after_is_honoured(desk: Polls, server: FeedServer) -> None:
    server.pages["/feed"] = Page(status=503, headers={"Retry-After": "1800"})
    desk.add(server.url_of("/feed"))
    desk.due()
    assert desk.source().next_poll_at == desk.now + timedelta(seconds=1800)


@pytest.mark.parametrize(("status", "kept"), [(301, True), (308, True), (302, False), (307, False)])
def test_only_a_move_for_good_is_remembered(desk: Polls, server: FeedServer, status: int, kept: bool) -> None:
    server.redirect("/old", "/feed", status)
    desk.add(server.url_of("/old"))
    desk.due()
    assert len(desk.headlines()) == 2
    assert desk.source().url == server.url_of("/feed" if kept else "/old")


def test_a_feed_on_a_private_address_is_not_asked_unless_that_is_allowed(desk: Polls, server: FeedServer) -> None:
    desk.fetcher = HttpFetcher(private=False, timeout=2)
    desk.add(server.url_of("/feed"))
    desk.due()
    assert "private network" in (desk.source().said or "")
    assert server.requests == []
    desk.fetcher.close()


def test_a_slow_source_delays_no_other(desk: Polls, server: FeedServer) -> None:
    server.pages["/slow"] = Page(rss(BLAST), drip_head=0.2)
    desk.add(server.url_of("/slow"), "Sahel Press")
    for n in range(12):
        desk.add(server.url_of("/feed"), f"Source {n}")
    began = time.monotonic()
    taken_at: list[float] = []

    def watch() -> None:
        while time.monotonic() - began < 5:
            with desk.store.read() as session:
                left = session.scalar(select(func.count(Source.id)).where(Source.last_poll_at.is_(None)))
            if left == 1:
                taken_at.append(time.monotonic() - began)
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert desk.due() == 13
    watcher.join()
    assert taken_at, "the twelve were in while the slow one was still under way"
    assert desk.source("Sahel Press").said == "No answer within 2 s."


def test_a_fault_of_ours_stops_one_source_and_is_not_met_again(
    desk: Polls, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/odd"] = Page(rss(entry("odd", "Odd")))
    read = fetch.reading.read

    def falters(data: bytes, **how: str | None) -> list[WireItem]:
        if b"Odd" in data:
            raise RecursionError("too deep")
        return read(data, **how)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(fetch.reading, "read", falters)
    desk.add(server.url_of("/odd"), "Atlas")
    desk.add(server.url_of("/feed"))
    assert desk.due() == 2
    assert len(desk.headlines()) == 2
    assert "RecursionError" in (desk.source("Atlas").said or "")
    server.pages["/odd"] = Page(rss(entry("even", "Even")))
    desk.later(hours=2)
    assert desk.due() == 2
    assert "Even" in desk.headlines()


def test_a_fault_of_ours_is_blamed_on_no_other_bytes(
    desk: Polls, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that wait to be read are read by the next poll, though this one failed, and not over them."""
    desk.add(server.url_of("/feed"))
    _die(desk, rss(entry("np-0", "Ferry aground off Sulina")))

    def stumbles(session: Session, claim: Claim, limit: int = 20) -> list[Unread]:
        if limit == 20:
            raise ZeroDivisionError
        return unread(session, claim, limit)

    unread = wires.unread
    with monkeypatch.context() as patched:
        patched.setattr(wires, "unread", stumbles)
        assert desk.due() == 1
    assert "ZeroDivisionError" in (desk.source().said or "")
    desk.later(hours=2)
    assert desk.due() == 1
    assert "Ferry aground off Sulina" in desk.headlines()


# workers that die


class Death(BaseException):
    """What no code of ours gets to see: the process is gone."""


def test_bytes_that_cost_two_workers_their_lives_cost_no_third(
    desk: Polls, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add(server.url_of("/feed"))
    _die(desk, rss(entry("np-0", "Ferry aground off Sulina")))
    read, deaths = fetch.reading.read, []

    def dies(data: bytes, **how: str | None) -> list[WireItem]:
        if b"Ferry" in data:
            deaths.append(1)
            raise Death
        return read(data, **how)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(fetch.reading, "read", dies)
    monkeypatch.setattr(fetch, "_outcome", lambda work, claim, future: future.result())  # nobody is left to judge it
    desk.settings = replace(desk.settings, lease=0)
    with pytest.raises(Death):
        desk.due()
    desk.settings = replace(desk.settings, lease=60)
    assert desk.due() == 1
    assert len(deaths) == 1
    assert len(desk.headlines()) == 2, "what comes after them is read"
    with desk.store.read() as session:
        assert session.scalars(select(Intake.error).order_by(Intake.id)).all() == [fetch.DEADLY, None]


def test_a_killed_workers_source_is_polled_again_when_its_lease_has_run_out(desk: Polls, server: FeedServer) -> None:
    desk.settings = replace(desk.settings, lease=0.3)
    desk.add(server.url_of("/feed"))
    with desk.store.write() as session:
        assert wires.claim_due(session, desk.now, 1, timedelta(seconds=0.3), chance.token(16))
    assert desk.due() == 0
    deadline = time.monotonic() + 5
    while not desk.due() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(desk.headlines()) == 2


def _die(desk: Polls, data: bytes, *, batch: int | None = None) -> None:
    """A worker claims, keeps the bytes, perhaps takes some items in, and dies."""
    lease = timedelta(seconds=-1)  # run out already
    with desk.store.write() as session:
        (claim,) = wires.claim_due(session, desk.now, 1, lease, chance.token(16))
    with desk.store.write() as session:
        stored = wires.store_intake(session, claim, data, lease=lease, now=desk.now)
    assert stored is not None
    if batch is not None:
        items = rules.in_order(fetch.reading.read(data, zone="UTC"))[:batch]
        with desk.store.write() as session:
            wiring.take_in(session, claim.source_id, stored.intake_id, items, desk.now, more=True)


@pytest.mark.parametrize("batch", [None, 0, 1, 2])
def test_killed_between_keeping_and_taking_in_nothing_is_lost_or_doubled(
    desk: Polls, server: FeedServer, batch: int | None
) -> None:
    desk.add(server.url_of("/feed"))
    _die(desk, rss(BLAST, TRIP), batch=batch)
    assert desk.due() == 1
    assert len(desk.headlines()) == desk.count(Item) == 2
    assert desk.count(Intake) == 1


def test_what_left_the_feed_before_the_next_poll_was_kept_and_is_read_first(desk: Polls, server: FeedServer) -> None:
    public_id = desk.add(server.url_of("/feed"))
    old = rss(entry("np-0", "Ferry aground off Sulina"), entry("np-1", "Explosion at Odesa, first word"))
    _die(desk, old)
    polled = desk.poll(public_id)
    assert polled.taken == Taken(new=3, revised=1)
    assert "Ferry aground off Sulina" in desk.headlines()
    assert "Explosion reported at port of Odesa" in desk.headlines()


def test_two_workers_at_once_poll_a_source_once(desk: Polls, server: FeedServer) -> None:
    for n in range(6):
        desk.add(server.url_of("/feed"), f"Source {n}")
    polled: list[int] = []
    workers = [threading.Thread(target=lambda: polled.append(desk.due())) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(polled) == 6
    assert len(server.requests) == 6


# whatever a source does


class Fickle(FakeFetcher):
    """One source that answers with the next of its moods at each request."""

    def __init__(self, moods: list[Fetched | DeskError]) -> None:
        super().__init__()
        self.moods = moods

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        self.by_url[url] = self.moods.pop(0)
        return super().get(url, etag=etag, modified=modified)


def test_a_source_that_changes_its_mind_leaves_one_standing_revision_of_each_item(desk: Polls) -> None:
    bodies = [rss(BLAST), rss(BLAST, TRIP), rss(entry("np-1", "Corrected"), TRIP), b"<html>", rss(BLAST)]
    moods = [Fetched("new", data=body) for body in bodies]
    moods[2:2] = [Fetched("later", said="503"), Fetched("unchanged")]
    desk.fetcher = Fickle(list(moods))
    public_id = desk.add("https://nordpress.example/feed")
    outcomes = []
    for _ in moods:
        outcomes.append(desk.poll(public_id).outcome)
        desk.later(hours=2)
    assert outcomes == ["taken", "taken", "failed", "taken", "taken", "failed", "taken"]
    assert sorted(desk.headlines()) == [
        "Explosion reported at port of Odesa",
        "Turkish foreign minister to travel to Odesa",
    ]
    with desk.store.read() as session:
        blast = session.scalars(select(Item).where(Item.guid == "np-1", Item.superseded_at.is_(None))).one()
        assert [one.revision for one in queries.item_revisions(session, blast)] == [1, 2, 3]


def test_settling_is_the_last_word_of_who_holds_the_source(desk: Polls, now: datetime) -> None:
    desk.add("https://nordpress.example/feed")
    with desk.store.write() as session:
        (slow,) = wires.claim_due(session, now, 1, timedelta(seconds=-1), "slow")
    with desk.store.write() as session:
        (quick,) = wires.claim_due(session, now, 1, timedelta(seconds=60), "quick")
    with desk.store.write() as session:
        assert not wires.settle_poll(session, slow, Ended("gone", "gone"), new=False, now=now, jitter=lambda s: s)
        assert wires.settle_poll(session, quick, Ended("taken"), new=False, now=now, jitter=lambda s: s)
    assert desk.source().stopped_at is None
