"""Who works here, where they are, and how they come in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, Digest, Instant, Key, Language, Line, PublicId, Word, Zone


class Newsroom(Base):
    """The one newsroom of this database: its agency, what its copy says at the foot, and whom licensees are to ask."""

    __tablename__ = "newsroom"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[Key]
    agency: Mapped[Line]
    first_year: Mapped[int]
    permission_sentence: Mapped[Line]
    ask_mail: Mapped[Line | None]
    ask_phone: Mapped[Line | None]
    zone: Mapped[Zone]
    language: Mapped[Language]
    is_demo: Mapped[bool] = mapped_column(default=False)


class Desk(Base):
    """A desk: its name, and the zone by whose clock its deadlines are read."""

    __tablename__ = "desks"
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[Line] = mapped_column(unique=True)
    zone: Mapped[Zone]
    closed_at: Mapped[datetime | None]


class Person(Base):
    """A person. `home_zone` is where they live, `present_zone` where they are: times are shown in the latter."""

    __tablename__ = "people"
    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[Line]
    title: Mapped[Line] = mapped_column(default="")
    email: Mapped[Line] = mapped_column(unique=True)
    home_zone: Mapped[Zone]
    present_zone: Mapped[Zone]
    language: Mapped[Language] = mapped_column(default="en")
    is_admin: Mapped[bool] = mapped_column(default=False)
    password: Mapped[str | None] = mapped_column(String(200))
    joined_at: Mapped[Instant]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """A role that a person has on a desk; several rows for several roles."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role IN ('editor', 'approver', 'correspondent')", name="role"),
        Index(None, "desk_id", "role"),
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), primary_key=True)
    role: Mapped[Word] = mapped_column(primary_key=True)


class SignIn(Base):
    """A session: the cookie's SHA-256, never the cookie. Gone means signed out, at the next request."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "person_id"),)
    sha256: Mapped[Digest] = mapped_column(primary_key=True)
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    began_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    agent: Mapped[Line] = mapped_column(default="")
    address: Mapped[Line] = mapped_column(default="")


class Link(Base):
    """A one-time link: opening it shows a button, pressing the button uses it up."""

    __tablename__ = "links"
    __table_args__ = (
        CheckConstraint("purpose IN ('invite', 'reset', 'signin', 'first')", name="purpose"),
        CheckConstraint("(person_id IS NULL) = (purpose = 'first')", name="whose"),
        Index(None, "person_id"),
    )
    sha256: Mapped[Digest] = mapped_column(primary_key=True)
    purpose: Mapped[Word]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[Instant]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """A try at a door, kept for the throttle unless it was right: a digest of the account, and the network address.

    Both begin with the door that was tried: `password`, `link` (one asked for) or `secret` (one pressed).
    """

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "account", "at"), Index(None, "address", "at"))
    id: Mapped[Key]
    account: Mapped[Digest]
    address: Mapped[Line]
    at: Mapped[Instant]
