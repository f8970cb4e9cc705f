"""What changed in copy, marked within its own headings, lists, quotes and links."""

import re

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.diff import word_diff
from desk.marking import marked, marked_words
from desk.text import clean_html, plain_text

WORDS = st.sampled_from(["Ships", "sail", "the", "on", "Friday.", "rain.", "“no.”", "שלום", "港"])
FORMS = st.sampled_from(
    ["{}", "{}", "<b>{}</b>", "<i>{}</i>", "<a href='https://x.example/?a=1&amp;b=2'>{}</a>", "{}<br>"]
)
TEXT = st.builds(lambda form, *words: form.format(" ".join(words)), FORMS, WORDS, WORDS, WORDS)
LINE = st.builds(lambda one, two: f"{one} {two}", TEXT, TEXT)
SHAPES = [
    "<p>{0}</p>", "<p>{0}</p>", "<h2>{0}</h2>", "<pre>{0}</pre>", "<ul><li>{0}</li><li>{1}</li></ul>",
    "<ol><li>{0}<ul><li>{1}</li></ul></li></ol>", "<blockquote><p>{0}</p><h3>{1}</h3></blockquote>",
    "<table><tr><td>{0}</td><td></td></tr><tr><td colspan='2'>{1}</td></tr></table>",
    "<figure><img src='https://x.example/1.jpg' alt=''><figcaption>{0}</figcaption></figure>",
]  # fmt: skip
BLOCKS = st.lists(st.builds(str.format, st.sampled_from(SHAPES), LINE, LINE), max_size=4)


def newer(html: str) -> str:
    """Marked copy as it reads with all that went left out."""
    copy = lxml.html.fragment_fromstring(html, create_parent="div")
    for went in copy.xpath(".//del | .//ins[@class='parted'] | .//*[@class='gone']"):
        went.drop_tree()
    for came in copy.xpath(".//ins"):
        came.drop_tag()
    return clean_html(lxml.html.tostring(copy, encoding="unicode"))


def older(html: str) -> str:
    """The letters of marked copy with all that came left out."""
    copy = lxml.html.fragment_fromstring(html, create_parent="div")
    for came in copy.xpath(".//ins | .//del[@class='parted']"):
        came.drop_tree()
    return re.sub(r"\s", "", copy.text_content())


def letters(canonical: str) -> str:
    return re.sub(r"\s", "", lxml.html.fragment_fromstring(canonical, create_parent="div").text_content())


@settings(max_examples=40)
@given(BLOCKS, BLOCKS, st.integers(0, 4))
def test_marked_copy_is_the_newer_without_what_went_and_the_older_without_what_came(
    one: list[str], two: list[str], at: int
) -> None:
    old = clean_html("".join(one))
    for blocks in (two, [*one[:at], *two, *one[at:]], one[:at] + one[at + 1 :], one):
        new = clean_html("".join(blocks))
        found = marked(old, new)
        assert newer(found.html) == new
        assert older(found.html) == letters(old)
        assert (found.blocks > 0) == ("<ins" in found.html or "<del" in found.html)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("<h2>Odesa</h2>", "<h2>Odesa now</h2>", '<h2 dir="auto">Odesa<ins class="blank"> </ins><ins>now</ins></h2>'),
        (
            "<ul><li>one</li><li>two</li><li>three</li></ul>",
            "<ul><li>one</li><li>three</li></ul>",
            '<ul><li dir="auto">one</li>\n<li class="gone" dir="auto"><del>two</del></li>\n'
            '<li dir="auto">three</li>\n</ul>',
        ),
        (
            "<blockquote><p>We <b>sail</b>.</p></blockquote>",
            "<blockquote><p>We <b>wait</b>.</p></blockquote>",
            '<blockquote><p dir="auto">We <del><strong>sail</strong></del><ins><strong>wait</strong></ins>.</p>\n'
            "</blockquote>",
        ),
        (
            "<p>It holds. It ends.</p>",
            "<p>It holds.</p><p>It ends.</p>",
            '<p dir="auto">It holds.<del class="blank"> </del><ins class="parted">¶</ins></p>\n'
            '<p dir="auto">It ends.</p>',
        ),
        (
            "<p>Ships wait in Odesa.</p><ul><li>one ship</li></ul><p>It goes whole.</p><p>Rain fell on Friday.</p>",
            "<p>Rain.</p><p>Ships wait.</p><ul><li>one ship</li><li>more come</li></ul><p>Rain fell on Monday.</p>",
            '<p dir="auto"><ins>Rain.</ins></p>\n'
            '<p dir="auto">Ships wait<del class="blank"> </del><del>in Odesa</del>.</p>\n'
            '<ul><li dir="auto">one ship</li>\n'
            '<li class="gone"><p class="gone" dir="auto"><del>It goes whole.</del></p>\n</li>\n'
            '<li dir="auto"><ins>more come</ins></li>\n</ul>\n'
            '<p dir="auto">Rain fell on <del>Friday</del><ins>Monday</ins>.</p>',
        ),
        ("<p>The lane</p>", "<h2>The lane</h2>", '<h2 dir="auto">The lane<ins class="parted">¶</ins></h2>'),
        (
            "<p>A lane.</p><p>It ends. Who knows?</p>",
            "<p>A lane.</p>",
            '<p dir="auto">A lane.</p>\n<p class="gone" dir="auto"><del>It ends. Who knows?</del></p>',
        ),
    ],
)  # fmt: skip
def test_what_changed_is_shown_in_the_block_in_which_it_stands(old: str, new: str, shown: str) -> None:
    assert marked(clean_html(old), clean_html(new)).html.strip() == shown


def test_a_blank_is_marked_apart_from_words_as_a_line_through_it_looks_like_a_dash() -> None:
    changes = word_diff("« 33 ships » of <b>", "«53 ships» of <b>")
    assert marked_words(changes) == (
        '«<del class="blank"> </del><del>33</del><del class="blank"> </del><ins>53</ins><ins class="blank"> </ins>'
        'ships<del class="blank"> </del>» of &lt;b&gt;'
    )


def test_copy_that_was_never_touched_bears_no_mark() -> None:
    copy = clean_html("<p>One <a href='https://a.example'>two</a></p><ol><li>3<p>4</p></li></ol>")
    found = marked(copy, copy)
    assert (found.blocks, newer(found.html), plain_text(newer(found.html))) == (0, copy, plain_text(copy))
