"""Polling the wire's sources: real commits, real sockets, real folders, and workers that die."""

import errno
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk import chance
from desk.actor import SYSTEM
from desk.errors import DeskError, Invalid
from desk.net import Fetched, HttpFetcher
from desk.newsroom import wiring
from desk.newsroom.wiring import Taken
from desk.settings import Settings
from desk.store import Store
from desk.wires import queries, rules
from desk.wires import service as wires
from desk.wires.item import WireItem
from desk.wires.models import Intake, Item, Source
from desk.wires.rules import Ended
from desk.wires.service import Claim, Unread
from tests import factories
from tests.fakes import FakeFetcher, FeedServer, Page
from tests.wires.feeds import BLAST, TRIP, entry, rss
from workers import fetch, folder

ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<rss version="2.0"><channel><title>&b;</title></channel></rss>"""


class Polls:
    """A worker over a store that really commits, at a clock that a test can turn."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.now = factories.NOW
        self.fetcher: HttpFetcher | FakeFetcher = HttpFetcher(
            private=settings.private_addresses, max_bytes=200_000, timeout=2
        )

    def add(self, url: str, name: str = "Nordpress") -> str:
        with self.store.write() as session:
            source = wiring.add_source(
                session, SYSTEM, name=name, url=url, zone="UTC", every=60, root=self.settings.wire_root, now=self.now
            )
        return source.public_id

    def due(self) -> int:
        return fetch.poll_due(self.store, settings=self.settings, now=lambda: self.now, fetcher=self.fetcher)

    def poll(self, public_id: str) -> fetch.Polled:
        polled = fetch.poll_now(
            self.store, public_id, settings=self.settings, now=lambda: self.now, fetcher=self.fetcher
        )
        assert polled is not None
        return polled

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def source(self, name: str = "Nordpress") -> Source:
        with self.store.read() as session:
            return session.scalars(select(Source).where(Source.name == name)).one()

    def headlines(self) -> list[str]:
        with self.store.read() as session:
            rows = session.scalars(select(Item).where(Item.superseded_at.is_(None)).order_by(Item.id))
            return [row.headline for row in rows]

    def count(self, model: type[Item] | type[Intake]) -> int:
        with self.store.read() as session:
            return session.scalar(select(func.count(model.id))) or 0


@pytest.fixture
def desk(store: Store, settings: Settings) -> Iterator[Polls]:
    polls = Polls(store, settings)
    yield polls
    if isinstance(polls.fetcher, HttpFetcher):
        polls.fetcher.close()


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


# watched folders


class Drop:
    """A watched folder, and files dropped into it some seconds ago."""

    def __init__(self, desk: Polls, path: Path) -> None:
        desk.settings = replace(desk.settings, wires=path.parent)
        self.desk = desk
        self.path = path
        self.path.mkdir()
        self.public_id = desk.add(str(path), "Levant News")

    def put(self, name: str, data: bytes, *, age: float = 60) -> Path:
        file = self.path / name
        file.write_bytes(data)
        at = self.desk.now.timestamp() - age
        os.utime(file, (at, at))
        return file

    def names(self, under: str = ".") -> set[str]:
        return {file.name for file in (self.path / under).glob("*") if file.is_file() or file.is_symlink()}

    def poll(self) -> fetch.Polled:
        return self.desk.poll(self.public_id)


@pytest.fixture
def drop(desk: Polls, tmp_path: Path) -> Drop:
    return Drop(desk, tmp_path / "drop")


def test_files_dropped_are_read_and_put_away(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST), age=90)
    drop.put("two.xml", rss(TRIP), age=60)
    assert drop.poll().taken == Taken(new=2)
    assert (drop.names(), drop.names("done")) == (set(), {"one.xml", "two.xml"})
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(), None)
    with drop.desk.store.read() as session:
        assert {one.name for one in session.scalars(select(Intake))} == {"one.xml", "two.xml"}


def test_the_file_touched_first_is_read_first(drop: Drop) -> None:
    drop.put("b.xml", rss(entry("np-1", "First word")), age=90)
    drop.put("a.xml", rss(entry("np-1", "Second word")), age=60)
    assert drop.poll().taken == Taken(new=1, revised=1)
    assert drop.desk.headlines() == ["Second word"]


