"""What the readers find in the samples, and that nothing which is thrown at them makes them stumble."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid, TooLarge, Unreadable
from desk.wires.formats import atom, repair, rss, xmltree
from desk.wires.item import WireItem
from desk.wires.reading import FORMATS, read, sniff
from tests.wires.formats.samples import FILES, check_item, options

SAMPLES = [path.read_bytes() for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_reads_as_written_beside_it(path: Path) -> None:
    items = read(path.read_bytes(), file=path.name, **options(path))
    golden = path.with_suffix(path.suffix + ".jsonl")
    if os.environ.get("DESK_WRITE_GOLDEN"):
        golden.write_text("".join(item.to_json_line() + "\n" for item in items))
    for item in items:
        check_item(item)
    assert [item.to_json() for item in items] == [json.loads(line) for line in golden.read_text().splitlines()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_format_is_known_by_its_bytes(path: Path) -> None:
    found = sniff(path.read_bytes())
    assert found is not None
    assert found.name == ("atom" if path.name.startswith("atom") else "rss")
    assert [known.name for known in FORMATS] == ["rss", "atom"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"\0\0 \n", "it is empty"),
        (b"<!DOCTYPE html><html><body><rss></rss></body></html>", "it begins with “<!DOCTYPE html>"),
        (b"Not found\n", "it begins with “Not found”"),
        (b'{"version": "https://jsonfeed.org/version/1"}', 'it begins with “{"version"'),
        (b"\x89PNG\r\n\x1a\n\0\0", "it begins with “"),
        (b"<opml><body><outline type='rss'/></body></opml>", "it begins with “<opml>"),
        (b"<rdf:RDF xmlns:foaf='http://xmlns.com/foaf/0.1/'><foaf:Person/></rdf:RDF>", "it begins with"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>', "declares entities of its own"),
        (b'<!DOCTYPE rss [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><rss/>', "declares entities of its own"),
        ('<!DOCTYPE feed [<!Entity a "b">]><feed/>'.encode("utf-16"), "declares entities of its own"),
    ],
)
def test_what_is_no_feed_is_refused_with_its_cause(data: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(data)
    assert said in str(refusal.value)


def test_a_doctype_without_entities_is_read_past() -> None:
    data = b'<?xml version="1.0"?><!-- <!ENTITY no> --><!DOCTYPE rss SYSTEM "http://no.invalid/" [<!ELEMENT rss ANY>]>'
    assert read(data + b"<rss><channel><item><title>Read</title></item></channel></rss>")[0].headline == "Read"


def test_an_entity_of_another_file_is_never_read() -> None:
    (item,) = read(b"<rss><channel><item><title>x &passwd; y</title></item></channel></rss>")
    assert item.headline == "x &passwd; y"


def test_an_empty_feed_has_no_items_and_is_no_error() -> None:
    assert read(b"<rss version='2.0'><channel><title>Quiet</title></channel></rss>") == []
    assert read(b"<feed xmlns='http://www.w3.org/2005/Atom'/>") == []


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(Invalid, match="Unknown zone: Mars/Olympus"):
        read(SAMPLES[0], zone="Mars/Olympus")


def test_a_file_without_measure_is_refused() -> None:
    with pytest.raises(TooLarge, match="too large"):
        read(b"<rss>" + b" " * xmltree.LARGEST)
    with pytest.raises(TooLarge, match="more than"):
        read(b"<rss>" + b"<item/>" * (rss.MOST_ITEMS + 1))
    with pytest.raises(TooLarge, match="more than"):
        read(b"<feed>" + b"<entry/>" * (atom.MOST_ENTRIES + 1))


def test_a_body_without_measure_is_kept_from_its_beginning() -> None:
    many = b"&lt;b&gt;x&lt;/b&gt; word &lt;br&gt;" * 60_000
    (item,) = read(
        b"<rss><channel><item><title>t</title><description>" + many + b"</description></item></channel></rss>"
    )
    assert item.body_html is not None
    assert item.body_html.startswith("<p>x word</p>")
    check_item(item)


@pytest.mark.parametrize(
    "nasty",
    [
        b"<rss>" + b"<a>" * 50_000,
        b"<rss><channel><item><title>" + b"&amp;lt;b&amp;gt;" * 20_000 + b"</title></item></channel></rss>",
        b"<rss><channel><item><title>" + b"&lt;!--" * 50_000 + b"</title></item></channel></rss>",
        b"<rss><channel><item><author>" + b",a@" * 100_000 + b"</author></item></channel></rss>",
        b"<rss><channel><item><pubDate>" + b"1" * 300_000 + b"</pubDate></item></channel></rss>",
        b"<rss><channel><item><description>" + b"&lt;div&gt;" * 60_000 + b"</description></item></channel></rss>",
        b"<rss>" + b"<![CDATA[" * 40_000,
        b"<rss>" + b"<!--" * 100_000,
        b"<rss " + b"a='" * 100_000,
        b"<!--" * 60_000 + b"<rss>",
        b"<rss><channel>" + b"<item>" * 9_000,
        b"<rss>" + b"</x>" * 100_000,
        b"<rss>" + b"&" * 300_000,
        b"<feed>" + b"<link href=x>" * 10_000,
        b"<rss>" + b"<p>" * 190 + b"</x>" * 200_000,
        b"<rss><channel><item " + b" ".join(b'a%d="1"' % n for n in range(30_000)) + b"/></channel></rss>",
        b"<rss><channel><item><description>"
        + b"<p>" * 240
        + b"word " * 1_900_000
        + b"</p>" * 240
        + b"</description></item></channel></rss>",
        b"<rss><channel><item><title>" + b"\x01" * 9_900_000 + b"</title></item></channel></rss>",
    ],
    ids=range(18),
)
def test_no_feed_takes_more_than_two_seconds(nasty: bytes) -> None:
    began = time.process_time()
    outcome(nasty)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("one", "most"),
    [(b"<p>", 99), (b"</x>", 99), (b"&", 99), (b"<b a=1>", 49), (b'<b a="&">', 33), (b"<![CDATA[a & b = <c>]]>", 98)],
)
def test_what_is_no_xml_is_mended_up_to_a_measure_of_work(
    monkeypatch: pytest.MonkeyPatch, one: bytes, most: int
) -> None:
    """A tag, a reference and an attribute each cost about as much; in a CDATA section there are none."""
    monkeypatch.setattr(repair, "MOST", 100)
    read(b"<rss>" + one * most)
    with pytest.raises(Unreadable, match="too much in it to mend: more than 100 tags"):
        read(b"<rss>" + b"&" + one * (most + 1))


def test_a_broken_feed_of_two_megabytes_is_read() -> None:
    copy = b'&lt;p&gt;Ferry &lt;a href="/x?a=1"&gt;aground&lt;/a&gt; off Sulina, two crew said on Tuesday.&lt;/p&gt; '
    item = b"<item><title>Fish & ships</title><guid>%d</guid><description>" + copy * 20 + b"</description></item>"
    data = b"<rss><channel>" + b"".join(item % n for n in range(950))
    assert len(data) > 2_000_000
    assert repair.mend(data.decode()).count("</item>") == 950


def test_more_elements_than_any_feed_has_are_refused() -> None:
    many = b"<b/>" * xmltree.MOST_ELEMENTS
    with pytest.raises(TooLarge, match="more than 300000 elements"):
        read(b"<rss><channel><item><description>" + many + b"</description></item></channel></rss>")


def outcome(data: bytes, charset: str | None = None) -> list[WireItem]:
    """Items, checked, or none where the desk says that it can't read this; nothing else may come of any bytes."""
    try:
        items = read(data, charset=charset)
    except Unreadable:
        return []
    for item in items:
        check_item(item)
    return items


