"""Claims and leases, bytes kept before they are read, items and their revisions."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.errors import Invalid, NotFound
from desk.wires import queries, service
from desk.wires.item import WireItem
from desk.wires.models import Intake, Item, Source
from desk.wires.rules import Ended
from desk.wires.service import Claim
from tests import factories
from tests.factories import NOW

LEASE = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _a_clock(session: Session) -> None:
    session.info["now"] = NOW


def make(session: Session, name: str = "Nordpress", kind: str = "feed", due: datetime = NOW) -> Source:
    url = "https://nordpress.example/feed" if kind == "feed" else "/srv/nordpress"
    return service.make_source(session, name=name, kind=kind, url=url, zone="UTC", every=60, now=due)


def claim(session: Session, who: str = "one") -> Claim:
    (found,) = service.claim_due(session, session.info["now"], 10, LEASE, who)
    return found


def keep(session: Session, by: Claim, data: bytes, name: str = "") -> service.Stored | None:
    return service.store_intake(session, by, data, name=name, lease=LEASE, now=session.info["now"])


def settle(session: Session, by: Claim, ended: Ended, *, new: bool = False) -> bool:
    return service.settle_poll(session, by, ended, new=new, now=session.info["now"], jitter=lambda seconds: seconds)


def test_a_source_is_claimed_once_and_again_when_its_lease_has_run_out(session: Session) -> None:
    make(session)
    assert claim(session).name == "Nordpress"
    assert service.claim_due(session, NOW, 10, LEASE, "two") == []
    session.info["now"] = NOW + 2 * MINUTE
    assert claim(session, "three").token == "three"


def test_what_is_due_longest_goes_first_and_what_is_not_due_or_stopped_not_at_all(session: Session) -> None:
    make(session, "Atlas", due=NOW - MINUTE)
    make(session, "Capital", due=NOW - 2 * MINUTE)
    make(session, "Levant", due=NOW + MINUTE)
    service.stop(session, make(session, "Sahel", due=NOW - MINUTE), why="", now=NOW)
    assert service.is_due(session, NOW)
    assert [one.name for one in service.claim_due(session, NOW, 10, LEASE, "one")] == ["Capital", "Atlas"]
    assert not service.is_due(session, NOW)


def test_who_wakes_after_their_lease_keeps_nothing_and_settles_nothing(session: Session) -> None:
    source = make(session)
    slow = claim(session)
    session.info["now"] = NOW + 2 * MINUTE
    other = claim(session, "two")
    assert keep(session, slow, b"old") is None
    assert not settle(session, slow, Ended("failed", "too late"))
    assert source.failures == 0
    assert keep(session, other, b"new") is not None
    assert settle(session, other, Ended("taken"))


def test_the_same_bytes_are_kept_once_and_read_once(session: Session) -> None:
    make(session)
    by = claim(session)
    first = keep(session, by, b"feed")
    assert first is not None
    assert first.fresh
    again = keep(session, by, b"feed")
    assert again == first, "a worker died before it read them"
    service.mark_read(session, first.intake_id, NOW)
    assert keep(session, by, b"feed") == service.Stored(first.intake_id, fresh=False)
    assert session.scalar(select(func.count(Intake.id))) == 1


def test_a_feed_that_goes_back_to_earlier_bytes_is_read_again_a_file_is_not(session: Session) -> None:
    for kind, fresh in (("feed", True), ("folder", False)):
        make(session, kind, kind)
        by = claim(session)
        for data in (b"one", b"two"):
            session.info["now"] += timedelta(seconds=1)
            stored = keep(session, by, data)
            assert stored is not None
            service.mark_read(session, stored.intake_id, session.info["now"])
        back = keep(session, by, b"one")
        assert back is not None
        assert back.fresh is fresh
        settle(session, by, Ended("taken"))


def test_unreadable_bytes_say_why_and_are_not_tried_again(session: Session) -> None:
    make(session)
    by = claim(session)
    stored = keep(session, by, b"<html>")
    assert stored is not None
    service.mark_unreadable(session, stored.intake_id, "This is not a feed.")
    assert keep(session, by, b"<html>") == service.Stored(stored.intake_id, fresh=False, error="This is not a feed.")
    assert service.unread(session, by) == []
    ((intake, source),) = queries.unreadable(session)
    assert (intake.error, source.name) == ("This is not a feed.", "Nordpress")


@pytest.mark.parametrize("kind", ["feed", "folder"])
def test_what_could_not_be_read_is_listed_until_something_is_read_in_its_place_and_again_if_it_comes_back(
    session: Session, kind: str
) -> None:
    make(session, kind=kind)
    by, name = claim(session), "" if kind == "feed" else "bad.xml"
    bad = keep(session, by, b"<html>", name)
    assert bad is not None
    service.mark_unreadable(session, bad.intake_id, "This is not a feed.")
    listed = []
    for data, under in ((b"other", "other.xml"), (b"mended", name), (b"<html>", name)):
        session.info["now"] += timedelta(seconds=1)
        stored = keep(session, by, data, under)
        assert stored is not None
        service.mark_read(session, stored.intake_id, session.info["now"]) if stored.fresh else None
        listed.append([intake.at for intake, _ in queries.unreadable(session)])
    assert listed == [[NOW], [], [session.info["now"]]]


def test_what_was_kept_and_not_read_is_found_in_the_order_it_came(session: Session) -> None:
    make(session)
    by = claim(session)
    for data in (b"one", b"two", b"three"):
        session.info["now"] += timedelta(seconds=1)
        keep(session, by, data)
    assert [one.data for one in service.unread(session, by)] == [b"one", b"two", b"three"]


def test_failures_are_counted_until_a_poll_goes_well(session: Session) -> None:
    source = make(session)
    settle(session, claim(session), Ended("failed", "503 Service Unavailable"))
    assert (source.failures, source.said, source.next_poll_at) == (1, "503 Service Unavailable", NOW + MINUTE)
    session.info["now"] = NOW + MINUTE
    settle(session, claim(session), Ended("taken", etag='"7"', modified="yesterday"), new=True)
    assert (source.failures, source.said, source.etag) == (0, None, '"7"')
    assert source.last_new_at == source.last_poll_at == NOW + MINUTE


def test_a_quiet_poll_disturbs_no_page_and_one_that_changes_something_does(session: Session) -> None:
    make(session)
    for ended, new, disturbs in (
        (Ended("taken"), False, False),
        (Ended("taken"), True, True),
        (Ended("failed", "503"), False, True),
        (Ended("failed", "503"), False, True),
        (Ended("taken"), False, True),
    ):
        session.info.pop("touched", None)
        session.info["now"] += 5 * MINUTE
        settle(session, claim(session), ended, new=new)
        assert (("wire", 0) in session.info.get("touched", ())) is disturbs


def test_a_moved_source_is_asked_at_its_new_address_and_a_gone_one_stops_and_says_so(session: Session) -> None:
    source = make(session)
    settle(session, claim(session), Ended("taken", moved_to="https://nordpress.example/new"))
    assert source.url == "https://nordpress.example/new"
    session.info["now"] += 2 * MINUTE
    settle(session, claim(session), Ended("gone", "It is gone."))
    assert (source.stopped_at, source.stopped_why) == (session.info["now"], "It is gone.")
    assert service.claim_due(session, NOW + timedelta(days=1), 10, LEASE, "x") == []
    service.start(session, source, now=session.info["now"])
    assert claim(session).name == "Nordpress"


def test_an_address_changed_during_a_poll_is_asked_at_once_without_the_old_stamps(session: Session) -> None:
    source = make(session)
    by = claim(session)
    service.set_source(session, source, name="Nordpress", url="https://np.example/2", zone="UTC", every=60, now=NOW)
    assert not settle(session, by, Ended("taken", etag='"old"'))
    assert source.etag is None
    assert claim(session).url == "https://np.example/2"


def test_one_source_can_be_taken_though_it_is_not_due_unless_it_is_stopped_or_taken(session: Session) -> None:
    source = make(session, due=NOW + timedelta(hours=1))
    assert service.claim_one(session, source.public_id, LEASE, "one") is not None
    assert service.claim_one(session, source.public_id, LEASE, "two") is None
    service.stop(session, source, why="", now=NOW)
    session.info["now"] = NOW + 2 * MINUTE
    assert service.claim_one(session, source.public_id, LEASE, "three") is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "Nordpress"])
def test_a_source_has_a_name_of_its_own(session: Session, name: str) -> None:
    make(session)
    with pytest.raises(Invalid) as refused:
        make(session, name)
    assert refused.value.field == "name"


def test_items_are_listed_newest_first_page_by_page_without_what_was_superseded(session: Session) -> None:
    rows = [factories.item(session) for _ in range(5)]
    for n, row in enumerate(rows):
        row.at = NOW + n * MINUTE
    rows[0].superseded_at = NOW
    session.flush()
    first = queries.items(session, limit=3)
    assert [item.id for item, _ in first] == [rows[4].id, rows[3].id, rows[2].id]
    rest = queries.items(session, before=rows[2].public_id)
    assert [item.id for item, _ in rest] == [rows[1].id]


def test_items_are_found_by_source_and_by_the_beginnings_of_words(session: Session) -> None:
    grain, fog = factories.item(session), factories.item(session)
    grain.search_text, fog.search_text = " grain ships odesa ", " fog strait "
    session.flush()
    assert [item.id for item, _ in queries.items(session, words="ODES ship")] == [grain.id]
    source = session.get_one(Source, fog.source_id)
    assert [item.id for item, _ in queries.items(session, source=source.public_id)] == [fog.id]
    assert queries.items(session, source=source.public_id, words="grain") == []


def test_what_asks_for_care_is_what_was_changed_withheld_killed_or_is_under_embargo(session: Session) -> None:
    factories.item(session)
    factories.item(session, embargo_at=NOW - MINUTE)
    ahead, killed, first = (
        factories.item(session, embargo_at=NOW + MINUTE),
        factories.item(session),
        factories.item(session),
    )
    killed.pubstatus = "canceled"
    first.superseded_at = NOW
    second = factories.item(session, of=first)
    found = {item.id for item, _ in queries.items(session, changed=NOW)}
    assert found == {ahead.id, killed.id, second.id}
    assert [row.id for row in queries.item_revisions(session, second)] == [first.id, second.id]


def test_an_item_nobody_knows_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        queries.item(session, "bcdfghjkmn")
    assert session.scalar(select(func.count(Item.id))) == 0


def test_bytes_that_brought_nothing_go_once_they_are_read_and_those_that_did_stay(session: Session) -> None:
    make(session)
    by = claim(session)
    kept = {}
    for data, guid in ((b"one", "np-1"), (b"the same in other bytes", None)):
        stored = keep(session, by, data)
        assert stored is not None
        if guid:
            item = WireItem(format="rss", guid=guid, headline="Explosion at port")
            service.add_item(session, by.source_id, stored.intake_id, item, before=None, now=NOW)
        assert [one.data for one in service.unread(session, by)] == [data]
        service.mark_read(session, stored.intake_id, NOW)
        session.expire_all()
        kept[data] = session.get_one(Intake, stored.intake_id).data
    assert list(kept.values()) == [b"one", b""]


def test_bytes_that_went_come_back_when_a_feed_goes_back_to_them(session: Session) -> None:
    make(session)
    by = claim(session)
    for data in (b"one", b"two", b"one"):
        session.info["now"] += timedelta(seconds=1)
        stored = keep(session, by, data)
        assert stored is not None
        assert [one.data for one in service.unread(session, by)] == [data]
        service.mark_read(session, stored.intake_id, session.info["now"])
