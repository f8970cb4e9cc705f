"""Dead letters: what could not be handed over, and what of it nobody is to be sent any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.errors import NotNow
from desk.outbox import queries, service
from desk.outbox.models import Delivery, Message
from desk.outbox.queries import Failed
from desk.people import queries as people
from desk.people.models import Person


@dataclass(frozen=True, slots=True)
class Letters:
    """What can be sent again, and what can't any more, each newest first; `people` are those they are for, by id."""

    failed: Sequence[Failed]
    over: Sequence[Failed]
    people: Mapping[int, Person]


def read(session: Session) -> Letters:
    """All that can be sent again, and the last of what was cancelled or is for somebody who was shut out."""
    failed = queries.dead(session, but_to=people.shut_out())
    over = queries.past_sending(session, also_to=people.shut_out())
    ids = [one.recipient_id or 0 for one in (*failed, *over) if one.recipient_kind == "person"]
    return Letters(failed, over, people.people(session, ids))


def send_again(session: Session, actor: Actor, delivery_public_id: str, *, now: datetime) -> Delivery:
    """As the outbox does it; nothing is sent to somebody who was shut out. Raises NotFound, Forbidden, NotNow."""
    of = select(Message.recipient_id).join(Delivery).where(Delivery.public_id == delivery_public_id)
    person_id = session.scalar(of.where(Message.recipient_kind == "person"))
    person = session.get(Person, person_id) if person_id is not None else None
    if person is not None and person.disabled_at is not None:
        raise NotNow("%(name)s is shut out: it will not be sent.", name=person.name)
    return service.send_again(session, actor, delivery_public_id, now=now)
