"""What counts as a save, what copy lacks, how versions differ."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.drafts import rules
from desk.drafts.rules import Copy
from desk.errors import Invalid

TEXT = Copy(
    headline="Ministers agree",
    bylines=(("Olena Demchuk", "Black Sea Correspondent", None),),
    dateline_places=("Odesa", "Istanbul"),
    body_html="<p>First one.</p>\n<p>Second one.</p>",
)

texts = st.builds(
    Copy,
    headline=st.text(max_size=30),
    abstract=st.text(max_size=30),
    bylines=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9), st.none()), max_size=3).map(tuple),
    dateline_places=st.lists(st.text(max_size=9), max_size=3).map(tuple),
    body_html=st.text(max_size=80) | st.sampled_from(["<p>One</p>", "<h2>Two</h2><p>Three <b>four</b></p>"]),
    ednote=st.text(max_size=30),
)


def test_text_typed_over_the_last_version_is_saved() -> None:
    assert rules.save(3, 3, TEXT, replace(TEXT, headline="Ministers disagree")) == "saved"


def test_the_same_text_again_is_no_new_version_even_over_an_older_one() -> None:
    assert rules.save(3, 3, TEXT, TEXT) == "unchanged"
    assert rules.save(3, 2, TEXT, TEXT) == "unchanged"


def test_other_text_over_an_older_version_is_stale() -> None:
    assert rules.save(3, 2, TEXT, replace(TEXT, ednote="Check the date")) == "stale"


def test_text_that_reads_like_the_last_version_or_like_what_its_form_came_with_conflicts_with_nothing() -> None:
    ours = replace(TEXT, bylines=(("Olena Demchuk", "Black Sea Correspondent", "bcdfghjkmn"),))
    assert rules.save(3, 2, ours, TEXT) == "unchanged"
    assert rules.save(3, 3, ours, TEXT) == "saved"
    assert rules.save(3, 2, replace(TEXT, headline="Ministers disagree"), TEXT, base=ours) == "unchanged"
    assert rules.save(3, 2, replace(TEXT, headline="Ministers disagree"), TEXT, base=Copy()) == "stale"


def test_copy_holds_what_was_kept_if_no_field_or_paragraph_of_it_would_be_missed() -> None:
    kept = Copy(headline=TEXT.headline, body_html="<p>Second one.</p>\n<p> </p>")
    assert rules.holds(TEXT, kept)
    assert rules.holds(TEXT, Copy())
    assert not rules.holds(TEXT, replace(kept, headline="Ministers disagree"))
    assert not rules.holds(TEXT, replace(kept, ednote="Call me"))
    assert not rules.holds(TEXT, replace(kept, body_html="<p>Second one, and more.</p>"))


def test_an_empty_form_over_an_empty_draft_is_no_version() -> None:
    assert rules.save(0, 0, None, Copy()) == "unchanged"


def test_copy_without_a_headline_lacks_it_and_without_words_lacks_a_body() -> None:
    assert rules.what_lacks(replace(TEXT, headline=" ")) == ("headline",)
    assert rules.what_lacks(replace(TEXT, body_html="<p> </p>")) == ("body_html",)
    assert rules.what_lacks(Copy(ednote="Nothing yet")) == ("headline", "body_html")
    assert rules.what_lacks(TEXT) == ()


def test_the_first_paragraph_stands_for_an_abstract_that_was_not_written() -> None:
    assert rules.abstract_of(TEXT) == "First one."
    assert rules.abstract_of(replace(TEXT, abstract=" In short. ")) == "In short."
    assert rules.abstract_of(Copy()) == ""


def test_a_line_too_long_is_refused_and_never_cut() -> None:
    with pytest.raises(Invalid) as refused:
        rules.canonical(replace(TEXT, headline="x" * 501))
    assert refused.value.field == "headline"
    with pytest.raises(Invalid) as refused:
        rules.canonical(replace(TEXT, bylines=(("x" * 501, "", None),)))
    assert refused.value.field == "bylines"


def test_two_versions_are_compared_field_by_field_and_word_by_word() -> None:
    newer = replace(TEXT, headline="Ministers disagree", body_html="<p>First one.</p>\n<p>Second two.</p>", bylines=())
    headline, bylines, body = rules.compare(TEXT, newer)
    assert (headline.field, headline.changes) == (
        "headline",
        (("same", "Ministers "), ("gone", "agree"), ("new", "disagree")),
    )
    assert bylines.changes == (("gone", "Olena Demchuk, Black Sea Correspondent"),)
    assert body.field == "body_html"
    assert body.marked is not None
    assert '<p dir="auto">Second <del>one</del><ins>two</ins>.</p>' in body.marked.html


def test_a_version_compared_with_itself_differs_in_nothing() -> None:
    assert rules.compare(TEXT, TEXT) == ()


@given(texts)
def test_canonical_copy_stays_as_it_is(copy: Copy) -> None:
    once = rules.canonical(copy)
    assert rules.canonical(once) == once


@given(st.integers(0, 9), st.integers(0, 9), texts, texts)
def test_no_save_ever_overwrites_another_silently(last_n: int, base_n: int, old: Copy, new: Copy) -> None:
    outcome = rules.save(last_n, base_n, old, new)
    assert (outcome == "unchanged") == (old == new)
    assert outcome != "saved" or base_n == last_n


@given(texts, texts)
def test_what_is_the_same_or_gone_is_the_old_text_and_what_is_the_same_or_new_the_new(old: Copy, new: Copy) -> None:
    for changed in rules.compare(old, new):
        if changed.field in ("headline", "abstract", "ednote"):
            assert "".join(t for kind, t in changed.changes if kind != "new") == getattr(old, changed.field)
            assert "".join(t for kind, t in changed.changes if kind != "gone") == getattr(new, changed.field)


def test_a_note_to_the_desk_is_no_difference_to_a_reader_and_anything_else_is() -> None:
    assert rules.reads_the_same(TEXT, replace(TEXT, ednote="Check the date"))
    assert not rules.reads_the_same(TEXT, replace(TEXT, bylines=()))
