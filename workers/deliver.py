"""Hands over what is due in one lane of the outbox: short transactions, none open while anything is sent.

Up to `DESK_IN_FLIGHT` hand-overs are under way at once. As some end, their outcomes are noted and the free hands
claim again in the same transaction; `park` kinds are marked in one commit before they go, so that no more can be
parked by a death than were in flight.

A lease outlasts its hand-over: that begins in the first two fifths of the lease or not at all, and takes half of it at
most; the rest is for noting what became of it. So what is under way here is nobody else's to send.
"""

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desk import chance
from desk.db import is_down, is_lost_race
from desk.errors import Invalid
from desk.faults import Faults
from desk.mail import SmtpMailer
from desk.net import Handed, HttpPoster, Mailer, Poster, one_line, sign
from desk.newsroom import delivering, webhooks
from desk.outbox import handing
from desk.outbox.handover import Claimed, Ready, Render, Result
from desk.settings import Settings
from desk.store import Store
from workers.stopping import Stop

log = structlog.get_logger()
Clock = Callable[[], datetime]
LINGER = 0.02  # seconds: hand-overs that end together are noted in one commit
LOOK_AGAIN = 0.5  # seconds: with hands free, new work is looked for while slow receivers take their time
LONGEST_RUN = 4.0  # seconds: with the longest hand-over it ends before a stop would end it in the midst
LONGEST_MAIL = 20.0  # seconds, from the look-up of the server's name to its last answer
LONGEST_POST = 15.0
PATIENCE = 20.0  # seconds for which outcomes are kept while the database can't note them
NO_SECRET = Handed("refused", "This licensee's webhook has no secret to sign with.")


def run(
    store: Store,
    lane: str,
    *,
    settings: Settings,
    now: Clock,
    stop: Stop = lambda: False,
    longest: float = LONGEST_RUN,
) -> int:
    """`deliver` over real mail and HTTP; nothing is begun after `stop()`, nor after `longest` seconds."""
    with store.read() as session:
        if not handing.is_due(session, lane):
            return 0
    until = time.monotonic() + longest
    return deliver(
        store,
        lane,
        mailer_for=lambda: _mailer(settings),
        poster=_poster(settings.private_addresses, min(LONGEST_POST, settings.lease / 2)),
        settings=settings,
        clock=now,
        stop=lambda: stop() or time.monotonic() > until,
    )


def deliver(
    store: Store,
    lane: str,
    *,
    mailer_for: Callable[[], Mailer | None],
    poster: Poster,
    settings: Settings,
    clock: Clock,
    stop: Stop,
    render: Render | None = None,
) -> int:
    """Hand over all that is due in `lane` (`mail` or `webhook`) until nothing is or `stop()`; gives how many.

    `mailer_for` makes a thread's own Mailer; where it gives None there is no mail server, and mail is captured.
    Hand-overs that are under way when `stop` turns true are finished and noted.
    """
    hands = _Hands(store, lane, mailer_for, poster, settings, clock, render or delivering.renderer(settings, clock))
    with ThreadPoolExecutor(settings.in_flight, thread_name_prefix=f"deliver-{lane}") as pool:
        under_way = _UnderWay(hands, pool)
        try:
            while under_way.goes_on(stop()):
                pass
        finally:
            try:
                under_way.finish()
            finally:
                hands.close(pool)
    return under_way.noted


