"""How licensees' webhooks fare: after an hour of failing people hear, after five days it is switched off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk.actor import SYSTEM
from desk.aside import Aside
from desk.audit.service import record
from desk.newsroom import telling
from desk.outbox import service as outbox
from desk.outbox.handover import Tried
from desk.people import queries as people
from desk.people.models import Person
from desk.republication import queries, rules, service
from desk.republication.models import Licensee


def note(session: Session, tried: Sequence[Tried], *, now: datetime) -> None:
    """Note what licensees' webhooks answered, and post nothing more to those that are gone, or have failed for days.

    What an address said that is no longer the licensee's counts for nothing. A step of handing over.
    """
    of: dict[int, list[Tried]] = {}
    for one in tried:
        if one.recipient_kind == "licensee" and one.recipient_id is not None:
            of.setdefault(one.recipient_id, []).append(one)
    for row in queries.by_id(session, sorted(of)).values():
        for one in of[row.id]:
            if row.webhook_off_at is None and row.webhook is not None and row.webhook[:500] == one.address:
                _note(session, row, one, now)


def tell_failing(session: Session, now: datetime, limit: int, aside: Aside | None = None) -> int:
    """Tell of up to `limit` webhooks that have taken nothing for an hour; gives of how many. For the tick.

    Each is told of once, and again only when it took something and failed anew. One that fails is put aside.
    """
    aside = Aside() if aside is None else aside
    told = 0
    for row in queries.failing(session, now - rules.FAILING_TOLD_AFTER, limit, but=aside.ids("licensee")):
        with aside.apart(session, "licensee", row.id):
            _tell_failing(session, row, now)
            told += 1
    return told


def _note(session: Session, row: Licensee, one: Tried, now: datetime) -> None:
    if one.taken:
        service.note_taken(session, row)
    elif one.gone or rules.has_failed(row.failing_since, now):
        service.switch_webhook_off(session, row.id, why=one.said, now=now)
        _tell(session, "webhook_off", row, now, why=one.said)
    else:
        service.note_failing(session, row, now=now)


def _tell_failing(session: Session, row: Licensee, now: datetime) -> None:
    since = telling.iso(row.failing_since or now)
    service.mark_failing_told(session, row, now=now)
    record(session, SYSTEM, "webhook_failing", ("licensee", row.id), now=now, name=row.name, since=since)
    _tell(session, "webhook_failing", row, now, since=since)


def _tell(session: Session, kind: str, row: Licensee, now: datetime, **more: Any) -> None:
    """Tell those who can see to it: administrators, and the editors of the desks whose stories they have."""
    facts = {
        "licensee": row.public_id, "name": row.name, "contact": row.contact, "mail": row.mail,
        "webhook": row.webhook, **more,
    }  # fmt: skip
    for person in _who_sees_to(session, row):
        key = f"{kind}:{row.id}:{telling.iso(now)}:{person.id}"
        outbox.put(session, kind, key, ("person", person.id), now=now, facts=facts)


def _who_sees_to(session: Session, row: Licensee) -> list[Person]:
    desks = queries.desks_of(session, [row.id])[row.id]
    found = {person.id: person for person in people.everybody(session) if person.is_admin}
    for desk_id in sorted(desks):
        found |= {person.id: person for person in people.holders(session, desk_id, "editor")}
    return list(found.values())
