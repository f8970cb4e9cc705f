"""Atom as it is found in the world."""

import pytest

from desk.wires.item import Link, Media, Subject, WireItem
from desk.wires.reading import read


def only(inside: str, *, feed: str = "", attributes: str = "", base_url: str | None = None) -> WireItem:
    source = f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{feed}<entry>{inside}</entry></feed>'
    (item,) = read(source.encode(), base_url=base_url)
    return item


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ('<title type="text">5 &lt; 6, &lt;b&gt;</title>', "5 < 6, <b>"),
        ('<title type="html">5 &amp;lt; 6, &lt;b&gt;bold&lt;/b&gt;</title>', "5 < 6, bold"),
        ('<title type="html"><![CDATA[<em>A</em> &amp; B]]></title>', "A & B"),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">5 &lt; 6, <b>bold</b></div></title>',
            "5 < 6, bold",
        ),
        ("<title>Caf&#233;</title>", "Café"),
        ("<title/>", None),
    ],
)
def test_a_title_is_read_by_its_type(title: str, headline: str | None) -> None:
    assert only(f"<id>1</id>{title}").headline == headline


def test_authors_are_the_entrys_else_its_sources_else_the_feeds() -> None:
    feed = "<author><name>Feed</name></author>"
    assert only("<id>1</id>", feed=feed).byline == "Feed"
    assert only("<id>1</id><source><author><name>Source</name></author></source>", feed=feed).byline == "Source"
    assert only("<id>1</id><author><name>A</name></author><author><name>B</name></author>", feed=feed).byline == "A, B"
    assert only("<id>1</id><author><email>a@b.example</email></author>").byline == "a@b.example"


def test_an_entry_without_times_stays_undated() -> None:
    item = only("<id>1</id>", feed="<updated>2026-01-01T00:00:00Z</updated>")
    assert (item.first_created, item.version_created) == (None, None)


def test_links_keep_relation_and_type_and_enclosures_are_media() -> None:
    item = only(
        '<id>1</id><link href="/a" type="text/html"/><link rel="replies" href="b"/>'
        '<link rel="enclosure" href="c.mp3"/>',
        base_url="https://at.example/x/feed",
    )
    assert item.links == (
        Link("https://at.example/a", "alternate", "text/html"),
        Link("https://at.example/x/b", "replies"),
    )
    assert item.media == (Media("https://at.example/x/c.mp3"),)


def test_categories_with_a_scheme_are_subjects_and_the_others_keywords() -> None:
    item = only('<id>1</id><category term="a" label="A word"/><category term="b"/><category term="c" scheme="s"/>')
    assert item.keywords == ("A word", "b")
    assert item.subjects == (Subject("s", "c", None),)


def test_language_comes_from_the_nearest_element_that_says_one() -> None:
    assert only('<id>1</id><content xml:lang="uk">x</content>', attributes='xml:lang="ru"').language == "uk"
    assert only("<id>1</id>", attributes='xml:lang="ru"').language == "ru"


def test_a_feed_without_its_namespace_is_read() -> None:
    (item,) = read(b"<feed><entry><title>T</title><id>1</id><author><name>N</name></author></entry></feed>")
    assert (item.headline, item.guid, item.byline) == ("T", "1", "N")
    (item,) = read(b"<a:feed xmlns:a='http://purl.org/atom/ns#'><a:entry><a:title>T</a:title></a:entry></a:feed>")
    assert item.headline == "T"


def test_what_was_deleted_is_canceled() -> None:
    source = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">
      <at:deleted-entry ref="urn:1" when="2026-11-24T09:00:00Z"/></feed>"""
    (item,) = read(source)
    assert (item.guid, item.pubstatus) == ("urn:1", "canceled")
