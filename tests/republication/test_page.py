"""The text that a licensee copies: these paragraphs, in this order, as they are written."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.republication import page
from desk.republication.page import Republished
from desk.text import clean_html

COPY = Republished(
    agency="Meridian News",
    first_year=1999,
    year=2026,
    permission_sentence="This article was originally published on Meridian News and was reproduced with permission.",
    headline="Grain ships wait as Odesa opens a new lane",
    bylines=[("Olena Demchuk", "Black Sea Correspondent")],
    places=["Odesa", "Istanbul"],
    body_html="<p>Ministers met in <em>Odesa</em> on Tuesday &amp; talked.</p>\n<p>They agreed on little.</p>",
    abstracts=["Herders sell early as the second rains fail.", "A court hears\nthe importers’ case."],
)

COPYRIGHT = (
    "Copyright 1999-2026 Meridian News. "
    "This article was originally published on Meridian News and was reproduced with permission."
)
PLAIN = f"""\
Grain ships wait as Odesa opens a new lane

By Olena Demchuk, Black Sea Correspondent Meridian News

ODESA/ISTANBUL (Meridian News) – Ministers met in Odesa on Tuesday & talked.

They agreed on little.

{COPYRIGHT}

More Meridian News

Herders sell early as the second rains fail.

A court hears the importers’ case.
"""

HTML = f"""\
<article lang="en" dir="ltr">
<h1>Grain ships wait as Odesa opens a new lane</h1>
<p>By Olena Demchuk, Black Sea Correspondent Meridian News</p>
<p>ODESA/ISTANBUL (Meridian News) – Ministers met in <em>Odesa</em> on Tuesday &amp; talked.</p>
<p>They agreed on little.</p>
<p>{COPYRIGHT}</p>
<h2>More Meridian News</h2>
<p>Herders sell early as the second rains fail.</p>
<p>A court hears the importers’ case.</p>
</article>
"""


def test_the_plain_text_has_each_part_in_its_own_paragraph() -> None:
    assert page.plain(COPY) == PLAIN


def test_the_html_is_the_same_text_and_clean() -> None:
    assert page.html(COPY) == HTML


def test_an_article_from_right_to_left_says_so_and_so_does_each_line_in_it_that_runs_the_other_way() -> None:
    arabic = replace(
        COPY,
        language="ar",
        headline="NATO: السفن تنتظر",  # a headline is of the story's language, whatever its first letters are
        bylines=[("ليلى حداد", "مراسلة")],
        places=["بيروت"],
        body_html="<p>تنتظر السفن.</p>",
        abstracts=["Herders sell early.", "حكمت المحكمة."],
    )
    assert page.html(arabic).splitlines() == [
        '<article lang="ar" dir="rtl">',
        "<h1>NATO: السفن تنتظر</h1>",
        '<p dir="ltr">By ليلى حداد, مراسلة Meridian News</p>',
        "<p>بيروت (Meridian News) – تنتظر السفن.</p>",
        f'<p dir="ltr">{COPYRIGHT}</p>',
        '<h2 dir="ltr">More Meridian News</h2>',
        '<p dir="ltr">Herders sell early.</p>',
        "<p>حكمت المحكمة.</p>",
        "</article>",
    ]
    assert '<p dir="rtl">حكمت المحكمة.</p>' in page.html(replace(arabic, language="en-GB"))


@pytest.mark.parametrize(
    ("bylines", "line"),
    [
        ([("Olena Demchuk", "")], "By Olena Demchuk, Meridian News"),
        (
            [("Olena Demchuk", ""), ("Li-hua Chen", "Asia Editor")],
            "By Olena Demchuk and Li-hua Chen, Asia Editor Meridian News",
        ),
        ([("A", ""), ("B", ""), ("C", "")], "By A, B and C, Meridian News"),
        ([], "By Meridian News"),
    ],
)
def test_a_byline_names_everyone_as_they_are_written(bylines: list[tuple[str, str]], line: str) -> None:
    assert page.byline(replace(COPY, bylines=bylines)) == line


def test_one_year_is_no_range() -> None:
    assert page.copyright_line(replace(COPY, first_year=2026)).startswith("Copyright 2026 Meridian News. ")


def test_the_dateline_opens_the_first_paragraph_and_not_a_heading() -> None:
    html = page.body_with_dateline("<h2>At sea</h2>\n<p>Ships wait.</p>", ["Odesa"], "Meridian News")
    assert html == "<h2>At sea</h2>\n<p>ODESA (Meridian News) – Ships wait.</p>"


def test_a_body_of_a_list_alone_has_the_dateline_above_it() -> None:
    html = page.body_with_dateline("<ul><li>One</li></ul>", ["Odesa"], "A & B")
    assert html == "<p>ODESA (A &amp; B) –</p>\n<ul><li>One</li></ul>"


def test_a_dateline_that_was_typed_is_not_said_twice() -> None:
    body = "<p>ODESA (Meridian News) – Ships wait.</p>"
    assert page.body_with_dateline(body, ["Odesa"], "Meridian News") == body


def test_without_places_there_is_no_dateline_and_without_stories_no_more() -> None:
    text = page.plain(replace(COPY, places=[], abstracts=[" "]))
    assert "\n\nMinisters met in Odesa" in text
    assert "More Meridian News" not in text


@given(
    headline=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
    body=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), max_size=4),
    names=st.lists(st.tuples(st.text(max_size=10), st.text(max_size=10)), max_size=3),
)
def test_nothing_that_was_typed_becomes_markup(headline: str, body: list[str], names: list[tuple[str, str]]) -> None:
    paragraphs = "".join(f"<p>{line.replace('&', '&amp;').replace('<', '&lt;')}</p>" for line in body)
    html = page.html(replace(COPY, headline=headline, bylines=names, body_html=clean_html(paragraphs)))
    opened = [tag for tag in html.split("<")[1:] if not tag.startswith("/")]
    assert {tag.partition(">")[0].partition(" ")[0] for tag in opened} <= {"article", "h1", "h2", "p", "br"}
