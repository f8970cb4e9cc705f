"""Small readings that the formats share."""

import pytest

from desk.wires.formats.fields import body_of, byline_of, language_tag, name_of, words_of


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        *(
            ("en", "en"),
            ("EN-us", "en-US"),
            ("en_GB", "en-GB"),
            ("zh-hans-cn", "zh-Hans-CN"),
            ("ger", "de"),
            ("eng", "en"),
        ),
        *(("iw", "he"), ("es-419", "es-419"), ("de-DE-1996", "de-DE-1996"), ("x-klingon", "x-klingon"), ("kok", "kok")),
        *((" fr ", "fr"), ("English", None), ("", None), (None, None), ("und", None), ("en us", None), ("e", None)),
    ],
)
def test_a_language_is_a_bcp_47_tag_or_none(said: str | None, tag: str | None) -> None:
    assert language_tag(said) == tag


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("jane@a.example (Jane Doe)", "Jane Doe"),
        ("Jane Doe <jane@a.example>", "Jane Doe"),
        ("Jane Doe (jane@a.example)", "Jane Doe"),
        ("Jane Doe, jane@a.example", "Jane Doe"),
        ("mailto:jane@a.example (Jane)", "Jane"),
        ("Jane Doe (Reuters)", "Jane Doe (Reuters)"),
        ("jane@a.example", None),
        ("jane@a.example ()", None),
        ("", None),
    ],
)
def test_a_name_is_found_in_whatever_an_author_is(said: str, name: str | None) -> None:
    assert name_of(said) == name


def test_a_byline_names_persons_and_falls_back_on_their_mail() -> None:
    assert byline_of(["a@x.example", "Jane Doe", "Jane Doe", "b@x.example (Olena)"]) == "Jane Doe, Olena"
    assert byline_of(["a@x.example ()"]) == "a@x.example"
    assert byline_of([None, ""]) is None


def test_plain_text_stays_plain_and_escaped_html_is_seen() -> None:
    assert words_of("a <b>c</b> &lt;", markup=False) == "a <b>c</b> <"
    assert body_of("One.\r\n\r\nTwo & three <4", None) == "<p>One.</p>\n<p>Two &amp; three &lt;4</p>"
    assert body_of("&lt;p&gt;Seen&lt;/p&gt;", None) == "<p>Seen</p>"
    assert body_of("<p>Not</p>", None, sniff=False, markup=False) == "<p>&lt;p&gt;Not&lt;/p&gt;</p>"
    assert body_of(" \n", None) is None
    assert body_of("<p> </p>", None) is None
