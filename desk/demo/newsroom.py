"""The demo newsroom: Meridian News, an agency that does not exist, as if it had worked here for days.

Everything is made by the newsroom's own verbs at instants of the past, so that history, versions, messages and
notices are what they would be. Nobody has a password: people come in by links, and only from this machine.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import chance
from desk.actor import SYSTEM, Actor, Role
from desk.addresses import Resolved
from desk.demo import stories, wires
from desk.demo.dates import stamped
from desk.demo.script import Script
from desk.demo.stage import Cast, Stage, Step
from desk.demo.timeline import NOBODY_ANSWERS, Timeline
from desk.errors import Invalid
from desk.links import Links
from desk.newsroom import commissioning, entering, staffing, wiring
from desk.newsroom import desks as newsroom_desks
from desk.outbox import queries as outbox
from desk.outbox import service as messages
from desk.people import queries as people
from desk.people.models import Desk, Newsroom, Person
from desk.republication import service as republication
from desk.settings import Settings
from desk.store import Store
from desk.stories.models import Story
from desk.wires import reading, rules
from desk.wires import service as sources
from desk.wires.models import Item, Source

AGENCY = "Meridian News"
FOUNDED = timedelta(days=9)  # long enough ago for the invitations to have expired
READ = timedelta(hours=2, minutes=30)  # what they were told before that everybody has read
OVERNIGHT = timedelta(hours=9)
LEASE = timedelta(minutes=1)

DESKS = (
    ("World desk", "Europe/Brussels"),
    ("Americas desk", "America/New_York"),
    ("Asia desk", "Asia/Taipei"),
    ("Africa desk", "Africa/Nairobi"),
)
_EVERY = tuple(name for name, _ in DESKS)

# name, title, home zone, present zone, roles by desk; the first is the administrator
PEOPLE: tuple[tuple[str, str, str, str, tuple[tuple[Role, tuple[str, ...]], ...]], ...] = (
    ("Marta Kuipers", "World Editor", "Europe/Brussels", "Europe/Brussels",
     (("editor", ("World desk", "Asia desk", "Africa desk")),)),
    ("Tove Lindqvist", "Night Editor", "Europe/Brussels", "Europe/Brussels",
     (("editor", ("World desk", "Americas desk", "Asia desk")),)),
    ("Jonas Weber", "Standards Editor", "Europe/Berlin", "Europe/Brussels", (("approver", _EVERY),)),
    ("Olena Demchuk", "Black Sea Correspondent", "Europe/Kyiv", "Europe/Kyiv", (("correspondent", ("World desk",)),)),
    ("Nino Kapanadze", "South Caucasus Correspondent", "Asia/Tbilisi", "Asia/Tbilisi",
     (("correspondent", ("World desk",)),)),
    ("Lin Chen", "Taipei Correspondent", "Asia/Taipei", "Asia/Taipei", (("correspondent", ("Asia desk",)),)),
    ("Rosa Quispe", "Andes Correspondent", "America/Lima", "America/Lima", (("correspondent", ("Americas desk",)),)),
    ("Amina Wanjiru", "East Africa Correspondent", "Africa/Nairobi", "Africa/Nairobi",
     (("correspondent", ("Africa desk",)),)),
)  # fmt: skip

# name, contact, mail, webhook, zone, desks
LICENSEES: tuple[tuple[str, str, str, Resolved | None, str, tuple[str, ...]], ...] = (
    ("Új Napló", "Réka Halmos", "szerk@uj-naplo.example", None, "Europe/Budapest", ("World desk", "Africa desk")),
    ("Radio Novi Most", "Dragan Petrović", "desk@novi-most.example", None, "Europe/Belgrade",
     ("World desk", "Americas desk", "Asia desk")),
    ("Gulf Ledger", "Rania Haddad", "copy@gulf-ledger.example", NOBODY_ANSWERS, "Asia/Dubai",
     ("Asia desk", "Africa desk")),
)  # fmt: skip

DOORS = (
    ("administrator and desk editor", "Marta Kuipers"),
    ("approver", "Jonas Weber"),
    ("correspondent", "Olena Demchuk"),
)


def load(store: Store, settings: Settings, now: datetime) -> list[str]:
    """Load the demo into a database without people, or find it there; gives the lines that tell how to come in.

    Each call makes new sign-in links in place of the old ones, and none unless the desk is on the loopback alone.
    Raises Invalid for a newsroom of somebody's own.
    """
    folders = wires.make_folders(wires.inbox(settings))
    return store.run(lambda session: _load(session, settings, folders, now))


def email_of(name: str) -> str:
    """The mail address of a person of the demo."""
    return f"{name.lower().replace(' ', '.')}@meridian.example"


def _load(session: Session, settings: Settings, folders: Mapping[str, Path], now: datetime) -> list[str]:
    found = session.get(Newsroom, 1)
    if session.scalar(select(Person.id).limit(1)) is None:
        _play(session, settings, folders, found, now)
    elif found is None or not found.is_demo:
        raise Invalid(
            "This database holds a newsroom of its own: the demo is loaded into an empty one only. "
            "Set DESK_VAR to another folder, or DATABASE_URL to another database."
        )
    return _doors(session, settings, now)


def _play(
    session: Session, settings: Settings, folders: Mapping[str, Path], found: Newsroom | None, now: datetime
) -> None:
    begins = now - FOUNDED
    desks = _found(session, found, begins)
    cast = _hire(session, desks, begins, now)
    admin = cast.actors["marta"]
    _license(session, admin, desks, begins + timedelta(days=1))
    timeline = Timeline(session, settings, begins)
    timeline.at(now - OVERNIGHT, lambda at: _overnight(session, admin, folders, at, now))
    timeline.at(now - READ, lambda at: _read_messages(session, cast, at))
    for script in stories.ALL:
        _rehearse(timeline, cast, desks[script.desk], script, now)
    timeline.run(now)


def _found(session: Session, found: Newsroom | None, at: datetime) -> dict[str, Desk]:
    newsroom = found or newsroom_desks.found_newsroom(session, agency=AGENCY, zone="Europe/Brussels", now=at)
    newsroom.is_demo, newsroom.zone = True, "Europe/Brussels"
    newsroom_desks.change_newsroom(
        session, SYSTEM, agency=AGENCY, first_year=1999, now=at,
        permission_sentence=f"This article was originally published on {AGENCY} and was reproduced with permission.",
        ask_mail="desk@meridian.example", ask_phone="+32 2 555 01 42",
    )  # fmt: skip
    return {name: newsroom_desks.add_desk(session, SYSTEM, name=name, zone=zone, now=at) for name, zone in DESKS}


def _hire(session: Session, desks: Mapping[str, Desk], at: datetime, now: datetime) -> Cast:
    known: dict[str, Person] = {}
    for n, (name, title, home, present, by_desk) in enumerate(PEOPLE):
        roles = [(desks[desk].public_id, role) for role, names in by_desk for desk in names]
        person, _ = staffing.invite(
            session, SYSTEM, name=name, email=email_of(name), title=title, zone=home, is_admin=n == 0, roles=roles,
            now=at,
        )  # fmt: skip
        known[name.split()[0].lower()] = person
        if present != home:
            actor = people.actor_of(session, person)
            staffing.change_self(
                session, actor, name=name, title=title, present_zone=present, home_zone=home, now=at + timedelta(days=1)
            )
    actors = {key: people.actor_of(session, person) for key, person in known.items()}
    return Cast(session, known, actors, now)


def _license(session: Session, admin: Actor, desks: Mapping[str, Desk], at: datetime) -> None:
    for name, contact, mail, webhook, zone, granted in LICENSEES:
        row = republication.add_licensee(
            session, admin, name=name, mail=mail, contact=contact, webhook=webhook, zone=zone, now=at
        )
        ids = [desks[desk].public_id for desk in granted]
        republication.set_grants(session, admin, row.public_id, ids, now=at)


def _rehearse(timeline: Timeline, cast: Cast, desk: Desk, script: Script, now: datetime) -> None:
    """Enter a story's steps into the timeline; its stage is set when it is made."""
    stages: list[Stage] = []

    def make(at: datetime) -> None:
        stages.append(Stage(cast, _make(cast, desk, script, at), desk.zone, script.copy(now)))

    timeline.at(now + timedelta(minutes=script.made), make)
    for minutes, step in script.steps:
        timeline.at(now + timedelta(minutes=minutes), partial(_act, stages, step))