def test_an_unreadable_file_is_named_stays_where_it_is_and_stops_no_other(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.put("bad.xml", b"<html>no</html>", age=90)
    drop.put("good.xml", rss(BLAST), age=60)
    polled = drop.poll()
    assert (polled.outcome, polled.taken) == ("taken", Taken(new=1))
    assert (polled.said or "").startswith("bad.xml: This is not a feed")
    assert (drop.names(), drop.names("done")) == ({"bad.xml"}, {"good.xml"})
    assert drop.desk.source("Levant News").failures == 0
    with monkeypatch.context() as patched:
        patched.setattr(folder, "read", lambda file, most: pytest.fail(f"{file.name} is read again"))
        assert drop.poll().said == polled.said
    monkeypatch.setattr(fetch, "MOST_FILES", 1)
    drop.put("next.xml", rss(TRIP))
    assert drop.desk.due() == 0
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(new=1), polled.said), "none waits behind it"
    drop.put("bad.xml", rss(entry("np-3", "Mended")))
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(new=1), None)
    assert drop.names() == set()


def test_a_folder_outside_the_root_is_neither_read_nor_touched_however_it_came_to_be_there(
    drop: Drop, tmp_path: Path
) -> None:
    kept = drop.put("one.xml", rss(BLAST))
    elsewhere = tmp_path / "elsewhere"
    drop.path.rename(elsewhere)
    drop.desk.settings = replace(drop.desk.settings, wires=tmp_path / "wires")
    (tmp_path / "wires").mkdir()
    with drop.desk.store.write() as session:
        session.scalars(select(Source)).one().url = str(elsewhere)  # as an earlier release let it be
    for where in (elsewhere, tmp_path / "wires" / "link", tmp_path / "wires" / ".." / "elsewhere", tmp_path / "wires"):
        with drop.desk.store.write() as session:
            session.scalars(select(Source)).one().url = str(where)
        if where.name == "link":
            where.symlink_to(elsewhere)  # which was a folder when it was agreed to
        polled = drop.poll()
        assert (polled.outcome, polled.taken) == ("failed", Taken())
        assert (polled.said or "").startswith(f"It is not read: {where} is not below {tmp_path / 'wires'}, and only")
        with pytest.raises(Invalid, match="is not below"):
            drop.desk.add(str(where), "Another")
    assert [file.name for file in elsewhere.iterdir()] == [kept.name]
    assert drop.desk.count(Intake) == 0


def test_files_are_put_away_beside_where_they_lay_and_not_where_a_link_leads(drop: Drop, tmp_path: Path) -> None:
    (away := tmp_path / "away").mkdir()
    (drop.path / "done").symlink_to(away)
    drop.put("one.xml", rss(BLAST))
    assert "one.xml was read, but could not be moved to done: done is a link." in (drop.poll().said or "")
    assert list(away.iterdir()) == []


