"""RSS as it is found in the world."""

import pytest

from desk.wires.item import Link, Media, Subject, WireItem
from desk.wires.reading import read


def only(inside: str, *, root: str = '<rss version="2.0">', head: str = "", base_url: str | None = None) -> WireItem:
    (item,) = read(f"{root}<channel>{head}<item>{inside}</item></channel></rss>".encode(), base_url=base_url)
    return item


DC = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("<![CDATA[ Hello \n <b>big</b> world ]]>", "Hello big world"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("Use of &lt;stdin&gt; &amp; co", "Use of <stdin> & co"),
        ("How to use the &amp;lt;b&amp;gt; tag", "How to use the <b> tag"),
        ("&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;", "One Two"),
        ("&lt;br&gt;", None),
        ("  ", None),
        ("Non&#160;breaking", "Non breaking"),
        ("&#146;Tis &#x93;quoted&#x94;", "’Tis “quoted”"),
    ],
)
def test_a_headline_is_plain_text(title: str, headline: str | None) -> None:
    assert only(f"<guid>1</guid><title>{title}</title>").headline == headline


def test_a_title_of_another_module_is_not_the_headline() -> None:
    item = only(
        "<media:title>Picture</media:title><title>Story</title><itunes:title>Show</itunes:title>",
        root='<rss xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">',
    )
    assert item.headline == "Story"


def test_a_guid_is_what_the_supplier_says_else_the_link_else_a_digest() -> None:
    assert only("<guid isPermaLink='false'> a\n1 </guid><link>http://a.example/1</link>").guid == "a 1"
    assert only("<link>http://a.example/1</link>").guid == "http://a.example/1"
    assert only("<title>T</title>").guid == only("<title>T</title>").guid != only("<title>U</title>").guid
    assert only("<title>T</title>").guid.startswith("sha256:")


def test_a_guid_that_is_no_address_is_never_a_link() -> None:
    assert only("<guid>abc-1</guid><title>T</title>").links == ()
    assert only("<guid isPermaLink='false'>http://a.example/1</guid><title>T</title>").links == ()
    assert only("<guid>http://a.example/1</guid><title>T</title>").links == (Link("http://a.example/1", "alternate"),)


def test_relative_addresses_are_joined_to_the_feeds_own() -> None:
    item = only(
        "<title>T</title><link>a/b</link>",
        head="<link>https://site.example/</link>",
        base_url="https://f.example/x/feed",
    )
    assert item.links == (Link("https://f.example/x/a/b", "alternate"),)


def test_an_address_that_does_things_is_no_link() -> None:
    assert only("<title>T</title><link>javascript:alert(1)</link>").links == ()


def test_categories_with_a_domain_are_subjects_and_the_others_keywords() -> None:
    item = only(
        "<title>T</title><category>A</category><category> </category>"
        "<category domain='d'>B</category><category>A</category>"
    )
    assert item.keywords == ("A",)
    assert item.subjects == (Subject("d", "B", "B"),)


def test_a_names_element_of_another_case_or_prefix_is_found() -> None:
    (item,) = read(b"<RSS><CHANNEL><ITEM><TITLE>Loud</TITLE><PubDate>1 Jan 2026</PubDate></ITEM></CHANNEL></RSS>")
    assert item.headline == "Loud"
    assert item.first_created is not None
    (item,) = read(
        b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:rss='http://purl.org/rss/1.0/'>"
        b"<rss:item r:about='urn:1'><rss:title>Prefixed</rss:title></rss:item></r:RDF>"
    )
    assert (item.guid, item.headline) == ("urn:1", "Prefixed")
    assert only("<title>Strange</title>", root="<rss xmlns='http://strange.example/ns'>").headline == "Strange"


def test_namespaces_that_were_never_declared_are_understood() -> None:
    item = only("<title>T</title><dc:creator>Jane</dc:creator><content:encoded>&lt;p&gt;B&lt;/p&gt;</content:encoded>")
    assert (item.byline, item.body_html) == ("Jane", "<p>B</p>")


def test_the_full_text_is_preferred_to_its_summary() -> None:
    root = '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/">'
    item = only("<content:encoded></content:encoded><description>Short</description>", root=root)
    assert item.body_html == "<p>Short</p>"
    item = only("<content:encoded>Long</content:encoded><description>Short</description>", root=root)
    assert item.body_html == "<p>Long</p>"


def test_an_item_takes_language_and_rights_from_its_channel_unless_it_says_its_own() -> None:
    head = "<language>en-us</language><copyright>(c) Channel</copyright>"
    assert only("<title>T</title>", head=head, root=DC).language == "en-US"
    item = only("<title>T</title><dc:language>pt_BR</dc:language><dc:rights>(c) Item</dc:rights>", head=head, root=DC)
    assert (item.language, item.copyright) == ("pt-BR", "(c) Item")
    assert only("<title>T</title>", head="<language>English, mostly</language>").language is None
    assert only("<title xml:lang='de'>T</title>", root="<rss xml:lang='zh-hant-tw'>").language == "zh-Hant-TW"


def test_several_enclosures_are_all_kept_once() -> None:
    item = only(
        "<title>T</title><enclosure url='http://a.example/1.mp3' type='audio/mpeg'/>"
        "<enclosure url='http://a.example/2.jpg'/><enclosure url='http://a.example/1.mp3'/><enclosure/>"
    )
    assert item.media == (Media("http://a.example/1.mp3", "audio/mpeg"), Media("http://a.example/2.jpg"))


def test_html_left_open_in_a_field_does_not_swallow_the_fields_after_it() -> None:
    item = only("<description>One<br>two<p>three <b>four</description><link>http://a.example/1</link><title>T</title>")
    assert item.body_html == "<p>One<br>two</p>\n<p>three <strong>four</strong></p>"
    assert (item.headline, item.links) == ("T", (Link("http://a.example/1", "alternate"),))


def test_items_that_never_end_are_still_several() -> None:
    items = read(b"<rss><channel><item><title>1</title><item><title>2</title><item><title>3</channel></rss>")
    assert [item.headline for item in items] == ["1", "2", "3"]


def test_what_the_file_does_not_say_is_null() -> None:
    item = only("<title>T</title>").to_json()
    said = {name: value for name, value in item.items() if value not in (None, [])}
    assert set(said) == {"format", "guid", "headline", "pubstatus"}