@dataclass
class _Hands:
    store: Store
    lane: str
    mailer_for: Callable[[], Mailer | None]
    poster: Poster
    settings: Settings
    clock: Clock
    render: Render
    faults: Faults = field(init=False)
    captures: bool = field(init=False)
    mailers: list[Mailer] = field(default_factory=list)
    own: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        self.faults = Faults.of(self.settings)
        self.captures = self.lane == "mail" and self.mailer_for() is None

    @property
    def per_endpoint(self) -> int | None:
        """One receiver of webhooks gets a quarter of the hands; a mail server is one endpoint for all."""
        return None if self.lane == "mail" else max(1, self.settings.in_flight // 4)

    def mailer(self) -> Mailer:
        mailer: Mailer | None = getattr(self.own, "mailer", None) or self.mailer_for()
        if mailer is None:
            raise Invalid("SMTP_URL was there a moment ago and is not any more.")
        if not hasattr(self.own, "mailer"):
            self.own.mailer = mailer
            self.mailers.append(mailer)
        return mailer

    def close(self, pool: ThreadPoolExecutor) -> None:
        pool.shutdown(wait=True)
        for mailer in self.mailers:
            hang_up = getattr(mailer, "close", None)
            if hang_up is not None:
                hang_up()


@dataclass
class _UnderWay:
    """Hand-overs in flight, and outcomes that are not noted yet.

    To let go of one would be to send again what was taken, or to park it. So while there are any the database's
    `trouble` is borne, for a while, and nothing claimed meanwhile.
    """

    hands: _Hands
    pool: ThreadPoolExecutor
    flying: dict[Future[Result], int] = field(default_factory=dict)
    ended: list[Result] = field(default_factory=list)
    noted: int = 0
    trouble: DBAPIError | None = None
    patient_until: float = 0.0

    def goes_on(self, stopped: bool) -> bool:
        """Note what has ended, begin what is due, wait for some to end; False once nothing is left to do."""
        begun = time.monotonic()
        claimed, ready = [], []
        try:
            claimed = self._note_and_claim(0 if stopped or self.trouble else self._free)
            ready = _prepare(self.hands, claimed)
        except DBAPIError as error:
            self._bear(error)
        self._begin(ready, begun + self.hands.settings.lease * 0.4)
        self.ended += _landed(self.flying)
        if self.trouble and not (self.ended or self.flying):
            raise self.trouble
        return bool(self.ended or self.flying or claimed)

    def finish(self) -> None:
        """Note what is left, whatever it was that ended the run."""
        wait(self.flying)
        self.ended += [future.result() for future in self.flying]
        self.flying.clear()
        while self.ended:
            try:
                self._note_and_claim(0)
            except DBAPIError as error:
                self._bear(error)

    @property
    def _free(self) -> int:
        return self.hands.settings.in_flight - len(self.flying)

    def _note_and_claim(self, free: int) -> list[Claimed]:
        """Note what has ended, and claim for the free hands, in one transaction."""
        if not (self.ended or free):
            return []
        if self.ended:
            self.hands.faults.at("before_mark")
        claimed = self.hands.store.run(partial(_settle_and_claim, self.hands, self.ended, free, self.flying.values()))
        if self.ended:
            self.noted, self.ended, self.trouble = self.noted + len(self.ended), [], None
        return claimed

    def _bear(self, error: DBAPIError) -> None:
        if self.trouble is None:
            self.patient_until = time.monotonic() + PATIENCE
        waits = self.flying or (self.ended and time.monotonic() < self.patient_until)
        if not waits or not (is_down(error) or is_lost_race(error)):
            raise error
        log.warning("the database does not take what became of hand-overs; trying again", error=str(error.orig))
        self.trouble = error
        time.sleep(LOOK_AGAIN)

    def _begin(self, ready: list[Ready], begin_by: float) -> None:
        if self.hands.captures:
            self.ended += [Result(one.delivery_id, one.token, None) for one in ready]
            return
        for one in ready:
            self.flying[self.pool.submit(_hand_over, self.hands, one, begin_by)] = one.delivery_id


def _settle_and_claim(
    hands: _Hands, ended: list[Result], free: int, flying: Collection[int], session: Session
) -> list[Claimed]:
    if ended:
        settled = handing.settle(session, ended, now=hands.clock(), base=hands.settings.backoff)
        webhooks.note(session, settled.tried, now=hands.clock())
    if not free:
        return []
    lease = timedelta(seconds=hands.settings.lease)
    return handing.claim(
        session, hands.lane, limit=free, lease=lease, token=chance.token(16), per_endpoint=hands.per_endpoint,
        but=flying,
    )  # fmt: skip


def _prepare(hands: _Hands, claimed: list[Claimed]) -> list[Ready]:
    if not claimed:
        return []
    hands.faults.at("after_claim")
    ready = hands.store.run(lambda session: handing.prepare(session, claimed, hands.render, now=hands.clock()))
    hands.faults.at("before_send")
    return ready


def _landed(flying: dict[Future[Result], int]) -> list[Result]:
    """Take the hand-overs that have ended out of `flying`, or none after half a second."""
    if not flying:
        return []
    wait(flying, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
    done, _ = wait(flying, timeout=LINGER)
    for future in done:
        del flying[future]
    return [future.result() for future in done]


def _hand_over(hands: _Hands, one: Ready, begin_by: float) -> Result:
    if time.monotonic() > begin_by:  # this process slept: its lease may run out, and somebody else have it
        return Result(one.delivery_id, one.token, Handed("later", "The worker was held up before the hand-over."))
    try:
        handed = _by_mail(hands, one) if one.channel == "mail" else _by_webhook(hands, one)
    except Exception as error:  # one message's fault must not cost the outcomes of all that are in flight with it
        log.exception("a hand-over failed in a way nobody foresaw", delivery=one.delivery_id)
        handed = Handed("unknown", one_line(f"{type(error).__name__}: {error}"))
    hands.faults.at("after_send")
    return Result(one.delivery_id, one.token, handed)


def _by_mail(hands: _Hands, one: Ready) -> Handed:
    return hands.mailer().send(one.wire, sender=hands.settings.mail_from, to=one.address)


def _by_webhook(hands: _Hands, one: Ready) -> Handed:
    if one.secret is None:
        return NO_SECRET
    try:
        signed = sign(one.secret, one.wire_id, int(hands.clock().timestamp()), one.wire)
    except Invalid as error:
        return Handed("refused", str(error))
    return hands.poster.post(one.address, one.wire, {"Content-Type": "application/json", **signed})


def _mailer(settings: Settings) -> SmtpMailer | None:
    timeout = min(LONGEST_MAIL, settings.lease / 2)
    return SmtpMailer(settings.smtp_url, timeout=timeout) if settings.smtp_url else None


@cache
def _poster(private: bool, timeout: float) -> HttpPoster:
    """One pool of connections a process, made at its first hand-over, which is after the fork."""
    return HttpPoster(private=private, timeout=timeout)
