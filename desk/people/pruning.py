"""Sessions, links and counted tries that are over."""

from datetime import timedelta

from desk import prune
from desk.people.models import Attempt, Link, SignIn

LINKS_KEPT = timedelta(days=30)  # after their end: until then they say that they were used, or have expired
ATTEMPTS_KEPT = timedelta(days=1)

TRACES = (
    prune.rows("sessions", SignIn.sha256, lambda now: SignIn.expires_at < now),
    prune.rows("links", Link.sha256, lambda now: Link.expires_at < now - LINKS_KEPT),
    prune.rows("attempts", Attempt.id, lambda now: Attempt.at < now - ATTEMPTS_KEPT),
)
