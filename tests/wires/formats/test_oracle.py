"""Where feedparser reads a field of our samples too, it reads what we read."""

import calendar
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from desk.wires.formats.fields import words_of
from desk.wires.reading import read
from tests.wires.formats.samples import FILES

# What it reads otherwise, and why we differ
BEYOND_IT = {
    "atom-1.0-malformed.xml": "it reads nothing after an entry that was never ended",
    "rss-2.0-malformed.xml": "it gives up at the script's warning before the feed",
    "rss-2.0-escaped.xml": "it unescapes once; our headlines are plain text",
    "rss-2.0-dates.xml": "it takes times without a zone as UTC",
    "rss-2.0-no-base.xml": "it does not join addresses to the channel's link",
    "rss-2.0-relative.xml": "it leaves the address of an enclosure as it is",
    "rss-2.0-controls.xml": "it keeps control characters",
    "atom-1.0-content.xml": "it leaves text that was escaped twice",
    "charset-utf-8-declared-latin-1.xml": "it believes the declaration",
    "charset-koi8-r-undeclared.xml": "it does not guess from the letters",
    "charset-euc-jp-undeclared.xml": "it does not guess from the letters",
    "charset-mixed.xml": "it reads all of it as Windows-1252",
}


def oracle(data: bytes) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(feedparser.parse(data, resolve_relative_uris=True, sanitize_html=False).entries)


def instant(parsed: time.struct_time | None) -> datetime | None:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in BEYOND_IT], ids=lambda path: path.name)
def test_feedparser_reads_the_same(path: Path) -> None:
    data = path.read_bytes()
    ours = [item for item in read(data) if item.pubstatus != "canceled"]
    theirs = [entry for entry in oracle(data) if len(entry) > 0]
    assert len(ours) == len(theirs)
    for item, entry in zip(ours, theirs, strict=True):
        if entry.get("title") and entry.get("title_detail", {}).get("type") != "text/plain":
            assert item.headline == words_of(entry.title)
        elif entry.get("title"):
            assert item.headline == " ".join(entry.title.split())
        if entry.get("id"):
            assert item.guid == entry.id
        if entry.get("link") and item.links:
            assert entry.link in [link.href for link in item.links]
        if entry.get("published_parsed") and item.first_created:
            assert item.first_created == instant(entry.published_parsed)
        if "updated_parsed" in entry.keys() and entry.updated_parsed and path.name.startswith("atom"):  # noqa: SIM118 - its `in` looks elsewhere too
            assert item.version_created == instant(entry.updated_parsed)
        for enclosure in entry.get("enclosures", []):
            assert enclosure.href in [one.href for one in item.media]
