"""The payload of a notice is what docs/api/notices.md says it is."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desk.net import sign
from desk.outbox import rules as outbox
from desk.republication import payload, rules, service
from desk.republication.payload import Correction, Told
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
    edition=3,
    published_at=NOW,
    was_wrong="33",
    is_right="53",
    copy=COPY,
    abstract="Ministers met.",
    ask_name="World desk, Meridian News",
    ask_mail="desk@meridian.example",
    ask_phone="+32 2 555 01 42",
    unanswered=[
        Correction(
            edition=2,
            published_at=NOW - timedelta(minutes=92),
            was_wrong="Seven barges waited.",
            is_right="Eleven barges waited.",
        )
    ],
    receipt="https://desk.meridian.example/receipts/abc",
)


def fields(of: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in of.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from fields(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield from fields(value[0], f"{prefix}{name}[].")


def test_every_field_is_documented_and_every_documented_field_is_there() -> None:
    documented = set(re.findall(r"(?m)^\| `([a-z_.[\]]+)` \| (?:text|number|time|object|list) \|", DOC))
    assert documented == set(fields(payload.compose(TOLD))) - {"data"}


def test_every_type_is_documented() -> None:
    documented = set(re.findall(r"(?m)^\| `((?:story|notice)\.[a-z]+)` \|", DOC))
    assert documented == {telling.event for telling in rules.TELLINGS.values()}


def test_the_example_in_the_docs_is_what_the_code_sends() -> None:
    body = "Barges heading up the Danube put half their cargo ashore at Budapest on Tuesday."
    told = Told(
        notice="23456789bc",
        at=NOW,
        cause="correction",
        story="cdfghjkmnp",
        slug="DANUBE/LEVELS",
        desk="World desk",
        edition=3,
        published_at=NOW,
        was_wrong="The gauge stood at 33 centimetres.",
        is_right="The gauge stood at 53 centimetres.",
        copy=replace(
            COPY,
            headline="Barges unload as the river falls again",
            bylines=[("Ilona Szabó", "Central Europe Correspondent")],
            places=["Budapest", "Vienna"],
            body_html=f"<p>{body}</p>",
        ),
        abstract="Barges put half their cargo ashore at Budapest as the river fell for the eleventh day.",
        ask_name="World desk, Meridian News",
        ask_mail="desk@meridian.example",
        ask_phone="+32 2 555 01 42",
        unanswered=TOLD.unanswered,
        receipt="https://desk.meridian.example/receipts/6fb81d0c4a8e",
    )
    assert json.loads(payload.to_bytes(told)) == json.loads(DOC.split("```json")[1].split("```")[0])


def test_the_receiver_in_the_docs_knows_ours_from_others() -> None:
    names: dict[str, Any] = {}
    exec(DOC.split("```python")[1].split("```")[0], names)  # noqa: S102  # it is our own page that is tried
    secret, body, at = service.fresh_secret(), payload.to_bytes(TOLD), int(time.time())
    ours = sign(secret, "msg_23456789bc", at, body)
    assert names["is_ours"](secret, ours, body)
    assert not names["is_ours"](secret, ours, body + b" ")
    assert not names["is_ours"](service.fresh_secret(), ours, body)
    assert not names["is_ours"](secret, sign(secret, "msg_23456789bc", at - 301, body), body)


def test_the_waits_in_the_docs_are_those_of_the_code() -> None:
    hours = re.search(r"after 5 minutes, half an hour, ((?:\d+, )+\d+ and \d+) hours", DOC)
    assert hours is not None
    documented = (300, 1800, *(int(n) * 3600 for n in re.findall(r"\d+", hours[1])))
    assert outbox.GAPS["webhook", 1][:3] == (5, 30, 30)
    assert outbox.GAPS["webhook", 2] == (5, *documented)
    assert outbox.GAPS["webhook", 1][-len(documented) :] == documented
    tries = re.search(r"\((\d+) tries or (\d+),", DOC)
    assert tries is not None
    assert [int(n) - 1 for n in tries.groups()] == [len(outbox.GAPS["webhook", urgency]) for urgency in (1, 2)]


def test_a_correction_says_what_was_wrong_what_is_right_and_gives_the_text() -> None:
    found = payload.compose(TOLD)
    data = found["data"]
    assert (found["version"], found["type"], found["timestamp"]) == (1, "story.corrected", "2026-11-24T13:37:00Z")
    assert (data["was_wrong"], data["is_right"], data["edition"], data["cause"]) == ("33", "53", 3, "correction")
    assert data["text"]["byline"] == "By Olena Demchuk, Black Sea Correspondent Meridian News"
    assert data["text"]["body_text"] == "Ministers met in Odesa on Tuesday & talked.\n\nThey agreed on little."


@pytest.mark.parametrize("cause", ["kill", "test"])
def test_a_kill_and_a_test_bear_no_text_but_every_field(cause: str) -> None:
    found = payload.compose(Told(notice="n", at=NOW, cause=cause, copy=COPY if cause == "kill" else None))
    assert found["data"]["text"] is None
    assert found["data"]["unanswered"] == []
    assert found["data"]["ask"] == {"name": None, "mail": None, "phone": None}
    assert set(found["data"]) == set(payload.compose(TOLD)["data"])


def test_the_bytes_are_the_same_every_time_and_canonical() -> None:
    first = payload.to_bytes(TOLD)
    assert first == payload.to_bytes(TOLD)
    assert json.dumps(json.loads(first), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == first
