"""Captured mail as its page shows it: newest first, all of it, and that to one reader alone."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.mail import mail_bytes
from desk.outbox import service
from desk.outbox.models import Delivery
from desk.store import Store
from tests.reader import said
from tests.room import Room

pytestmark = pytest.mark.either


@pytest.fixture
def captured(room: Room, store: Store, now: datetime) -> None:
    """Sixty mails to Nino, then one to Olena."""
    with store.write() as session:
        for n, to in enumerate([room.nino] * 60 + [room.olena], start=1):
            service.put(session, "said", f"said:{n}", ("person", to.id), now=now, facts={})
        for n, row in enumerate(session.scalars(select(Delivery).order_by(Delivery.id)), start=1):
            row.state, row.subject = "captured", f"Mail {n}."
            row.wire = mail_bytes(
                message_id=f"<{n}@a.example>", sender=("", "d@a.example"), to=("Kuipers, Marta", "m@a.example"),
                subject=row.subject, text="x", date=now,
            )  # fmt: skip


@pytest.mark.usefixtures("captured")
def test_captured_mail_stands_newest_first_with_its_total_and_older_mail_on_the_next_page(
    eva: FlaskClient, room: Room
) -> None:
    first = eva.get("/mail")
    assert "61 mails, newest first" in said(first)
    assert said(first).index("Mail 61.") < said(first).index("Mail 60.") < said(first).index("Mail 12.")
    assert "Mail 11." not in said(first)
    assert 'to "Kuipers, Marta" <m@a.example>' in said(first)
    older = first.text.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
    assert "Mail 11." in said(eva.get(older))
    hers = said(eva.get(f"/mail?to={room.olena.public_id}"))
    assert "one mail, newest first" in hers
    assert "Mail 60." not in hers
    assert "No mail to them" in said(eva.get(f"/mail?to={room.eva.public_id}"))
