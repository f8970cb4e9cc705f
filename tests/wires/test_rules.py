"""When a source is polled next, and what an item is beside those we have."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid
from desk.wires import rules
from desk.wires.item import Link, WireItem
from desk.wires.models import Source
from desk.wires.rules import Ended, Known
from tests.factories import NOW

HOUR = timedelta(hours=1)
TIMES = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds


def still(seconds: float) -> float:
    return seconds


def waits(ended: Ended, *, every: int = 60, failures: int = 0) -> float:
    after = rules.next_poll(ended, every=every, failures=failures, now=NOW, jitter=still)
    assert after.at is not None
    return (after.at - NOW).total_seconds()


def item(guid: str = "np-1", **said: object) -> WireItem:
    return replace(WireItem(format="rss", guid=guid, headline="Explosion at Odesa"), **said)  # type: ignore[arg-type]  # fields by name


def test_a_source_that_answers_is_polled_again_after_its_interval() -> None:
    after = rules.next_poll(Ended("taken"), every=90, failures=4, now=NOW, jitter=still)
    assert (after.at, after.failures) == (NOW + timedelta(seconds=90), 0)


def test_a_folder_with_more_files_than_one_poll_takes_is_due_at_once() -> None:
    assert waits(Ended("taken", more=True)) == 0


def test_failures_double_the_wait_from_a_minute_to_an_hour() -> None:
    assert [waits(Ended("failed"), failures=n) for n in (0, 1, 2, 3, 5, 6, 40)] == [60, 120, 240, 480, 1920, 3600, 3600]


def test_a_retry_after_is_never_cut_short_and_never_hurries_us() -> None:
    assert waits(Ended("failed", retry_after=5000)) == 5000
    assert waits(Ended("failed", retry_after=5)) == 60
    after = rules.next_poll(
        Ended("failed", retry_after=100), every=60, failures=0, now=NOW, jitter=lambda seconds: seconds * 0.8
    )
    assert after.at == NOW + timedelta(seconds=100)


def test_a_source_that_is_gone_is_never_polled_again_by_itself() -> None:
    assert rules.next_poll(Ended("gone"), every=60, failures=2, now=NOW, jitter=still).at is None


@given(st.integers(0, 1000), st.integers(5, 86400), st.none() | st.integers(0, 86400), st.floats(0.8, 1.2))
def test_whatever_happens_the_next_poll_is_neither_in_the_past_nor_beyond_a_day_and_some(
    failures: int, every: int, retry_after: int | None, luck: float
) -> None:
    for ended in (Ended("taken"), Ended("failed", retry_after=retry_after)):
        after = rules.next_poll(ended, every=every, failures=failures, now=NOW, jitter=lambda seconds: seconds * luck)
        assert after.at is not None
        assert NOW < after.at <= NOW + timedelta(seconds=86400 * 1.2)


@pytest.mark.parametrize("seconds", [0, 4, 86401])
def test_an_interval_that_would_hammer_or_forget_a_source_is_refused(seconds: int) -> None:
    with pytest.raises(Invalid):
        rules.interval(seconds)


def test_a_first_item_is_new_its_like_the_same_and_another_text_a_revision() -> None:
    assert rules.decide(None, "a", None, had=False) == "new"
    assert rules.decide(Known("a", None), "a", None, had=True) == "same"
    assert rules.decide(Known("a", NOW), "b", NOW + 3 * HOUR, had=False) == "revised"
    wrong = rules.decide(Known("a", NOW), "b", NOW - HOUR, had=False)
    assert wrong == "revised", "a wrong stamp must not hide a correction"


def test_an_out_of_date_cache_does_not_undo_a_correction_but_a_supplier_can() -> None:
    corrected = Known("b", NOW + HOUR)
    assert rules.decide(corrected, "a", NOW, had=True) == "same"
    assert rules.decide(corrected, "a", NOW + 2 * HOUR, had=True) == "revised"
    assert rules.decide(Known("b", None), "a", None, had=True) == "revised"


@given(st.none() | st.builds(Known, st.sampled_from("abc"), TIMES), st.sampled_from("abc"), TIMES, st.booleans())
def test_an_item_is_new_only_if_nothing_of_it_is_known_and_the_last_is_always_the_same(
    last: Known | None, digest: str, stamp: datetime | None, had: bool
) -> None:
    decision = rules.decide(last, digest, stamp, had=had)
    assert (decision == "new") == (last is None)
    if last is not None and last.digest == digest:
        assert decision == "same"
    if last is not None and last.digest != digest and not had:
        assert decision == "revised"


def test_only_what_a_reader_would_notice_makes_a_revision() -> None:
    first = item(first_created=NOW, version_created=NOW)
    again = replace(first, file="b.xml", format="atom", version="2", version_created=NOW + HOUR)
    assert rules.digest(first) == rules.digest(again)
    assert len({rules.digest(first), rules.digest(item(headline="Blast")), rules.digest(item(urgency=1))}) == 3


def test_a_kill_without_an_embargo_does_not_lift_the_one_that_held() -> None:
    assert rules.embargo_that_holds(item(pubstatus="canceled"), NOW) == NOW
    assert rules.embargo_that_holds(item(pubstatus="withheld"), NOW) == NOW
    assert rules.embargo_that_holds(item(), NOW) is None
    assert rules.embargo_that_holds(item(embargoed=NOW + HOUR), NOW) == NOW + HOUR


def test_items_are_taken_oldest_first_as_feeds_begin_with_the_newest() -> None:
    assert [one.guid for one in rules.in_order([item("c"), item("b"), item("a")])] == ["a", "b", "c"]
    stamped = [item("a", first_created=NOW), item("b", first_created=NOW + HOUR), item("c", first_created=NOW - HOUR)]
    assert [one.guid for one in rules.in_order(stamped)] == ["c", "a", "b"]


def test_of_two_items_of_one_name_in_one_feed_the_later_is_taken() -> None:
    old, new = item(headline="Old", version_created=NOW), item(headline="New", version_created=NOW + HOUR)
    assert rules.in_order([old, new]) == rules.in_order([new, old]) == [new]
    assert rules.in_order([item(headline="First"), item(headline="Second")]) == [item(headline="First")]


def test_a_name_too_long_for_its_column_is_known_by_its_digest() -> None:
    long = "tag:nordpress.example," + "x" * 900
    assert rules.guid_of(item("np-1")) == "np-1"
    assert len(rules.guid_of(item(long))) < 100
    assert rules.guid_of(item(long)) == rules.guid_of(item(long)) != rules.guid_of(item(long + "y"))


def test_an_item_without_a_headline_is_called_by_how_it_begins() -> None:
    assert rules.headline(item(headline=None, body_html="<h2>News</h2>\n<p>Fog closes the strait.</p>")) == (
        "Fog closes the strait."
    )
    assert rules.headline(item(headline=None)) == ""


def test_only_an_address_that_can_be_followed_is_the_page_of_an_item() -> None:
    page = "https://nordpress.example/1"
    assert rules.page_of(item(links=(Link("javascript:alert(1)"), Link(page, "alternate")))) == page
    assert rules.page_of(item(links=(Link(page, "enclosure"),))) is None


@pytest.mark.parametrize(
    ("slugline", "headline", "places", "slug"),
    [
        ("odesa blast", "Explosion at port", ["Odesa"], "ODESA/BLAST"),
        (None, "Explosion reported at port of Odesa", ["Odesa"], "ODESA/EXPLOSION"),
        (None, "Взрыв в порту", [], "ВЗРЫВ/ПОРТУ"),
        (None, "A cat", [], "WIRE"),
    ],
)
def test_a_slug_is_proposed_that_can_be_used(slugline: str | None, headline: str, places: list[str], slug: str) -> None:
    assert rules.propose_slug(slugline, headline, places) == slug


def test_a_source_stands_well_fails_is_overdue_or_is_stopped() -> None:
    source = Source(failures=0, next_poll_at=NOW, lease_until=None, stopped_at=None, said=None)
    assert rules.health(source, NOW) == "well"
    assert rules.health(source, NOW + HOUR) == "overdue"
    source.lease_until = NOW + 2 * HOUR
    assert rules.health(source, NOW + HOUR) == "well"
    source.said = "report.xml: not a feed."
    assert rules.health(source, NOW) == "warned"
    source.failures = 1
    assert rules.health(source, NOW) == "failing"
    source.stopped_at = NOW
    assert rules.health(source, NOW) == "stopped"


@pytest.mark.parametrize(
    ("places", "dateline", "beginning", "found"),
    [
        (["Kherson"], "ODESA (Nordpress) –", "", ["Kherson"]),
        ([], "MOSCOW/BUDAPEST (Nordpress) –", "", ["Moscow", "Budapest"]),
        ([], "BRUSSELS and PARIS, Nov. 24", "", ["Brussels", "Paris"]),
        ([], "LONDON Nov 24 (Nordpress) -", "", ["London"]),
        ([], "Kyiv", "", ["Kyiv"]),
        ([], "北京（新华社）", "", ["北京"]),
        ([], None, "<p>RIO DE JANEIRO, Nov. 24 (Nordpress) – Rain <a hr", ["Rio de Janeiro"]),
        ([], None, "<p>Wheat was cheaper (by 2 percent) - on Tuesday.</p>", []),
        ([], "", "", []),
    ],
)
def test_where_an_item_is_from_is_read_from_its_places_or_its_dateline(
    places: list[str], dateline: str | None, beginning: str, found: list[str]
) -> None:
    assert rules.places_of(places, dateline, beginning) == found
