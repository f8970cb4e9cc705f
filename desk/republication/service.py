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
from desk.republication import queries
from desk.republication.models import Grant, Licensee, Notice


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
        contact=contact.strip(),
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
    """Change a licensee. Another webhook gets another secret, and saving one that was switched off tries it again."""
    require(actor, "republication.manage")
    row = _standing(queries.licensee(session, public_id))
    row.name, row.contact = _name(session, name, row.id), contact.strip()
    row.mail, row.zone, row.language = mail_address(mail, field="mail"), clock.find_zone(zone), language
    url = webhook.url if webhook else None
    if url != row.webhook:
        row.webhook, row.secret = url, fresh_secret() if url else None
    row.webhook_off_at = None
    session.flush()
    if url is None:
        outbox.cancel_for(session, ("licensee", row.id), why="the webhook was taken away", now=now, channel="webhook")
    _recorded(session, actor, "licensee_changed", row, now)
    return row


def end_licensee(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Licensee:
    """End a licence: no more stories, all grants gone. Corrections and kills of what they took still reach them."""
    require(actor, "republication.manage")
    row = queries.licensee(session, public_id)
    if row.ended_at is None:
        row.ended_at = now
        session.execute(delete(Grant).where(Grant.licensee_id == row.id))
        session.flush()
        _recorded(session, actor, "licensee_ended", row, now)
    return row


def set_grants(
    session: Session, actor: Actor, public_id: str, desk_public_ids: Collection[str], *, now: datetime
) -> set[int]:
    """Let a licensee have all that these desks publish from now on, and nothing of others; gives the desks' ids."""
    require(actor, "republication.manage")
    row = _standing(queries.licensee(session, public_id))
    desks = {desk.id: desk.name for desk in (people.desk(session, desk_id) for desk_id in desk_public_ids)}
    if set(desks) != queries.desks_of(session, [row.id])[row.id]:
        session.execute(delete(Grant).where(Grant.licensee_id == row.id))
        session.add_all(Grant(licensee_id=row.id, desk_id=desk_id) for desk_id in sorted(desks))
        session.flush()
        _recorded(session, actor, "grants_set", row, now, desks=", ".join(sorted(desks.values())))
    return set(desks)


def new_secret(session: Session, actor: Actor, public_id: str, *, now: datetime) -> str:
    """Make a new secret for a licensee's webhook: the old one signs nothing from now on. Raises NotNow without one."""
    require(actor, "republication.manage")
    row = _standing(queries.licensee(session, public_id))
    if row.webhook is None:
        raise NotNow("%(name)s has no webhook: give its address first.", name=row.name)
    row.secret = fresh_secret()
    session.flush()
    _recorded(session, actor, "secret_made", row, now)
    return row.secret


# --- steps


def routes(licensee: Licensee) -> tuple[outbox.Route, ...]:
    """How a licensee is told: by mail, and by a webhook that is set and not switched off."""
    if licensee.webhook is None or licensee.webhook_off_at is not None:
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
    now: datetime,
) -> Notice:
    """Add the notice of an edition, or of a test if there is none; `token` is the secret of its receipt link."""
    row = Notice(
        public_id=public_id,
        kind="test" if edition_id is None else "edition",
        edition_id=edition_id,
        licensee_id=licensee_id,
        message_id=message_id,
        receipt_sha256=queries.digest(token),
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row


def take_receipt(session: Session, notice: Notice, name: str, *, now: datetime) -> None:
    """Note who at the licensee's read a notice, and when."""
    notice.acknowledged_at, notice.acknowledged_by = now, name[:200]
    session.flush()


def switch_webhook_off(session: Session, licensee_id: int, *, why: str, now: datetime) -> Licensee | None:
    """Post nothing more to a licensee's webhook until somebody saves it again; gives None if it was off already."""
    row = session.get(Licensee, licensee_id)
    if row is None or row.webhook is None or row.webhook_off_at is not None:
        return None
    row.webhook_off_at = now
    session.flush()
    outbox.cancel_for(session, ("licensee", row.id), why="the webhook was switched off", now=now, channel="webhook")
    record(session, SYSTEM, "webhook_off", ("licensee", row.id), now=now, why=why, name=row.name)
    revisions.touch(session, "newsroom")
    return row


def fresh_secret() -> str:
    """A secret as Standard Webhooks writes it: `whsec_` and the base64 of 32 random bytes."""
    return "whsec_" + base64.b64encode(chance.random_bytes(32)).decode()


def _recorded(session: Session, actor: Actor, verb: str, row: Licensee, now: datetime, **details: Any) -> None:
    record(session, actor, verb, ("licensee", row.id), now=now, name=row.name, **details)
    revisions.touch(session, "newsroom")


def _standing(row: Licensee) -> Licensee:
    if row.ended_at is not None:
        raise NotNow("The licence of %(name)s has ended: add a new one.", name=row.name)
    return row


def _name(session: Session, name: str, mine: int | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid("A licensee needs a name.", field="name")
    if session.scalar(select(Licensee.id).where(Licensee.name == name, Licensee.id != (mine or 0))) is not None:
        raise Invalid("There is a licensee called %(name)s already.", field="name", name=name)
    return name
