"""Every mapped class, imported once: what Alembic compares and what any process needs before its first query."""

from desk import heartbeats, revisions
from desk.approvals import models as approvals
from desk.assignments import models as assignments
from desk.audit import models as audit
from desk.db import Base
from desk.drafts import models as drafts
from desk.outbox import models as outbox
from desk.people import models as people
from desk.reminders import models as reminders
from desk.republication import models as republication
from desk.stories import models as stories
from desk.wires import models as wires

ALL = (
    heartbeats, revisions, audit, outbox, people, stories, assignments, drafts, approvals, reminders, wires,
    republication,
)  # fmt: skip
metadata = Base.metadata
