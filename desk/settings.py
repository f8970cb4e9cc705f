"""Settings: the only reader of the environment. Every one has a default that a trial can live with."""

import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desk import chance, servers
from desk.errors import Invalid
from desk.mailboxes import mail_address

RELEASE = "0.1.0"
ROOT = Path(__file__).resolve().parent
DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can set. Seconds unless a name says otherwise. What bears a password is left out of its repr."""

    var: Path
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    url: str
    url_is_set: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    secret_keys: tuple[str, ...] = field(repr=False)
    trusted_proxies: int = 0
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "desk@localhost"
    wires: Path | None = None
    private_addresses: bool = False
    demo: bool = False
    lease: float = 60
    tick: float = 5
    in_flight: int = 8
    backoff: float = 30
    fault: str | None = None

    @property
    def secure(self) -> bool:
        """Whether readers come by https, so that cookies can be Secure and bear the __Host- prefix."""
        return self.url.startswith("https://")

    @property
    def secret(self) -> bytes:
        """The key that signs; the others in the list still verify, so that a key can be rotated."""
        return self.secret_keys[0].encode()

    @property
    def wire_root(self) -> Path:
        """The folder below which wire folders are watched, and nowhere else."""
        return self.wires or self.var / "wires"

    @classmethod
    def or_exit(cls) -> "Settings":
        """As `from_env`, for what gunicorn and Celery load: a refusal is one line on standard error and exit status 1,
        and none of their tracebacks."""
        try:
            return cls.from_env()
        except Invalid as error:
            sys.exit(f"desk: {error}")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, *, makes: bool = True) -> "Settings":
        """Read the environment (or `env`). Raises Invalid, naming the variable, for what can't be used.

        A desk that has no key yet gets one, in its folder; without `makes` nothing is written, nor that key read.
        """
        env = os.environ if env is None else env
        var = Path(env.get("DESK_VAR") or "var").resolve()
        database_url = env.get("DATABASE_URL") or None
        host = env.get("DESK_HOST") or "127.0.0.1"
        port = _whole(env, "PORT", 8000, 1)
        return cls(
            var=var,
            database_url=servers.database(database_url) if database_url else f"sqlite:///{var / 'desk.db'}",
            redis_url=servers.broker(env["REDIS_URL"]) if env.get("REDIS_URL") else None,
            url=servers.web(env["DESK_URL"]) if env.get("DESK_URL") else f"http://localhost:{port}",
            url_is_set=bool(env.get("DESK_URL")),
            host=host,
            port=port,
            secret_keys=_secret_keys(env, var, shared=database_url is not None, makes=makes),
            trusted_proxies=_whole(env, "DESK_TRUSTED_PROXIES", 0, 0),
            smtp_url=_mail_server(env.get("SMTP_URL") or ""),
            mail_from=_sender(env.get("DESK_MAIL_FROM") or "desk@localhost"),
            wires=Path(env["DESK_WIRES"]).absolute() if env.get("DESK_WIRES") else None,
            private_addresses=env.get("DESK_PRIVATE_ADDRESSES") == "1",
            demo=env.get("DESK_DEMO") == "1",
            lease=_seconds(env, "DESK_LEASE", 60, 1),
            tick=_seconds(env, "DESK_TICK", 5, 0.1),
            in_flight=_whole(env, "DESK_IN_FLIGHT", 8, 1),
            backoff=_seconds(env, "DESK_BACKOFF", 30, 1),
            fault=env.get("DESK_FAULT") or None,
        )


def resource(name: str) -> Path:
    """The folder or file `name` (templates, migrations, Procfile): packaged, or else the checkout's.

    An editable install has nothing packaged, so that it never reads a stale copy.
    """
    packaged = ROOT / name
    return packaged if packaged.exists() else ROOT.parent / name


def environment() -> dict[str, str]:
    """A copy of the environment, for the processes that `desk up` starts."""
    return dict(os.environ)


def _mail_server(url: str) -> str | None:
    if url:
        servers.MailServer.of(url)
    return url or None


def _sender(address: str) -> str:
    try:
        return mail_address(address, field="DESK_MAIL_FROM")
    except Invalid as error:
        raise Invalid("DESK_MAIL_FROM can't be used: %(why)s", field="DESK_MAIL_FROM", why=error) from None


def _secret_keys(env: Mapping[str, str], var: Path, *, shared: bool, makes: bool) -> tuple[str, ...]:
    given = tuple(key for key in (env.get("DESK_SECRET_KEY") or "").split(",") if key)
    if given:
        if any(len(key) < 32 for key in given):
            raise Invalid("DESK_SECRET_KEY must have at least 32 characters: try `openssl rand -hex 32`.")
        return given
    if shared:
        raise Invalid(
            "DESK_SECRET_KEY must be set when DATABASE_URL is, so that all hosts share it: try `openssl rand -hex 32`."
        )
    if not makes:
        return ()
    path = var / "secret_key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = path.with_name(f".secret_key.{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(chance.token())
        try:
            os.link(new, path)  # fails if another process was first: then its key stands
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return (path.read_text().strip(),)


def _whole(env: Mapping[str, str], name: str, default: int, least: int) -> int:
    try:
        number = int(env.get(name) or default)
    except ValueError:
        number = least - 1
    if number < least:
        raise Invalid(
            "%(name)s must be a whole number from %(least)s up, not %(value)s.", name=name, least=least, value=env[name]
        )
    return number


def _seconds(env: Mapping[str, str], name: str, default: float, least: float) -> float:
    try:
        seconds = float(env.get(name) or default)
    except ValueError:
        seconds = math.nan
    if not least <= seconds <= DAY:  # which nan is not
        raise Invalid(
            "%(name)s must be a number of seconds from %(least)s to %(most)s, not %(value)s.",
            name=name, least=least, most=DAY, value=env[name],
        )  # fmt: skip
    return seconds
