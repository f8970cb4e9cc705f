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


URLS = (
    ("DATABASE_URL", "postgresql://desk:hunter2@db:54x32/desk", "not a whole number from 1 to 65535"),
    ("DATABASE_URL", "postgresql://db:99999/desk", "not a whole number from 1 to 65535"),
    ("DATABASE_URL", "postgresql://[::1/desk", "not a whole number from 1 to 65535"),
    ("DATABASE_URL", "mysql://db/desk", "begins with neither sqlite:// nor postgresql://"),
    ("DATABASE_URL", "nonsense", "begins with neither sqlite:// nor postgresql://"),
    ("DATABASE_URL", "sqlite://hunter2/desk.db", "names a server for a file"),
    ("DATABASE_URL", "sqlite:////srv/desk.db?timeout=hunter2", "has an option wrong"),
    ("REDIS_URL", "redis://:hunter2@broker:63x79/0", "not a whole number from 1 to 65535"),
    ("REDIS_URL", "redis://broker:0/0", "not a whole number from 1 to 65535"),
    ("REDIS_URL", "redis://desk:12#hunter2@broker:6379/0", "a sign in it that must be written otherwise"),
    ("REDIS_URL", "redis://desk:hunter2/x@broker:6379/0", "not a whole number from 1 to 65535"),
    ("REDIS_URL", "redis://[::1/0", "can't be read as an address"),
    ("REDIS_URL", "redis:///0", "names no host"),
    ("REDIS_URL", "redis://broker/hunter2", "is not the number of a database"),
    ("REDIS_URL", "redis://broker/0?password=hunter2", "only what begins with ssl_ is understood"),
    ("REDIS_URL", "unix:///run/valkey.sock", "does not begin with redis:// or rediss://"),  # Celery knows no such
    ("SMTP_URL", "smtp://desk:hunter2@mail:smtp", "not a whole number from 1 to 65535"),
    ("SMTP_URL", "gopher://desk:hunter2@mail", "does not begin with smtp:// or smtps://"),
    ("SMTP_URL", "mail.example", "does not begin with smtp:// or smtps://"),
    ("SMTP_URL", "smtp://", "names no host"),
    ("SMTP_URL", "smtp://mail?tls=1", "only starttls=1 is understood"),
    ("DESK_URL", "desk.example.org", "does not begin with http:// or https://"),
    ("DESK_URL", "https://desk.example.org:44x3", "not a whole number from 1 to 65535"),
    ("DESK_URL", "https://ada:hunter2@desk.example.org", "more than a scheme, a host, a port and a path"),
    ("DESK_MAIL_FROM", "the desk", "the desk is not a mail address"),
)


@pytest.mark.parametrize(("name", "value", "why"), URLS)
def test_an_address_that_nobody_can_use_is_refused_by_the_name_of_its_variable_and_never_quoted(
    tmp_path: Path, name: str, value: str, why: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read(tmp_path, DESK_SECRET_KEY="k" * 32, **{name: value})
    said = str(refused.value)
    assert (said.startswith(f"{name} can't be used: "), why in said, "hunter2" in said) == (True, True, False)
    assert ("@ is written %40" in said) == ("@" in value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://desk:a/b#c@db:5432/desk"),  # SQLAlchemy takes these signs as they are
        ("DATABASE_URL", "postgresql:///desk?host=/run/postgresql"),
        ("DATABASE_URL", "sqlite:////srv/desk.db"),
        ("REDIS_URL", "rediss://desk:my@word@broker/1?ssl_cert_reqs=required"),
        ("REDIS_URL", "redis://[::1]:6379"),
        ("SMTP_URL", " smtp://desk:a%2Fb@mail:587?starttls=1 "),
        ("DESK_URL", "https://desk.example.org/"),
        ("DESK_MAIL_FROM", "desk@localhost"),
    ],
)
def test_an_address_that_is_one_is_taken(tmp_path: Path, name: str, value: str) -> None:
    read(tmp_path, DESK_SECRET_KEY="k" * 32, **{name: value})


def test_what_a_server_loads_says_one_line_and_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DESK_VAR": str(tmp_path), "PORT": "none"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:  # whose text goes to standard error, with exit status 1
        Settings.or_exit()
    assert ended.value.code == "desk: PORT must be a whole number from 1 up, not none."


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