def _act(stages: Sequence[Stage], step: Step, at: datetime) -> None:
    step(stages[0], at)


def _make(cast: Cast, desk: Desk, script: Script, at: datetime) -> Story:
    session, actor = cast.session, cast.actors[script.by]
    if script.wire is not None:
        item = session.scalars(select(Item).where(Item.headline.startswith(script.wire))).one()
        return wiring.open_story(
            session, actor, item.public_id, desk=desk.public_id, slug=script.slug, title=script.title,
            brief=script.brief, places=script.places, now=at,
        )  # fmt: skip
    return commissioning.make_story(
        session, actor, desk.public_id, slug=script.slug, title=script.title, brief=script.brief,
        places=script.places, zone=script.zone, length=script.length, idea=script.pitched, now=at,
    )  # fmt: skip


def _overnight(session: Session, admin: Actor, folders: Mapping[str, Path], at: datetime, now: datetime) -> None:
    """Add the watched folders, and take in what came by night as a worker would have."""
    for agency, folder in folders.items():
        source = wiring.add_source(
            session, admin, name=agency, url=str(folder.resolve()), zone=wires.AGENCIES[agency], root=folder.parent,
            every=10, now=at,
        )  # fmt: skip
        sample = wires.SAMPLES / "overnight" / f"{agency.lower()}.xml"
        if sample.exists():
            _take_in(session, source, sample.name, stamped(sample.read_bytes(), now), at)


