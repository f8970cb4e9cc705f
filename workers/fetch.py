"""Polls the wire's sources: claim in a short transaction, fetch with none open, keep the bytes, then read them.

Up to `DESK_IN_FLIGHT` sources are polled at once, so that a slow one delays nobody. A worker that dies leaves a lease
that runs out; bytes that it had stored and not read are read first by whoever comes next, so nothing is lost, and what
was taken in already is the same and not taken twice.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desk import chance
from desk.db import is_down, is_lost_race
from desk.errors import DeskError, Invalid, Unreadable
from desk.net import Fetched, Fetcher, HttpFetcher, one_line
from desk.newsroom import wiring
from desk.newsroom.wiring import Taken
from desk.settings import Settings
from desk.store import Store
from desk.wires import folders, reading, rules
from desk.wires import service as wires
from desk.wires.item import WireItem
from desk.wires.rules import Ended
from desk.wires.service import Claim, Unread
from workers import folder
from workers.stopping import Stop

Clock = Callable[[], datetime]
MOST_BYTES = 10_000_000
MOST_FILES = 200  # new ones of one folder in one poll: the rest is taken in the next, at once
BATCH = 100  # items in one transaction, so that a long feed does not keep the write lock
LOOK_AGAIN = 0.5  # seconds: with hands free, more is looked for while slow sources take their time
LONGEST_RUN = 25.0  # seconds: a doorbell's run ends before its time limit would end it in the midst
LONGEST_FETCH = 20.0  # seconds, redirects and all
DEADLY = "Reading it was cut short twice. It is kept, and not tried again: the log may say why."
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polled:
    """What the poll of one source came to. `said`: why it failed, or what of it could not be read."""

    source: str
    outcome: str
    taken: Taken
    said: str | None


def poll_due(
    store: Store,
    *,
    settings: Settings,
    now: Clock,
    fetcher: Fetcher | None = None,
    stop: Stop = lambda: False,
    longest: float = LONGEST_RUN,
) -> int:
    """Poll the sources that are due until none is; gives how many. One that fails stops no other.

    No source is begun after `stop()`, nor after `longest` seconds.
    """
    until = time.monotonic() + longest
    work = _Work(store, settings, now, fetcher or default_fetcher(settings), lambda: stop() or time.monotonic() > until)

    def claim(free: int) -> list[Claim]:
        with store.read() as session:
            if not wires.is_due(session, now()):
                return []
        return store.run(lambda session: wires.claim_due(session, now(), free, work.lease, chance.token(16)))

    return len(_run(work, claim))


def poll_now(
    store: Store, source_public_id: str, *, settings: Settings, now: Clock, fetcher: Fetcher | None = None
) -> Polled | None:
    """Poll this source, due or not; None if it is stopped or is being polled already."""
    until = time.monotonic() + LONGEST_RUN
    work = _Work(store, settings, now, fetcher or default_fetcher(settings), lambda: time.monotonic() > until)
    claim = store.run(lambda session: wires.claim_one(session, source_public_id, work.lease, chance.token(16)))
    waiting = [claim] if claim else []
    polled = _run(work, lambda free: [waiting.pop() for _ in waiting[:free]])
    return polled[0] if polled else None


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of bytes. `trouble`: why they can't be read; `fresh`: they were never read before."""

    taken: Taken = field(default_factory=Taken)
    trouble: str | None = None
    fresh: bool = False


class _Lost(Exception):
    """The lease ran out, and somebody else has the source: nothing more is done with it here."""


class _Stumbled(Exception):
    """A fault of ours, met in the bytes of this intake; the fault itself is the cause."""

    def __init__(self, intake: Unread) -> None:
        super().__init__(intake.name)
        self.intake = intake


@dataclass(frozen=True)
class _Work:
    store: Store
    settings: Settings
    now: Clock
    fetcher: Fetcher
    stop: Stop
    pause: Callable[[float], None] = time.sleep

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.settings.lease)


