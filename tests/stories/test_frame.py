"""A story's frame: what is made of what was typed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid
from desk.stories import frame as frames
from desk.stories.frame import Frame

TYPED: dict[str, Any] = {
    "slug": "grain/corridor", "title": "Ministers meet", "brief": "", "places": ["Odesa"], "zone": "Europe/Kyiv",
    "language": "en", "length": 800,
}  # fmt: skip


def made(**typed: Any) -> Frame:
    return frames.frame(**{**TYPED, **typed})


@given(st.text(max_size=120))
def test_a_slug_is_stored_in_a_form_that_stays_as_it_is(typed: str) -> None:
    try:
        slug = frames.clean_slug(typed)
    except Invalid:
        return
    assert len(slug) <= frames.LONGEST_SLUG
    assert frames.clean_slug(slug) == slug


@given(st.text(alphabet="AB/-", min_size=1, max_size=80), st.integers(2, 10_000))
def test_a_slug_to_take_instead_is_a_slug_and_another(typed: str, n: int) -> None:
    try:
        slug = frames.clean_slug(typed)
    except Invalid:
        return
    other = frames.other_slug(slug, n)
    assert frames.clean_slug(other) == other
    assert len(other) <= frames.LONGEST_SLUG
    assert other.endswith(f"-{n}")


def test_a_place_is_named_once_on_one_line_and_an_empty_one_not_at_all() -> None:
    assert made(places=[" Odesa\n", "Odesa", "", "Tel  Aviv"]).places == ("Odesa", "Tel Aviv")


@pytest.mark.parametrize("language", ["", "x", "english, please", "en_GB", "e" * 40, "en-"])
def test_a_language_that_is_no_tag_is_refused(language: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(language=language)
    assert refused.value.field == "language"


@pytest.mark.parametrize("language", ["en", "pt-BR", "sr-Latn", "zh-Hant-TW"])
def test_a_language_is_its_tag(language: str) -> None:
    assert made(language=f" {language} ").language == language


def test_a_mark_tells_frames_and_desks_apart_and_nothing_else() -> None:
    one = made()
    assert frames.mark(one, "bcdfghjkmn") == frames.mark(made(slug=" GRAIN/CORRIDOR "), "bcdfghjkmn")
    others = [made(title="Ministers part"), made(length=None), made(places=["Odesa", "Izmail"]), made(brief="Ask.")]
    marks = {frames.mark(other, "bcdfghjkmn") for other in [one, *others]} | {frames.mark(one, "rstvwxz234")}
    assert len(marks) == 6


def test_what_changed_is_named_in_the_order_of_the_form() -> None:
    assert frames.changed(made(), made(length=None, slug="GRAIN", title="Ministers part")) == (
        "slug",
        "title",
        "length",
    )
    assert frames.changed(made(), made()) == ()
