"""The payload of a notice is what docs/api/notices.md says it is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.republication import payload, rules
from desk.republication.payload import Told
from tests.factories import NOW
from tests.republication.test_page import COPY

DOC = (Path(__file__).parent.parent.parent / "docs" / "api" / "notices.md").read_text()

TOLD = Told(
    notice="23456789bc",
    at=NOW,
    cause="correction",
    story="cdfghjkmnp",
    slug="GRAIN/CORRIDOR",
    desk="World desk",
    edition=2,
    published_at=NOW,
    was_wrong="33",
    is_right="53",
    copy=COPY,
    abstract="Ministers met.",
    ask_name="World desk, Meridian News",
    ask_mail="desk@meridian.example",
    receipt="https://desk.meridian.example/receipts/abc",
)


def fields(of: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in of.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from fields(value, f"{prefix}{name}.")


def test_every_field_is_documented_and_every_documented_field_is_there() -> None:
    documented = set(re.findall(r"(?m)^\| `([a-z_.]+)` \| (?:text|number|time|object) \|", DOC))
    assert documented == set(fields(payload.compose(TOLD))) - {"data"}


def test_every_type_is_documented() -> None:
    documented = set(re.findall(r"(?m)^\| `((?:story|notice)\.[a-z]+)` \|", DOC))
    assert documented == {telling.event for telling in rules.TELLINGS.values()}


def test_the_example_in_the_docs_has_the_fields_of_the_code() -> None:
    example = json.loads(DOC.split("```json")[1].split("```")[0])
    assert set(fields(example)) == set(fields(payload.compose(TOLD)))


def test_a_correction_says_what_was_wrong_what_is_right_and_gives_the_text() -> None:
    found = payload.compose(TOLD)
    data = found["data"]
    assert (found["version"], found["type"], found["timestamp"]) == (1, "story.corrected", "2026-11-24T13:37:00Z")
    assert (data["was_wrong"], data["is_right"], data["edition"], data["cause"]) == ("33", "53", 2, "correction")
    assert data["text"]["byline"] == "By Olena Demchuk, Black Sea Correspondent Meridian News"
    assert data["text"]["body_text"] == "Ministers met in Odesa on Tuesday & talked.\n\nThey agreed on little."


@pytest.mark.parametrize("cause", ["kill", "test"])
def test_a_kill_and_a_test_bear_no_text_but_every_field(cause: str) -> None:
    found = payload.compose(Told(notice="n", at=NOW, cause=cause, copy=COPY if cause == "kill" else None))
    assert found["data"]["text"] is None
    assert set(found["data"]) == set(payload.compose(TOLD)["data"])


def test_the_bytes_are_the_same_every_time_and_canonical() -> None:
    first = payload.to_bytes(TOLD)
    assert first == payload.to_bytes(TOLD)
    assert json.dumps(json.loads(first), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == first
