"""By which address an account goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.people.rules import account_of


@pytest.mark.parametrize(
    ("typed", "goes_by"),
    [
        ("olena@meridian.example", "olena@meridian.example"),
        ("  Olena@Meridian.EXAMPLE\n", "olena@meridian.example"),
        ("ＯＬＥＮＡ＠meridian.example", "olena@meridian.example"),
        ("olena@Почта.example", "olena@xn--80a1acny.example"),
        ("olena@xn--80a1acny.example", "olena@xn--80a1acny.example"),
        ("olena@почта..example", "olena@почта..example"),
        ("nobody", "nobody"),
        ("", ""),
    ],
)
def test_an_account_goes_by_one_address_however_it_is_typed(typed: str, goes_by: str) -> None:
    assert account_of(typed) == goes_by


@given(st.text(max_size=400))
def test_whatever_is_typed_is_folded_without_a_fault_and_the_same_twice(typed: str) -> None:
    assert account_of(typed) == account_of(typed)
    assert account_of(typed).strip() == account_of(typed) or len(typed) > 320


@given(st.from_regex(r"[a-z]{1,8}@[a-zа-я]{1,12}\.example", fullmatch=True))
def test_what_was_folded_once_stays_as_it_is(typed: str) -> None:
    assert account_of(account_of(typed)) == account_of(typed)
