"""Copy as the desk keeps it, types it, counts it, searches it and compares it."""

import re
import time

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import TooLarge
from desk.markup import DEEPEST, LARGEST, TAGS
from desk.text import (
    blocks,
    clean_html,
    dateline,
    first_paragraph,
    fold,
    html_to_paragraphs,
    initials,
    paragraphs_to_html,
    plain_text,
    plain_to_html,
    shorten,
    tokens,
    word_count,
    word_diff,
)

BASE = "https://agency.example/news/"
NAMES = [*sorted(TAGS), "b", "i", "div", "h1", "h5", "thead", "caption", "span", "q", "script", "svg", "dl", "dt", "hr"]


def tag_soup() -> st.SearchStrategy[str]:
    name = st.sampled_from(NAMES)
    attributes = st.sampled_from(
        [
            "",
            "",
            ' href="http://e.example/a?b=1&c=2"',
            " href='it&#39;s'",
            ' src="//e.example/i.png" alt=\'"<\'',
            " colspan=2",
        ]
    )
    opening = st.tuples(name, attributes).map(lambda t: f"<{t[0]}{t[1]}>")
    text = st.sampled_from(
        ["word", " ", "\n", "a b", "&nbsp;", "&amp;", "&lt;p&gt;", "<", "*", "\u200b", "<!--", "]]>", "- x", "é"]
    )
    return st.lists(opening | name.map("</{}>".format) | text | st.text(max_size=4), max_size=40).map("".join)


def words_of_copy() -> st.SearchStrategy[str]:
    return st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from("*_#>-[]()!\\<&1. ")
    )


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ("plain words", "<p>plain words</p>"),
        ("one<br><br>two<br>three", "<p>one</p>\n<p>two<br>three</p>"),
        ("<div>a<p>b</p>c</div>", "<p>a</p>\n<p>b</p>\n<p>c</p>"),
        ("<p><b>a <i>b</b> c</i>", "<p><strong>a <em>b</em></strong><em> c</em></p>"),
        ("<h1>Head</h1><h4>Lower</h4>text", "<h2>Head</h2>\n<h3>Lower</h3>\n<p>text</p>"),
        ("<ul><li>a<li><p>b</p><ol><li>c</ol></ul>", "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>"),
        ("<table><tr><td>x</td></tr></table>", "<p>x</p>"),
        (
            "<table><thead><tr><th colspan=2>x<tbody><tr><td>1<td></table>",
            '<table><tr><th colspan="2">x</th></tr><tr><td>1</td><td></td></tr></table>',
        ),
        ("<p>&nbsp;</p><p> \n </p>", ""),
        ("a<script>evil()</script>b<style>p{}</style>", "<p>ab</p>"),
        (
            '<a href="javascript:x()">no</a> <a href="mailto:a@b.example">yes</a>',
            '<p>no <a href="mailto:a@b.example">yes</a></p>',
        ),
        ("<a href='/it&#39;s?a=1&copy=2'>x</a>", '<p><a href="https://agency.example/it\'s?a=1&amp;copy=2">x</a></p>'),
        ('<img src="a.png" width=1 height=1>x', "<p>x</p>"),
        (
            '<figure><img src="a.png" alt="A &quot;B&quot;"><figcaption>cap</figcaption></figure>',
            '<figure><img src="https://agency.example/news/a.png" alt="A &quot;B&quot;">'
            "<figcaption>cap</figcaption></figure>",
        ),
        ("<pre>\n one\n\n  two </pre>", "<pre> one\n\n  two</pre>"),
        ("<blockquote>said</blockquote>", "<blockquote><p>said</p></blockquote>"),
        ("write to <desk@meridian.example>", "<p>write to &lt;desk@meridian.example&gt;</p>"),
        ("5 < 6 &amp;amp; &#146;q&#8217; &bogus;", "<p>5 &lt; 6 &amp;amp; ’q’ &amp;bogus;</p>"),
        ("<q>yes</q>", "<p>“yes”</p>"),
        ("<![CDATA[<p>in</p>]]>", "<p>in</p>"),
        ('truncated <a href="http://e.exa', "<p>truncated</p>"),
    ],
)
def test_any_html_becomes_the_few_tags_the_desk_keeps(source: str, clean: str) -> None:
    assert clean_html(source, base=BASE) == clean
    assert clean_html(clean) == clean


