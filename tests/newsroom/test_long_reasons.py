"""A long reason: kept in full where it is read, shortened where a row only notes why something was called off."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.models import Entry
from desk.errors import Invalid
from desk.newsroom import commissioning, publishing
from desk.outbox.models import Message
from desk.reminders.models import Rung
from desk.stories.models import Story
from tests import factories

REASON = "The ministers did not come, and nobody says when they will. " * 14


def test_a_long_reason_to_spike_stands_in_the_record_in_full_and_in_called_off_rows_shortened(
    session: Session, now: datetime
) -> None:
    desk = factories.desk(session)
    eva = factories.person(session, "Eva Janssens", roles=((desk, "editor"),))
    olena = factories.person(session, roles=((desk, "correspondent"),))
    story = factories.story(session, desk)
    editor = factories.actor(session, eva)
    commissioning.assign(
        session, editor, story.public_id, medium="text", moment=factories.moment(now, hours=30),
        people=[olena.public_id], now=now,
    )  # fmt: skip
    publishing.spike(session, editor, story.public_id, REASON, now)
    session.flush()
    whys = [row.why or "" for row in session.scalars(select(Rung))]
    assert whys
    assert all(len(why) <= 500 and why.endswith("…") for why in whys)
    offer = session.scalars(select(Message).where(Message.kind == "offer")).one()
    assert offer.cancelled_why is not None
    assert len(offer.cancelled_why) <= 500
    entry = session.scalars(select(Entry).where(Entry.verb == "story_spiked")).one()
    assert entry.why == REASON.strip()


@pytest.mark.parametrize("verb", [publishing.hold, publishing.spike])
def test_a_reason_of_more_than_a_thousand_letters_is_refused_and_says_how_long_it_is(
    session: Session, now: datetime, verb: Callable[..., Story]
) -> None:
    desk = factories.desk(session)
    eva = factories.person(session, "Eva Janssens", roles=((desk, "editor"),))
    story = factories.story(session, desk)
    with pytest.raises(Invalid, match=r"The reason is 1001 characters long, and at most 1000 fit here") as found:
        verb(session, factories.actor(session, eva), story.public_id, "x" * 1001, now)
    assert found.value.field == "why"
