"""What an operator can set, and what is refused with a sentence that names it."""

import re
from pathlib import Path

import pytest

from desk.errors import Invalid
from desk.settings import Settings


def read(var: Path, **env: str) -> Settings:
    return Settings.from_env({"DESK_VAR": str(var), **env}, makes=False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DESK_IN_FLIGHT", "0", "a whole number from 1 up"),
        ("DESK_IN_FLIGHT", "eight", "a whole number from 1 up"),
        ("DESK_TRUSTED_PROXIES", "-1", "a whole number from 0 up"),
        ("PORT", "0", "a whole number from 1 up"),
        ("DESK_TICK", "-1", "a number of seconds from 0.1 to 86400"),
        ("DESK_TICK", "0", "a number of seconds from 0.1 to 86400"),
        ("DESK_LEASE", "nan", "a number of seconds from 1 to 86400"),
        ("DESK_LEASE", "inf", "a number of seconds from 1 to 86400"),
        ("DESK_BACKOFF", "soon", "a number of seconds from 1 to 86400"),
    ],
)
def test_a_number_that_no_desk_can_work_by_is_refused(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(f"{name} must be {said}, not {value}.")):
        read(tmp_path, **{name: value})


def test_what_is_unset_or_empty_is_what_a_trial_can_live_with(tmp_path: Path) -> None:
    settings = read(tmp_path, DESK_LEASE="", DESK_IN_FLIGHT="")
    assert (settings.lease, settings.tick, settings.backoff, settings.in_flight) == (60, 5, 30, 8)
    assert settings.wire_root == settings.var / "wires"
    assert read(tmp_path, DESK_WIRES="/srv/copy").wire_root == Path("/srv/copy")


def test_keys_and_passwords_are_not_shown_where_settings_are(tmp_path: Path) -> None:
    urls = {
        "DATABASE_URL": "postgresql://desk:hunter2@db/desk",
        "REDIS_URL": "redis://:hunter2@broker",
        "SMTP_URL": "smtp://desk:hunter2@mail",
    }
    assert "hunter2" not in repr(read(tmp_path, DESK_SECRET_KEY="hunter2" * 9, **urls))
