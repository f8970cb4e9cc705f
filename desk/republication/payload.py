"""The payload of a notice, version 1: what a webhook carries. Each field is described in docs/api/notices.md. Pure.

The bytes are canonical JSON (UTF-8, keys sorted, no blanks), so that a notice sent twice is the same twice.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from desk import text
from desk.republication import page, rules
from desk.republication.page import Republished

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an earlier edition corrected."""

    edition: int
    published_at: datetime
    was_wrong: str
    is_right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one licensee is told of one edition; a test notice has no edition, and a kill no text.

    `unanswered` are the corrections before it that they are to hear of again, in their order.
    """

    notice: str
    at: datetime
    cause: str
    story: str | None = None
    slug: str | None = None
    desk: str | None = None
    edition: int | None = None
    published_at: datetime | None = None
    was_wrong: str = ""
    is_right: str = ""
    why: str = ""
    copy: Republished | None = None
    abstract: str = ""
    ask_name: str = ""
    ask_mail: str | None = None
    ask_phone: str | None = None
    unanswered: Sequence[Correction] = ()
    receipt: str = ""


def compose(told: Told) -> dict[str, Any]:
    """The payload as a dictionary; every field is there, with null where it does not apply."""
    telling = rules.TELLINGS[told.cause]
    return {
        "version": VERSION,
        "type": telling.event,
        "timestamp": stamp(told.at),
        "data": {
            "notice": told.notice,
            "story": told.story,
            "slug": told.slug,
            "desk": told.desk,
            "edition": told.edition,
            "cause": None if told.cause == "test" else told.cause,
            "published_at": stamp(told.published_at),
            "was_wrong": told.was_wrong or None,
            "is_right": told.is_right or None,
            "why": told.why or None,
            "must": telling.must,
            "text": None if told.copy is None or told.cause == "kill" else _text(told.copy, told.abstract),
            "unanswered": [_correction(one) for one in told.unanswered],
            "ask": {"name": told.ask_name or None, "mail": told.ask_mail, "phone": told.ask_phone},
            "receipt": told.receipt or None,
        },
    }


def to_bytes(told: Told) -> bytes:
    """The payload's bytes, which are signed and sent."""
    return json.dumps(compose(told), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def stamp(at: datetime | None) -> str | None:
    """An instant to the second in UTC: `2026-11-24T13:37:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _correction(of: Correction) -> dict[str, Any]:
    return {
        "edition": of.edition,
        "published_at": stamp(of.published_at),
        "was_wrong": of.was_wrong,
        "is_right": of.is_right,
    }


def _text(copy: Republished, abstract: str) -> dict[str, Any]:
    return {
        "language": copy.language,
        "headline": copy.headline,
        "byline": page.byline(copy),
        "dateline": text.dateline(copy.places, copy.agency) or None,
        "abstract": abstract or None,
        "body_html": copy.body_html,
        "body_text": text.plain_text(copy.body_html),
        "copyright": page.copyright_line(copy),
    }
