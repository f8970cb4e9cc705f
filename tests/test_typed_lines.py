"""What people type into fields: what of it is text, what fits, and what is said of the rest."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid
from desk.text import clean, line, passage

ANYTHING = st.text(
    st.characters(codec=None, exclude_categories=()) | st.sampled_from("\x00\x1b\ud800\u202e\u2066\r\n\t \x85")
)


@given(ANYTHING)
def test_what_is_left_can_be_kept_by_any_database_and_put_into_any_page(typed: str) -> None:
    kept = clean(typed)
    kept.encode()
    assert not [mark for mark in kept if ord(mark) < 32 and mark not in "\t\n\x0b\x0c\r"]
    assert "\\u0000" not in json.dumps(kept)
    assert clean(kept) == kept


@given(ANYTHING)
def test_a_line_is_one_line_with_single_blanks_and_stays_as_it_is(typed: str) -> None:
    try:
        kept = line(typed, "title", "title", most=40)
    except Invalid:
        return
    assert len(kept) <= 40
    assert kept.split() == kept.split(" ") or kept == ""
    assert line(kept, "title", "title", most=40) == kept


@given(ANYTHING)
def test_a_passage_keeps_its_lines_and_stays_as_it_is(typed: str) -> None:
    kept = passage(typed, "brief", "brief")
    assert "\r" not in kept
    assert passage(kept, "brief", "brief") == kept


@pytest.mark.parametrize("read", [line, passage])
def test_what_is_too_long_is_refused_with_its_name_its_length_and_what_fits(read: Callable[..., str]) -> None:
    assert len(read("x" * 80, "slug", "slug", most=80)) == 80
    with pytest.raises(Invalid) as refused:
        read("x" * 81, "slug", "slug", most=80)
    assert str(refused.value) == (
        "The slug is 81 characters long, and at most 80 fit here. Shorten it, then send it again."
    )
    assert refused.value.field == "slug"


def test_marks_that_turn_what_follows_are_left_out_of_a_line_and_those_of_a_language_stay() -> None:
    assert line("gpj.\u202eevil\u2066", "name", "name") == "gpj.evil"
    arabic = "\u200fالوزراء (2026)\u200f"
    assert line(arabic, "title", "title") == arabic
    assert passage("a\u2067b\u2069", "brief", "brief") == "a\u2067b\u2069"
