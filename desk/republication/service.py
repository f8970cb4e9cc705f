"""Licensees and their grants: verbs of this feature alone, and the steps that telling them takes."""

import base64
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk import chance, clock, revisions
from desk.actor import SYSTEM, Actor
from desk.addresses import Dns, Resolved, check_address, system_dns
from desk.audit.service import record
from desk.errors import Invalid, NotNow
from desk.mail import mail_address
from desk.outbox import service as outbox
from desk.people import queries as people
from desk.permissions import require
from desk.republication import queries, rules
from desk.republication.models import Grant, Licensee, Notice
from desk.text import LONGEST_NAME, line


def check_webhook(url: str, *, private: bool, dns: Dns = system_dns) -> Resolved | None:
    """Look up where a webhook would post; None for an empty field. To be called before the write transaction.

    Raises AddressRefused for an address that notices are not posted to (a private network, unless `private`), and
    Unreachable for a name nobody knows.
    """
    return check_address(url.strip(), private=private, field="webhook", dns=dns) if url.strip() else None


def add_licensee(
    session: Session,
    actor: Actor,
    *,
    name: str,
    mail: str,
    contact: str = "",
    webhook: Resolved | None = None,
    zone: str,
    language: str = "en",
    now: datetime,
) -> Licensee:
    """Add a licensee, with a new secret if there is a webhook. Raises Invalid, naming the field."""
    require(actor, "republication.manage")
    row = Licensee(
        public_id=chance.public_id(),
        name=_name(session, name, None),
        contact=line(contact, "contact", "contact's name", most=LONGEST_NAME),
        mail=mail_address(mail, field="mail"),
        webhook=webhook.url if webhook else None,
        secret=fresh_secret() if webhook else None,
        zone=clock.find_zone(zone),
        language=language,
        made_at=now,
    )
    session.add(row)
    session.flush()
    _recorded(session, actor, "licensee_added", row, now)
    return row


def change_licensee(
    session: Session,
    actor: Actor,
    public_id: str,
    *,
    name: str,
    mail: str,
    contact: str = "",
    webhook: Resolved | None,
    zone: str,
    language: str = "en",
    now: datetime,
) -> Licensee:
    """Change a licensee. Another webhook gets another secret, and is on; one that was switched off stays so until
    `switch_on`."""
    require(actor, "republication.manage")
    row = queries.standing(session, public_id)
    before = _said_of(row)
    row.name = _name(session, name, row.id)
    row.contact = line(contact, "contact", "contact's name", most=LONGEST_NAME)
    row.mail, row.zone, row.language = mail_address(mail, field="mail"), clock.find_zone(zone), language
    url = webhook.url if webhook else None
    if url != row.webhook:
        row.webhook, row.secret, row.webhook_off_at = url, fresh_secret() if url else None, None
        row.failing_since = row.failing_told_at = None
    session.flush()
    if url is None:
        outbox.cancel_for(session, ("licensee", row.id), why="the webhook was taken away", now=now, channel="webhook")
    what = [f"{said}: {value or '–'}" for said, value in _said_of(row).items() if before[said] != value]
    if what:
        _recorded(session, actor, "licensee_changed", row, now, what="; ".join(what))
    return row


