"""Addresses without a request."""

from desk.links import PATHS, Links


def test_an_address_is_absolute_and_quotes_what_it_is_given() -> None:
    links = Links("https://desk.meridian.example/")
    assert links.to("story", "cdfghjkmnp") == "https://desk.meridian.example/stories/cdfghjkmnp"
    assert links.to("write", "cdfghjkmnp") == "https://desk.meridian.example/stories/cdfghjkmnp/write"
    assert (
        links.to("write", "cdf", assignment="ghj&x")
        == "https://desk.meridian.example/stories/cdf/write?assignment=ghj%26x"
    )
    assert links.to("board") == "https://desk.meridian.example/"
    assert links.to("receipt", "a/../b") == "https://desk.meridian.example/receipts/a%2F..%2Fb"


def test_every_path_has_at_most_one_name_in_it() -> None:
    assert all(path.startswith("/") and path.count("<") == path.count(">") <= 1 for path in PATHS.values())