@given(tag_soup())
def test_cleaning_what_is_clean_changes_nothing(source: str) -> None:
    clean = clean_html(source, base=BASE)
    assert clean_html(clean) == clean
    assert not clean or all(block.startswith("<") and block.endswith(">") for block in blocks(clean))
    assert "\n".join(blocks(clean)) == clean


@given(tag_soup() | st.text())
def test_a_sanitiser_of_another_hand_finds_nothing_left_to_clean(source: str) -> None:
    clean = clean_html(source, base=BASE)
    judged = nh3.clean(
        clean,
        tags=set(TAGS),
        attributes={"a": {"href"}, "img": {"src", "alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
    )
    assert judged.replace("&nbsp;", "\xa0") == clean


@given(st.text())
def test_words_are_never_lost_in_cleaning_plain_text(text: str) -> None:
    letters = re.sub(r"[^\w]", "", text)
    assert re.sub(r"[^\w]", "", plain_text(plain_to_html(text))) == letters


def test_deep_nesting_is_flattened_before_it_costs_time() -> None:
    clean = clean_html("<blockquote>" * 5_000 + "deep" + "</blockquote>" * 5_000 + "after")
    assert clean.count("<blockquote>") == DEEPEST
    assert clean.endswith("\n<p>after</p>")


@pytest.mark.parametrize(
    "unit", ["<div>", "<b>", "<a ='", "<!--", "<a<", "&", "&#", "<svg>", "<td>", "<ul><li>", "</p>", "<p a='"]
)
def test_no_tag_soup_takes_more_than_time_in_proportion(unit: str) -> None:
    soup = unit * (150_000 // len(unit))
    began = time.process_time()
    clean_html(soup)
    assert time.process_time() - began < 2


def test_copy_too_long_to_keep_is_refused_and_never_cut() -> None:
    with pytest.raises(TooLarge, match="too long"):
        clean_html("x" * (LARGEST + 1))
    with pytest.raises(TooLarge, match="tags"):
        clean_html("<b>" * 100_001)


# typed and shown again


def test_what_a_correspondent_types_becomes_paragraphs() -> None:
    typed = "First line\r\nstill first.\r\n\r\n \r\nSecond <b>&amp; 'literal'.\r\n"
    assert paragraphs_to_html(typed) == (
        "<p>First line<br>still first.</p>\n<p>Second &lt;b&gt;&amp;amp; 'literal'.</p>"
    )


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("## What next\n\nText", "<h2>What next</h2>\n<p>Text</p>"),
        ("### Small\nText", "<h3>Small</h3>\n<p>Text</p>"),
        ("> said he\n>\n> again", "<blockquote><p>said he</p><p>again</p></blockquote>"),
        ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        (
            "**strong** and *em* and ***both***",
            "<p><strong>strong</strong> and <em>em</em> and <strong><em>both</em></strong></p>",
        ),
        (
            "[the **text**](https://e.example/a_(b))",
            '<p><a href="https://e.example/a_(b)">the <strong>text</strong></a></p>',
        ),
        ("![a map](https://e.example/m.png)", '<p><img src="https://e.example/m.png" alt="a map"></p>'),
        ("f***ing s**t, 5 * 3 and 2*3*4 [sic]", "<p>f***ing s**t, 5 * 3 and 2*3*4 [sic]</p>"),
        ("[no](javascript:x) **open", "<p>[no](javascript:x) **open</p>"),
        (r"\- not a list \*plain\*", "<p>- not a list *plain*</p>"),
        ("中**国**人", "<p>中<strong>国</strong>人</p>"),
        ("> 10 people\nand more", "<p>&gt; 10 people<br>and more</p>"),
    ],
)
def test_light_marks_are_read(typed: str, clean: str) -> None:
    assert paragraphs_to_html(typed) == clean
    assert paragraphs_to_html(html_to_paragraphs(clean)) == clean


@given(tag_soup())
def test_showing_copy_in_a_textarea_and_saving_it_changes_nothing(source: str) -> None:
    clean = clean_html(source, base=BASE)
    typed = html_to_paragraphs(clean)
    assert paragraphs_to_html(typed.replace("\n", "\r\n")) == clean


@given(st.lists(words_of_copy(), max_size=6))
def test_typed_text_without_marks_comes_back_as_it_was(paragraphs: list[str]) -> None:
    clean = clean_html("".join(f"<p>{p.replace('&', '&amp;').replace('<', '&lt;')}</p>" for p in paragraphs))
    assert paragraphs_to_html(html_to_paragraphs(clean)) == clean


@given(words_of_copy())
def test_whatever_is_typed_is_kept_as_canonical_html(typed: str) -> None:
    clean = paragraphs_to_html(typed)
    assert clean_html(clean) == clean


def test_ordinary_copy_shows_no_backslashes() -> None:
    copy = "<p>“It is [sic] a f***ing mess,” he said - 3 * 4 #hash a_b.</p>"
    assert html_to_paragraphs(copy) == "“It is [sic] a f***ing mess,” he said - 3 * 4 #hash a_b."


# read, counted, shortened


def test_plain_text_keeps_paragraphs_lists_and_cells_apart() -> None:
    clean = clean_html(
        "<h2>H</h2><p>a<br>b &amp; c</p><ul><li>x<ul><li>y</ul><li>z</ul><table><tr><td>1<td>2<tr><td>3<td>4</table>"
    )
    assert plain_text(clean) == "H\n\na\nb & c\n\n- x\n- y\n\n- z\n\n1\t2\n3\t4"


def test_the_first_paragraph_stands_for_the_abstract() -> None:
    assert first_paragraph("<h2>Head</h2>\n<p>Lead <em>here</em>.</p>\n<p>More.</p>") == "Lead here."
    assert first_paragraph("<ul><li>a</li></ul>") == "- a"
    assert first_paragraph("") == ""


def test_words_are_counted_as_a_desk_counts_them() -> None:
    assert word_count("<p>The Smith–Jones pact, 3.5 per cent — it’s on.</p>") == 8
    assert word_count("<p>北京会议</p>") == 4


def test_a_long_line_is_cut_between_words() -> None:
    assert shorten("The quick brown fox", 12) == "The quick…"
    assert shorten("short  line", 20) == "short line"
    assert shorten("Donaudampfschifffahrt", 8) == "Donauda…"


@given(st.text(), st.integers(min_value=0, max_value=40))
def test_a_shortened_line_never_exceeds_its_length(text: str, n: int) -> None:
    assert len(shorten(text, n)) <= n


def test_the_dateline_is_composed_from_places_and_agency() -> None:
    assert dateline(["Moscow", " Budapest "], "Meridian News") == "MOSCOW/BUDAPEST (Meridian News) –"
    assert dateline([], "Meridian News") == ""


def test_initials_are_first_and_last() -> None:
    assert [initials(n) for n in ("Olena Demchuk", "Ludwig van der Rohe", "王芳", "", "o'Neill")] == [
        "OD",
        "LR",
        "王",
        "",
        "O",
    ]


# searched


def test_search_words_are_folded() -> None:
    assert tokens("Łódź, İstanbul: ΆΛΦΑ Straße — naïve don't café №5") == [
        "lodz", "istanbul", "αλφα", "strasse", "naive", "don", "t", "cafe", "no5",
    ]  # fmt: skip
    assert tokens("東京都 ハ 5G हिन्दी") == ["東京", "京都", "ハ", "5g", "हिन्दी"]


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert tokens(" ".join(tokens(text))) == tokens(text)
    assert fold(fold(text)) == fold(text)


def test_an_endless_text_gives_no_more_tokens_than_an_index_takes() -> None:
    found = tokens("слово " * 200_000)
    assert 490_000 < len(" ".join(found).encode()) <= 500_000
    assert max(map(len, tokens("x" * 5_000))) <= 64


# compared


COMPARED = st.lists(st.sampled_from(["a ", "b ", "the ", "c. ", "d.", "“e.” ", ", ", "\n\n", " ", "x y"]), max_size=40)


@given(COMPARED, COMPARED, st.lists(st.integers(0, 40), max_size=4), st.text(max_size=9))
def test_a_comparison_holds_both_versions_whole(
    pieces: list[str], others: list[str], edits: list[int], typed: str
) -> None:
    mended = list(pieces)
    for at in edits:
        mended[at : at + 2] = [typed] if at % 3 else others[:at]
    old = "".join(pieces)
    for new in ("".join(mended), "".join(others)):
        changes = word_diff(old, new)
        assert "".join(text for kind, text in changes if kind != "new") == old
        assert "".join(text for kind, text in changes if kind != "gone") == new


def test_a_changed_word_shows_as_one_word_gone_and_one_new() -> None:
    old = "The pact was signed.\n\nIt holds for two years.\n\nEnd."
    assert word_diff(old, old.replace("two", "three")) == [
        ("same", "The pact was signed.\n\nIt holds for "),
        ("gone", "two "),
        ("new", "three "),
        ("same", "years.\n\nEnd."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("It ends.", "It ends.\n\nOr not.", ["+\n\nOr not."]),
        ("a shipping lane", "a shipping lane, just", ["+, just"]),
        ("a blast at 15:24, they said", "a blast at 15:24. So", ["-, they said", "+. So"]),
        ("“Ships sail,” he said", "“Ships sail” on Friday, he said", ["-,” ", "+” on Friday, "]),
        ("Four, then five", "Six, or seven", ["-Four, then five", "+Six, or seven"]),
        ("港口爆炸", "港口大爆炸", ["+大"]),
        ("A lane. It is new. It ends on Friday.", "A lane. It ends on Friday.", ["-It is new. "]),
        ("“No.” She left. Rain fell.", "“No.” Rain fell.", ["-She left. "]),
        (
            "Sail Friday. It is new. Pilots agree on it.",
            "Sail now. Pilots agree on it.",
            ["-Friday", "+now", "-It is new. "],
        ),
        (
            "Sail now. Pilots agree on it.",
            "Sail Friday. It is new. Pilots agree on it.",
            ["-now", "+Friday", "+It is new. "],
        ),
        ("Ships sail, he said", "Ships sail he said", ["-,"]),
        ("« Oui » dit", "«Oui» dit", ["- ", "- "]),
        ("twelve of nineteen boats", "three of fifteen boats", ["-twelve of nineteen ", "+three of fifteen "]),
    ],
)
def test_a_word_that_stands_is_not_marked_for_the_blank_or_the_point_that_follows_it(
    old: str, new: str, marked: list[str]
) -> None:
    found = [f"{'+' if kind == 'new' else '-'}{text}" for kind, text in word_diff(old, new) if kind != "same"]
    assert found == marked


def test_two_texts_of_a_megabyte_are_compared_without_waiting() -> None:
    old = "".join(f"word{n} the of a {n % 7}\n\n" for n in range(45_000))
    began = time.process_time()
    word_diff(old, old.replace(" of ", " by "))
    word_diff("the a " * 150_000, "a the " * 150_000)
    word_diff("the a " * 950, "a the b " * 650)
    assert time.process_time() - began < 10
