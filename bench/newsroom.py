"""A newsroom of any size: so many stories, most of them in the archive, with all that hangs on them.

What is unfinished is spread over the states as on a busy desk; the archive goes back a story every ten minutes.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from desk.approvals.models import Decision
from desk.assignments.models import Assignment, Offer
from desk.audit.models import Entry
from desk.db import Base
from desk.drafts.models import Byline, Draft, Version
from desk.outbox.models import Delivery, Message
from desk.people.models import Desk, Person
from desk.stories.models import Edition, Story
from desk.text import tokens
from desk.wires.models import Item, Use
from tests import factories

# of a hundred unfinished stories, so many in each state
SHARES = {
    "pitched": 5, "commissioned": 25, "reporting": 40, "filed": 5, "editing": 3, "approved": 2, "scheduled": 10,
    "held": 10,
}  # fmt: skip
DESKS = 8
CREW = 60
BATCH = 4000
A_STORY = timedelta(minutes=10)
BODY = "\n".join(["<p>Ministers met on Tuesday, and agreed on little that had not been agreed on before.</p>"] * 18)


@dataclass(frozen=True)
class Filled:
    """Who was put into it: the editor of one desk, and a correspondent with as much to do as the others."""

    editor: Person
    correspondent: Person
    desk: Desk


def fill(session: Session, stories: int, unfinished: int, now: datetime) -> Filled:
    """Fill an empty, migrated database. The first stories are the oldest, the last `unfinished` of them are on."""
    chance = random.Random(stories)
    desks = [factories.desk(session, f"Desk {n}") for n in range(DESKS)]
    editor = factories.person(session, "Eva Janssens", roles=((desks[0], "editor"),))
    crew = [factories.person(session, f"Writer {n}", roles=((desks[n % DESKS], "correspondent"),)) for n in range(CREW)]
    wire = factories.item(session)
    words = _words(chance)
    states = [state for state, share in SHARES.items() for _ in range(share)]
    made = [
        _Made(
            n=n,
            desk=desks[n % DESKS].id,
            who=crew[chance.randrange(CREW)],
            state=chance.choice(states) if n > stories - unfinished else "published",
            due=now + timedelta(minutes=chance.randint(-300, 6000)) if n > stories - unfinished else None,
            at=now - A_STORY * (stories - n) - timedelta(days=0 if n > stories - unfinished else 2),
            said=words(),
            wire=wire,
        )
        for n in range(1, stories + 1)
    ]
    for model, rows in _ROWS.items():
        numbered = ({"id": n, **row} if hasattr(model, "id") else row for n, row in enumerate(_all(made, rows), 1))
        while batch := list(islice(numbered, BATCH)):
            session.execute(insert(model), batch)
    if session.get_bind().dialect.name == "postgresql":
        for model in _ROWS:
            # as ids were given by hand, the next one to be given is past them
            if hasattr(model, "id"):
                name = model.__tablename__
                session.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608  # our own names
                )
        session.execute(text("ANALYZE"))  # as its own cleaner does by itself; SQLite goes without in earnest too
    return Filled(editor, crew[0], desks[0])


@dataclass(frozen=True)
class _Made:
    n: int
    desk: int
    who: Person
    state: str
    due: datetime | None
    at: datetime
    said: str
    wire: Item

    @property
    def written(self) -> bool:
        return self.state in ("filed", "editing", "approved", "scheduled", "published")

    @property
    def taken(self) -> bool:
        return self.written or self.state == "reporting"


def _words(chance: random.Random) -> Callable[[], str]:
    """Headlines of which some words are in every tenth story, and some in one."""
    vocabulary = [f"{a}{b}{c}" for a in ("gra", "por", "mini", "tru") for b in ("in", "tes", "lo") for c in range(250)]
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    return lambda: " ".join(chance.choices(vocabulary, weights, k=8))


def _all(made: Sequence[_Made], rows: Callable[[_Made], Iterator[Mapping[str, Any]]]) -> Iterator[Mapping[str, Any]]:
    for of in made:
        yield from rows(of)


def _stories(of: _Made) -> Iterator[Mapping[str, Any]]:
    words = f" {' '.join(tokens(of.said))} "
    yield {
        "public_id": f"s{of.n:09}", "desk_id": of.desk, "slug": f"S/{of.n}", "slug_day": of.at.date().isoformat(),
        "title": of.said, "brief": "", "places": ["Odesa"], "zone": "Europe/Kyiv", "language": "en", "length": 600,
        "state": of.state, "came_from": "reporting" if of.state == "held" else None, "due_at": of.due,
        "release_at": of.due if of.state == "scheduled" else None, "next_wrong": "", "next_right": "",
        "made_by": None, "made_at": of.at, "changed_at": of.at, "lock_no": 1, "search_text": f" s {of.n}{words}",
        "headline_words": words if of.written else None,
    }  # fmt: skip


def _assignments(of: _Made) -> Iterator[Mapping[str, Any]]:
    at = of.due or of.at
    state = "done" if of.state == "published" else "filed" if of.written else "reporting" if of.taken else "open"
    yield {
        "public_id": f"a{of.n:09}", "story_id": of.n, "assignee_id": of.who.id if of.taken else None,
        "medium": "text", "brief": "", "state": state, "deadline_at": at, "deadline_wall": at.replace(tzinfo=None),
        "deadline_zone": "UTC", "deadline_fold": 0, "deadline_no": 1, "made_at": of.at,
    }  # fmt: skip


def _offers(of: _Made) -> Iterator[Mapping[str, Any]]:
    yield {
        "public_id": f"o{of.n:09}", "assignment_id": of.n, "person_id": of.who.id,
        "state": "accepted" if of.taken else "made", "reason": "", "made_at": of.at,
    }  # fmt: skip


def _drafts(of: _Made) -> Iterator[Mapping[str, Any]]:
    yield {"story_id": of.n, "assignment_id": of.n, "is_main": True, "last_n": 2 if of.written else 0}


def _versions(of: _Made) -> Iterator[Mapping[str, Any]]:
    for n in (1, 2) if of.written else ():
        yield {
            "id": 2 * of.n - 2 + n,
            "public_id": f"v{n}{of.n:08}", "draft_id": of.n, "n": n, "author_id": of.who.id, "at": of.at,
            "headline": of.said, "abstract": "", "dateline_places": ["Odesa"], "body_html": BODY, "ednote": "",
            "words": 252, "filed_at": of.at if n == 2 else None, "search_text": "",
        }  # fmt: skip


def _bylines(of: _Made) -> Iterator[Mapping[str, Any]]:
    if of.written:
        yield {"version_id": 2 * of.n, "pos": 0, "person_id": of.who.id, "name": of.who.name, "title": ""}


def _decisions(of: _Made) -> Iterator[Mapping[str, Any]]:
    if of.state in ("approved", "scheduled", "published"):
        yield {"version_id": 2 * of.n, "person_id": of.who.id, "kind": "approve", "note": "", "at": of.at}


def _items(of: _Made) -> Iterator[Mapping[str, Any]]:
    """A wire item for every other story, used by it."""
    if of.n % 2 == 0:
        yield {
            "id": of.wire.id + of.n, "public_id": f"i{of.n:09}", "source_id": of.wire.source_id,
            "intake_id": of.wire.intake_id, "guid": f"guid{of.n}", "revision": 1, "digest": "", "at": of.at,
            "headline": of.said, "places": [], "body_html": BODY, "pubstatus": "usable", "fields": {},
            "search_text": f" {' '.join(tokens(of.said))} ",
        }  # fmt: skip


def _uses(of: _Made) -> Iterator[Mapping[str, Any]]:
    if of.n % 2 == 0:
        yield {"item_id": of.wire.id + of.n, "story_id": of.n, "by_id": of.who.id, "at": of.at}


def _editions(of: _Made) -> Iterator[Mapping[str, Any]]:
    if of.state == "published":
        yield {
            "public_id": f"e{of.n:09}", "story_id": of.n, "number": 1, "cause": "first", "version_id": 2 * of.n,
            "published_at": of.at, "was_wrong": "", "is_right": "", "why": "",
        }  # fmt: skip


def _entries(of: _Made) -> Iterator[Mapping[str, Any]]:
    for verb in ("story_made", "copy_saved", "copy_filed"):
        yield {
            "at": of.at, "actor_kind": "person", "actor_id": of.who.id, "actor_name": of.who.name, "verb": verb,
            "thing_kind": "story", "thing_id": of.n, "story_id": of.n, "desk_id": of.desk, "details": {},
        }  # fmt: skip


def _messages(of: _Made) -> Iterator[Mapping[str, Any]]:
    yield {
        "public_id": f"m{of.n:09}", "key": f"filed:{of.n}", "kind": "filed", "recipient_kind": "person",
        "recipient_id": of.who.id, "story_id": of.n, "desk_id": of.desk, "facts": {}, "urgency": 3,
        "put_at": of.at, "seen_at": of.at if of.state == "published" else None,
    }  # fmt: skip


def _deliveries(of: _Made) -> Iterator[Mapping[str, Any]]:
    yield {
        "public_id": f"d{of.n:09}", "message_id": of.n, "channel": "mail", "state": "done", "wire_id": f"<{of.n}@b>",
        "attempts": 1,
    }  # fmt: skip


_ROWS: dict[type[Base], Callable[[_Made], Iterator[Mapping[str, Any]]]] = {
    Story: _stories,
    Assignment: _assignments,
    Offer: _offers,
    Draft: _drafts,
    Version: _versions,
    Byline: _bylines,
    Decision: _decisions,
    Item: _items,
    Use: _uses,
    Edition: _editions,
    Entry: _entries,
    Message: _messages,
    Delivery: _deliveries,
}