def test_files_that_cannot_be_moved_are_read_once_named_and_keep_no_other_waiting(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MOST_FILES", 2)
    (drop.path / "done").symlink_to("nowhere")
    for n in range(3):
        drop.put(f"{n}.xml", rss(entry(f"np-{n}", f"Item {n}")), age=100 - n)
    assert drop.desk.due() == 2, "two files, then the third, then nothing is due"
    assert drop.desk.source("Levant News").said == (
        "0.xml and 2 more were read, but could not be moved to done: done is a link."
    )
    drop.put("0.xml", rss(entry("np-0", "Item 0, corrected")), age=60)
    drop.put("3.xml", rss(entry("np-3", "Item 3")), age=50)
    drop.desk.later(hours=1)
    reads: list[str] = []
    read = folder.read

    def counted(file: folder.Seen, most: int) -> bytes:
        reads.append(file.name)
        return read(file, most)

    monkeypatch.setattr(folder, "read", counted)
    assert drop.desk.due() == 1
    assert reads == ["0.xml", "3.xml"]
    assert sorted(drop.desk.headlines()) == ["Item 0, corrected", "Item 1", "Item 2", "Item 3"]
    (drop.path / "done").unlink()
    assert drop.poll() == fetch.Polled("Levant News", "taken", Taken(), None)
    assert (drop.names(), len(drop.names("done")), len(reads)) == (set(), 4, 2)


def test_files_that_cannot_be_opened_keep_no_other_waiting(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_FILES", 1)
    for n, name in enumerate(("a.xml", "b.xml", "c.xml")):
        drop.put(name, rss(BLAST), age=100 - n)
    read = folder.read

    def locked(file: folder.Seen, most: int) -> bytes:
        if file.name != "c.xml":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(file, most)

    monkeypatch.setattr(folder, "read", locked)
    assert drop.desk.due() == 1
    assert (drop.names(), drop.names("done")) == ({"a.xml", "b.xml"}, {"c.xml"})


def test_hidden_and_unfinished_files_and_folders_are_left_alone(drop: Drop) -> None:
    for name in (".hidden.xml", "one.xml.part", "two.TMP", "three.filepart"):
        drop.put(name, rss(BLAST))
    (drop.path / "sub").mkdir()
    assert drop.poll().taken == Taken()
    assert len(drop.names()) == 4


def test_a_file_still_being_written_is_left_alone_and_a_young_one_that_rests_is_taken(drop: Drop) -> None:
    growing, resting = drop.put("growing.xml", b"<rss", age=0.5), drop.put("resting.xml", rss(TRIP), age=0.5)
    older = drop.put("older.xml", rss(BLAST), age=5)

    def pause(seconds: float) -> None:
        assert seconds >= 1
        growing.write_bytes(b"<rss version")

    seen, _ = folder.ready(drop.path, 1000, drop.desk.now, pause)
    assert [file.path for file in seen] == [older, resting]


def test_a_file_whose_clock_is_ahead_of_ours_is_taken_when_it_rests(drop: Drop) -> None:
    drop.put("ahead.xml", rss(BLAST), age=-7200)
    seen, _ = folder.ready(drop.path, 10_000, drop.desk.now, lambda seconds: None)
    assert [file.name for file in seen] == ["ahead.xml"]


def test_a_link_out_of_the_folder_is_refused_and_one_within_it_is_read(
    drop: Drop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.xml"
    secret.write_bytes(rss(entry("s", "Secret")))
    (drop.path / "out.xml").symlink_to(secret)
    (drop.path / "nowhere.xml").symlink_to(drop.path / "gone")
    (drop.path / "in.xml").symlink_to(drop.put(".kept.xml", rss(BLAST)))
    polled = drop.poll()
    assert polled.taken == Taken(new=1)
    assert polled.said == "out.xml points out of the folder: it was left alone."
    assert drop.desk.headlines() == ["Explosion reported at port of Odesa"]
    assert secret.exists()


def test_a_pipe_in_the_folder_holds_nobody_up(drop: Drop) -> None:
    os.mkfifo(drop.path / "pipe.xml")
    drop.put("one.xml", rss(BLAST))
    assert drop.poll().taken == Taken(new=1)


def test_a_file_too_large_is_left_alone(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_BYTES", 1000)
    drop.put("huge.xml", rss(BLAST) + b" " * 1000)
    assert drop.poll().said == "huge.xml is larger than 1000 bytes: it was left alone."
    assert drop.names() == {"huge.xml"}


def test_the_same_file_dropped_again_is_put_away_and_not_read_again(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST), age=90)
    drop.poll()
    drop.put("one.xml", rss(BLAST), age=60)
    assert drop.poll().taken == Taken()
    assert drop.names() == set()
    assert len(drop.names("done")) == 2


def test_a_file_written_anew_under_its_name_while_it_was_read_stays_for_the_next_look(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST))
    ((seen,), _) = folder.ready(drop.path, 10_000, drop.desk.now, lambda seconds: None)
    drop.put("one.xml", rss(TRIP), age=30)
    folder.put_away(seen)
    assert drop.names() == {"one.xml"}
    assert drop.poll().taken == Taken(new=1)


def test_killed_before_a_file_was_put_away_it_is_neither_lost_nor_doubled(drop: Drop) -> None:
    drop.put("one.xml", rss(BLAST))
    with drop.desk.store.write() as session:
        (claim,) = wires.claim_due(session, drop.desk.now, 1, timedelta(seconds=-1), chance.token(16))
        wires.store_intake(session, claim, rss(BLAST), name="one.xml", lease=timedelta(seconds=-1), now=drop.desk.now)
    assert drop.poll().taken == Taken(new=1)
    assert (drop.names(), drop.names("done"), drop.desk.count(Item)) == (set(), {"one.xml"}, 1)


def test_more_files_than_one_poll_takes_are_all_taken_at_once(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_FILES", 3)
    for n in range(8):
        drop.put(f"{n}.xml", rss(entry(f"np-{n}", f"Item {n}")), age=100 - n)
    assert drop.desk.due() == 3
    assert drop.desk.headlines() == [f"Item {n}" for n in range(8)]


def test_a_folder_that_is_gone_is_said_and_well_again_when_it_is_back(drop: Drop) -> None:
    drop.path.rename(drop.path.with_name("away"))
    assert "can't be read" in (drop.poll().said or "")
    drop.path.mkdir()
    polled = drop.poll()
    assert (polled.outcome, polled.said) == ("taken", None)


def test_a_name_that_is_no_text_can_be_kept_and_shown(drop: Drop) -> None:
    odd = os.fsencode(drop.path) + b"/caf\xe9.xml"
    with open(odd, "wb") as file:  # noqa: PTH123  # a name that Path spells, and this test must not
        file.write(rss(BLAST))
    at = drop.desk.now.timestamp() - 60
    os.utime(odd, (at, at))
    assert drop.poll().taken == Taken(new=1)


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