def _run(work: _Work, claim: Callable[[int], list[Claim]]) -> list[Polled]:
    flying: dict[Future[Polled], Claim] = {}
    polled: list[Polled] = []
    with ThreadPoolExecutor(work.settings.in_flight, thread_name_prefix="fetch") as pool:
        while True:
            free = 0 if work.stop() else work.settings.in_flight - len(flying)
            claimed = claim(free) if free > 0 else []
            flying |= {pool.submit(_poll, work, one): one for one in claimed}
            if not flying:
                return polled
            done, _ = wait(flying, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            polled += [_outcome(work, flying.pop(future), future) for future in done]


def _outcome(work: _Work, claim: Claim, future: Future[Polled]) -> Polled:
    """What came of a poll. A fault of ours is logged and backs off like any failure: it must not stop the others."""
    error = future.exception()
    if error is None:
        return future.result()
    if _passes(error):
        raise error  # the lease runs out, and the source is polled again
    fault = error.__cause__ if isinstance(error, _Stumbled) else error
    log.error("a poll failed by a fault of ours", source=claim.name, exc_info=fault)
    said = f"This desk could not take it in: {type(fault).__name__}. The log says more."
    if isinstance(error, _Stumbled):
        _mark_unreadable(work, error.intake, said)
    return _settle(work, claim, Ended("failed", said), Taken())


def _poll(work: _Work, claim: Claim) -> Polled:
    with work.store.read() as session:
        left = wires.unread(session, claim)
    taken = Taken()
    for one in left:
        taken += _take(work, claim, one, again=True)[0]
    try:
        ended, more = _folder(work, claim) if claim.kind == "folder" else _feed(work, claim)
    except _Lost:
        return Polled(claim.name, "failed", taken, "Another worker has it now.")
    return _settle(work, claim, ended, taken + more)


def _settle(work: _Work, claim: Claim, ended: Ended, taken: Taken) -> Polled:
    new = bool(taken.new or taken.revised)
    work.store.run(
        lambda session: wires.settle_poll(session, claim, ended, new=new, now=work.now(), jitter=chance.jitter)
    )
    return Polled(claim.name, ended.outcome, taken, ended.said)


# Feeds


def _feed(work: _Work, claim: Claim) -> tuple[Ended, Taken]:
    try:
        fetched = work.fetcher.get(claim.url, etag=claim.etag, modified=claim.modified)
    except DeskError as error:  # an address that we don't talk to, or more than we take
        return Ended("failed", one_line(str(error))), Taken()
    if fetched.status == "gone":
        said = f"It says that it is gone for good: {fetched.said}. Ask the agency where it is now."
        return Ended("gone", said), Taken()
    if fetched.status == "later":
        return Ended("failed", fetched.said or "It did not answer.", retry_after=fetched.retry_after), Taken()
    came = _Came()
    if fetched.status == "new":
        came = _keep_and_take(work, claim, fetched.data, fetched=fetched)
    if came.trouble:
        return Ended("failed", came.trouble), came.taken
    ended = Ended("taken", etag=fetched.etag, modified=fetched.modified, moved_to=fetched.moved_to)
    return ended, came.taken


# Watched folders


def _folder(work: _Work, claim: Claim) -> tuple[Ended, Taken]:
    try:
        inside = folders.inside(work.settings.wire_root, claim.url)  # again at each look: a link may lead elsewhere now
        files, troubles = folder.ready(inside, MOST_BYTES, work.now(), work.pause)
    except Invalid as error:
        return Ended("failed", f"It is not read: {error}"), Taken()
    except OSError as error:
        return Ended("failed", f"The folder {claim.url} can't be read: {error.strerror}."), Taken()
    with work.store.read() as session:
        before = wires.looked_at(session, claim, [(file.name, file.looked) for file in files])
    taken, fresh, more, stuck = Taken(), 0, False, []
    for file in files:
        known = (file.name, file.looked) in before
        if not known and (fresh >= MOST_FILES or work.stop()):
            more = True
            break
        wrong = before.get((file.name, file.looked))
        came = _Came(trouble=f"{file.name}: {wrong}" if wrong else None) if known else _file(work, claim, file)
        taken, fresh = taken + came.taken, fresh + came.fresh
        if came.trouble:
            troubles.append(came.trouble)
        elif failed := _put_away(file):
            stuck.append((file.name, failed))
    return Ended("taken", _all([*_stuck(stuck), *troubles]), more=more), taken


def _file(work: _Work, claim: Claim, file: folder.Seen) -> _Came:
    """Keep one file and read it; what is wrong with one that can't be is a sentence that names it."""
    try:
        data = folder.read(file, MOST_BYTES)
    except Unreadable as refused:
        return _Came(trouble=str(refused))
    except OSError as failed:
        return _Came(trouble=f"{file.name} can't be read: {failed.strerror}.")
    came = _keep_and_take(work, claim, data, file=file)
    return replace(came, trouble=f"{file.name}: {came.trouble}") if came.trouble else came


def _put_away(file: folder.Seen) -> str | None:
    """Move a file that was read; why it can't be moved, if so: it is tried again at the next look."""
    try:
        folder.put_away(file)
    except OSError as failed:
        return failed.strerror or type(failed).__name__
    return None


def _stuck(files: Sequence[tuple[str, str]]) -> Sequence[str]:
    """One sentence for all files that were read and are still there: the name of the first, and why."""
    if not files:
        return ()
    name, why = files[0]
    which = f"{name} was" if len(files) == 1 else f"{name} and {len(files) - 1} more were"
    return (f"{which} read, but could not be moved to {folder.DONE}: {why}.",)


def _all(troubles: Sequence[str]) -> str | None:
    """Several troubles as one line: the first three, and how many more there are."""
    more = f"And {len(troubles) - 3} more." if len(troubles) > 3 else ""
    return one_line(" ".join([*(one_line(trouble) for trouble in troubles[:3]), more]), 1000) or None


# Bytes and items


def _keep_and_take(
    work: _Work, claim: Claim, data: bytes, *, fetched: Fetched | None = None, file: folder.Seen | None = None
) -> _Came:
    content_type, charset = (fetched.content_type, fetched.charset) if fetched else (None, None)
    name, looked = (file.name, file.looked) if file else ("", None)
    stored = work.store.run(
        lambda session: wires.store_intake(
            session, claim, data, name=name, looked=looked, content_type=content_type,
            charset=charset[:24] if charset else None, lease=work.lease, now=work.now(),
        )
    )  # fmt: skip
    if stored is None:
        raise _Lost
    if not stored.fresh:
        return _Came(trouble=stored.error)
    taken, trouble = _take(work, claim, Unread(stored.intake_id, name, charset, data))
    return _Came(taken, trouble, fresh=True)


def _take(work: _Work, claim: Claim, intake: Unread, *, again: bool = False) -> tuple[Taken, str | None]:
    """Read what was kept, outside of any transaction, and take its items in, a batch in each.

    What is read `again` has perhaps been the death of a worker. It is marked beforehand as what can't be read, so
    that it will be the death of no third.
    """
    try:
        if again:
            _mark_unreadable(work, intake, DEADLY)
        items = rules.in_order(_read(claim, intake))
        if again:
            _mark_unreadable(work, intake, None)
        return _take_all(work, claim, intake, items), None
    except Unreadable as error:
        said = one_line(str(error))
        _mark_unreadable(work, intake, said)
        return Taken(), said
    except Exception as error:  # whatever it is, these bytes are set aside for it, and no others
        if _passes(error):
            raise
        raise _Stumbled(intake) from error


def _take_all(work: _Work, claim: Claim, intake: Unread, items: list[WireItem]) -> Taken:
    taken = Taken()
    for start in range(0, len(items) or 1, BATCH):
        taken += _take_batch(work, claim, intake, items[start : start + BATCH], more=start + BATCH < len(items))
    return taken


def _take_batch(work: _Work, claim: Claim, intake: Unread, items: list[WireItem], *, more: bool) -> Taken:
    def act(session: Session) -> Taken:
        return wiring.take_in(session, claim.source_id, intake.intake_id, items, work.now(), more=more)

    return work.store.run(act)


def _read(claim: Claim, intake: Unread) -> list[WireItem]:
    base = claim.url if claim.kind == "feed" else None
    return reading.read(intake.data, file=intake.name or None, zone=claim.zone, base_url=base, charset=intake.charset)


def _passes(error: BaseException) -> bool:
    """Whether this is the database's trouble, and over at another poll."""
    return isinstance(error, DBAPIError) and (is_down(error) or is_lost_race(error))


def _mark_unreadable(work: _Work, intake: Unread, said: str | None) -> None:
    work.store.run(lambda session: wires.mark_unreadable(session, intake.intake_id, said))


@cache
def default_fetcher(settings: Settings) -> HttpFetcher:
    """One pool of connections a process, made at its first poll, which is after the fork."""
    timeout = min(LONGEST_FETCH, settings.lease / 2)
    return HttpFetcher(private=settings.private_addresses, max_bytes=MOST_BYTES, timeout=timeout)