def _take_in(session: Session, source: Source, name: str, data: bytes, at: datetime) -> None:
    claim = sources.claim_one(session, source.public_id, LEASE, chance.token(16))
    stored = sources.store_intake(session, claim, data, name=name, lease=LEASE, now=at) if claim else None
    if claim is None or stored is None:
        raise LookupError(f"{source.name} is in other hands")
    items = rules.in_order(reading.read(data, file=name, zone=claim.zone))
    wiring.take_in(session, source.id, stored.intake_id, items, at)
    sources.settle_poll(session, claim, rules.Ended("taken"), new=True, now=at, jitter=chance.jitter)


def _read_messages(session: Session, cast: Cast, at: datetime) -> None:
    for key, person in cast.people.items():
        mine = outbox.messages_of(session, person.id, limit=1000)
        messages.seen(session, cast.actors[key], [message.public_id for message in mine], now=at)


def _doors(session: Session, settings: Settings, now: datetime) -> list[str]:
    """One line a role with its sign-in link, or why there is none."""
    if not _on_loopback(settings):
        return [
            f"This is the demo newsroom of {AGENCY}. Its sign-in links are made on the loopback only, and this desk",
            f"listens on {settings.host} as {settings.url}: leave DESK_HOST and DESK_URL unset, and start it again.",
        ]
    links = Links(settings.url)
    lines = [f"This is the demo newsroom of {AGENCY}. Come in, once by each link:"]
    for role, name in DOORS:
        person = people.by_email(session, email_of(name))
        if person is not None and person.disabled_at is None:  # whoever tries the demo may have changed that
            secret = entering.sign_in_link(session, person.email, now)
            lines += [f"  {role}: {name}", f"    {links.to('come_in', secret)}"]
    return lines


def _on_loopback(settings: Settings) -> bool:
    return all(_is_loopback(host) for host in (settings.host, urlsplit(settings.url).hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