def end_licensee(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Licensee:
    """End a licence: no more stories, all grants gone, and what offers one and is not out yet is cancelled.

    Corrections and kills of what they took still reach them.
    """
    require(actor, "republication.manage")
    row = queries.licensee(session, public_id)
    if row.ended_at is None:
        row.ended_at = now
        session.execute(delete(Grant).where(Grant.licensee_id == row.id))
        session.flush()
        _withdraw(session, row, None, why="the licence has ended", now=now)
        _recorded(session, actor, "licensee_ended", row, now)
    return row


def resume_licensee(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Licensee:
    """Take a licensee on again whose licence has ended. What they may run is to be granted anew."""
    require(actor, "republication.manage")
    row = queries.licensee(session, public_id)
    if row.ended_at is not None:
        row.ended_at = None
        session.flush()
        _recorded(session, actor, "licensee_resumed", row, now)
    return row


def set_grants(
    session: Session, actor: Actor, public_id: str, desk_public_ids: Collection[str], *, now: datetime
) -> set[int]:
    """Let a licensee have all that these desks publish from now on, and nothing of others; gives the desks' ids.

    What a desk that is taken away offered them, and is not out yet, is cancelled. A closed desk, which nobody can
    tick, stays as it is: its corrections and kills have readers still.
    """
    require(actor, "republication.manage")
    row = queries.standing(session, public_id)
    before = queries.desks_of(session, [row.id])[row.id]
    kept = [desk for desk in people.desks(session, closed=True) if desk.id in before and desk.closed_at is not None]
    ticked = [people.desk(session, desk_id) for desk_id in desk_public_ids]
    desks = {desk.id: desk.name for desk in (*ticked, *kept)}
    if set(desks) != before:
        session.execute(delete(Grant).where(Grant.licensee_id == row.id))
        session.add_all(Grant(licensee_id=row.id, desk_id=desk_id) for desk_id in sorted(desks))
        session.flush()
        _withdraw(session, row, before - set(desks), why="the grant was taken away", now=now)
        _recorded(session, actor, "grants_set", row, now, desks=", ".join(sorted(desks.values())))
    return set(desks)


def new_secret(session: Session, actor: Actor, public_id: str, *, now: datetime) -> str:
    """Make a new secret for a licensee's webhook: the old one signs nothing from now on. Raises NotNow without one."""
    require(actor, "republication.manage")
    row = queries.standing(session, public_id)
    if row.webhook is None:
        raise NotNow("%(name)s has no webhook: give its address first.", name=row.name)
    row.secret = fresh_secret()
    session.flush()
    _recorded(session, actor, "secret_made", row, now)
    return row.secret


def switch_on(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Licensee:
    """Post to a webhook again that was switched off. Raises NotNow if there is none, or it is on."""
    require(actor, "republication.manage")
    row = queries.standing(session, public_id)
    if row.webhook is None or row.webhook_off_at is None:
        raise NotNow("%(name)s has no webhook that is switched off.", name=row.name)
    row.webhook_off_at = None
    session.flush()
    _recorded(session, actor, "webhook_on", row, now, webhook=row.webhook)
    return row


# --- steps


def routes(licensee: Licensee, *, test: bool = False) -> tuple[outbox.Route, ...]:
    """How a licensee is told: by mail, and by a webhook that is set and not switched off; a `test` goes there too
    when it is off, to find out."""
    if licensee.webhook is None or (licensee.webhook_off_at is not None and not test):
        return outbox.MAIL
    return (*outbox.MAIL, outbox.Route("webhook", licensee.webhook))


def add_notice(
    session: Session,
    *,
    public_id: str,
    edition_id: int | None,
    licensee_id: int,
    message_id: int,
    token: str,
    chase_at: datetime | None = None,
    now: datetime,
) -> Notice:
    """Add the notice of an edition, or of a test if there is none; `token` is the secret of its receipt link.

    `chase_at` is when to look whether it was answered, if an answer is waited for.
    """
    row = Notice(
        public_id=public_id,
        kind="test" if edition_id is None else "edition",
        edition_id=edition_id,
        licensee_id=licensee_id,
        message_id=message_id,
        receipt_sha256=queries.digest(token),
        made_at=now,
        chase_at=chase_at,
    )
    session.add(row)
    session.flush()
    return row


def look_at(session: Session, notice: Notice, at: datetime | None) -> None:
    """Look then whether a notice was answered; None: never again."""
    notice.chase_at = at
    session.flush()


def mark_chased(
    session: Session, notice: Notice, standing: rules.Standing, *, look_at: datetime | None, now: datetime
) -> None:
    """Note that they were asked once more to answer. Raises NotNow unless it was sent."""
    rules.step(standing, "chase")
    notice.chased_at, notice.chase_at = now, look_at
    session.flush()


def mark_escalated(session: Session, notice: Notice, standing: rules.Standing, *, now: datetime) -> None:
    """Note that the desk was told of their silence; nothing more is done by itself. Raises NotNow unless chased."""
    rules.step(standing, "escalate")
    notice.escalated_at, notice.chase_at = now, None
    session.flush()


def take_receipt(session: Session, notice: Notice, standing: rules.Standing, name: str, *, now: datetime) -> None:
    """Note who at the licensee's read a notice, and when. Raises NotNow if somebody did before."""
    rules.step(standing, "acknowledge")
    notice.acknowledged_at, notice.acknowledged_by, notice.chase_at = now, name[:200], None
    session.flush()


def note_taken(session: Session, row: Licensee) -> None:
    """Note that a webhook takes what is posted: whatever failed before counts for nothing."""
    if row.failing_since is not None:
        row.failing_since = row.failing_told_at = None
        session.flush()


def note_failing(session: Session, row: Licensee, *, now: datetime) -> None:
    """Note that a webhook did not take what was posted; what counts is since when."""
    if row.failing_since is None:
        row.failing_since = now
        session.flush()


def mark_failing_told(session: Session, row: Licensee, *, now: datetime) -> None:
    """Note that people were told that a webhook takes nothing: not again, until it has taken something."""
    row.failing_told_at = now
    session.flush()
    revisions.touch(session, "newsroom")


def switch_webhook_off(session: Session, licensee_id: int, *, why: str, now: datetime) -> Licensee | None:
    """Post nothing more to a licensee's webhook until it is switched on again; gives None if it was off already."""
    row = session.get(Licensee, licensee_id)
    if row is None or row.webhook is None or row.webhook_off_at is not None:
        return None
    row.webhook_off_at, row.failing_since, row.failing_told_at = now, None, None
    session.flush()
    outbox.cancel_for(session, ("licensee", row.id), why="the webhook was switched off", now=now, channel="webhook")
    record(session, SYSTEM, "webhook_off", ("licensee", row.id), now=now, why=why, name=row.name)
    revisions.touch(session, "newsroom")
    return row


def fresh_secret() -> str:
    """A secret as Standard Webhooks writes it: `whsec_` and the base64 of 32 random bytes."""
    return "whsec_" + base64.b64encode(chance.random_bytes(32)).decode()


def _withdraw(session: Session, row: Licensee, desk_ids: Collection[int] | None, *, why: str, now: datetime) -> None:
    """Cancel what is not out yet of notices by which these desks (None: all) offer them something to run."""
    waiting = outbox.waiting_for(session, ("licensee", row.id))
    offers = [
        message.id
        for message in waiting
        if message.facts.get("cause") not in rules.REACHES_ALL and (desk_ids is None or message.desk_id in desk_ids)
    ]
    outbox.cancel(session, offers, why=why, now=now)


def _recorded(session: Session, actor: Actor, verb: str, row: Licensee, now: datetime, **details: Any) -> None:
    record(session, actor, verb, ("licensee", row.id), now=now, name=row.name, **details)
    revisions.touch(session, "newsroom")


def _said_of(row: Licensee) -> dict[str, str | None]:
    return {
        "name": row.name,
        "mail": row.mail,
        "contact": row.contact,
        "webhook": row.webhook,
        "zone": row.zone,
        "language": row.language,
    }


def _name(session: Session, name: str, mine: int | None) -> str:
    name = line(name, "name", "name", most=LONGEST_NAME)
    if not name:
        raise Invalid("A licensee needs a name.", field="name")
    other = session.scalar(select(Licensee).where(Licensee.name == name, Licensee.id != (mine or 0)))
    if other is not None and other.ended_at is not None:
        raise Invalid(
            "There was a licensee called %(name)s, whose licence has ended. They still stand among the licensees: "
            "open their page, and take them on again there.",
            field="name",
            name=name,
        )
    if other is not None:
        raise Invalid("There is a licensee called %(name)s already.", field="name", name=name)
    return name
