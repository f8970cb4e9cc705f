"""What is kept of versions that were counted."""

from collections import Counter

from desk.drafts.counted import Kept


def test_what_was_asked_for_longest_ago_goes_when_there_is_no_more_room() -> None:
    kept = Kept(most=6)
    ships, ports, long = Counter({"ship": 9, "sails": 1}), Counter(["port"]), Counter("abcdef")
    kept.keep({"first": ships, "second": ports})
    kept.keep({"second": ports})  # another thread had counted it meanwhile
    kept.get(["first"])
    kept.keep({"third": Counter(["a", "b"])})
    assert kept.get(["first", "second", "third"]) == {"first": ships, "third": Counter(["a", "b"])}
    kept.keep({"fourth": long})
    assert kept.get(["first", "third", "fourth"]) == {}
    kept.keep({"first": ships})
    assert kept.get(["first"]) == {"first": ships}
