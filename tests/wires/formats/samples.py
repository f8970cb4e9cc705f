"""The sample files of our own writing, each with what should be read in it beside it."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from desk.text import clean_html
from desk.wires.item import Link, Media, Subject, WireItem

FOLDER = Path(__file__).parents[2] / "data" / "wires"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in {".xml", ".rdf"})
KEYS = re.findall(
    r"\w+",
    "file format guid version headline slugline byline dateline places body_html language urgency priority category "
    "genre subjects keywords embargoed pubstatus signal ednote usageterms credit copyright word_count first_created "
    "version_created sequence take_key links media",
)
NUMBERS = {"urgency", "priority", "word_count", "sequence"}
TIMES = {"embargoed", "first_created", "version_created"}
LISTS = {"places", "keywords", "subjects", "links", "media"}


def options(path: Path) -> dict[str, str]:
    """Times without a zone in `dates` files are Kyiv's."""
    return {"zone": "Europe/Kyiv"} if "dates" in path.name else {}


def check_item(item: WireItem) -> None:
    """Every key has the type that `desk wires parse` promises of it."""
    assert [field.name for field in fields(item)] == KEYS
    assert list(item.to_json()) == KEYS
    assert item.format in {"rss", "atom"}
    assert item.pubstatus in {"usable", "withheld", "canceled"}
    assert item.guid.strip()
    for name in KEYS:
        value = getattr(item, name)
        if name in NUMBERS:
            assert value is None or type(value) is int
        elif name in TIMES:
            assert value is None or (type(value) is datetime and value.tzinfo is UTC and not value.microsecond)
        elif name in LISTS:
            assert type(value) is tuple
        else:
            assert value is None or (type(value) is str and value.strip())
    assert all(text.strip() for text in item.places + item.keywords)
    assert item.headline is None or item.headline == " ".join(item.headline.split())
    assert item.language is None or re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*|x(-[a-z0-9]+)+", item.language)
    if item.body_html is not None:
        assert clean_html(item.body_html) == item.body_html
    for subject in item.subjects:
        assert type(subject) is Subject
        assert subject.code or subject.name
    for link in item.links:
        assert type(link) is Link
        assert re.match(r"(https?|ftp)://|mailto:", link.href)
    for one in item.media:
        assert type(one) is Media
        assert re.match(r"https?://", one.href)
        assert all(size is None or size > 0 for size in (one.width, one.height))
    line = item.to_json_line()
    assert "\n" not in line
    line.encode()