@given(
    st.binary(max_size=300),
    st.sampled_from([None, "utf-8", "iso-8859-1", "shift_jis", "punycode", "nonsense", "utf-16"]),
)
def test_any_bytes_are_items_or_a_refusal(data: bytes, charset: str | None) -> None:
    outcome(data, charset)
    outcome(b"<rss><channel><item><title>" + data, charset)


@given(
    st.text(max_size=120), st.sampled_from(["title", "link", "description", "pubDate", "author", "category", "guid"])
)
def test_any_text_in_any_field_is_read(text: str, field: str) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    outcome(
        b"<rss><channel><item><guid>1</guid><%b>%b</%b></item></channel></rss>"
        % (field.encode(), encoded, field.encode())
    )
    outcome(
        b"<feed><entry><id>1</id><%b type='html'>%b</%b></entry></feed>" % (field.encode(), encoded, field.encode())
    )


@given(st.data())
def test_a_damaged_sample_is_items_or_a_refusal(data: st.DataObject) -> None:
    sample = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(sample)))
        length = data.draw(st.sampled_from([0, 1, 2, 7, 40, 300]))
        piece = data.draw(
            st.sampled_from(
                [b"", b"<", b">", b"&", b'"', b"]]>", b"<![CDATA[", b"<!--", b"</item>", b"<item>", b"\0", b"\xff"]
            )
            | st.binary(max_size=4)
        )
        sample[at : at + length] = piece
    outcome(bytes(sample))


@given(st.sampled_from(SAMPLES), st.data())
def test_a_feed_cut_off_anywhere_gives_what_had_come(sample: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(sample)))
    assert len(outcome(sample[:cut])) <= len(outcome(sample))
