"""What is kept no longer, of all features, and mails with a link that lets nobody in any more."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import prune
from desk.drafts.pruning import WRITERS
from desk.heartbeats import Heartbeat
from desk.outbox import rules
from desk.outbox import service as outbox
from desk.outbox.models import Delivery, Message
from desk.people import signing
from desk.people.pruning import TRACES
from desk.prune import Pruner
from desk.wires.pruning import INTAKES

HEARTBEATS_KEPT = timedelta(days=7)  # of hosts that are no more


def _find_mails(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Those whose link was used, has expired, or was replaced; those that carry one at all are few."""
    secret = Message.facts["secret"].as_string()
    open_ones = select(Delivery.message_id).where(Delivery.state.in_(outbox.OPEN))
    carriers = session.execute(
        select(Message.id, secret)
        .where(Message.kind.in_(rules.BEARERS), secret.is_not(None), Message.id.not_in(open_ones))
        .order_by(Message.id)
    ).all()
    return [id_ for id_, carried in carriers if not signing.still_works(session, carried, now)][:limit]


def _drop_mails(session: Session, now: datetime, ids: Sequence[int]) -> None:
    outbox.forget(session, ids)


ALL = (
    Pruner("mails with a link that is over", _find_mails, _drop_mails),
    INTAKES,
    *TRACES,
    WRITERS,
    prune.rows("heartbeats", Heartbeat.host, lambda now: Heartbeat.at < now - HEARTBEATS_KEPT),
)
