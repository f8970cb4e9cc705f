"""Settings: the only reader of the environment. Every one has a default that a trial can live with."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desk import chance
from desk.errors import Invalid

RELEASE = "0.1.0"
ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can set. Seconds unless a name says otherwise."""

    var: Path
    database_url: str
    redis_url: str | None
    url: str
    host: str = "127.0.0.1"
    port: int = 8000
    secret_keys: tuple[str, ...]
    trusted_proxies: int = 0
    smtp_url: str | None = None
    mail_from: str = "desk@localhost"
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

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment (or `env`). Raises Invalid, naming the variable, for what can't be used."""
        env = os.environ if env is None else env
        var = Path(env.get("DESK_VAR") or "var").resolve()
        database_url = env.get("DATABASE_URL") or None
        host = env.get("DESK_HOST") or "127.0.0.1"
        port = _whole(env, "PORT", 8000)
        return cls(
            var=var,
            database_url=_dialect(database_url or f"sqlite:///{var / 'desk.db'}"),
            redis_url=env.get("REDIS_URL") or None,
            url=(env.get("DESK_URL") or f"http://localhost:{port}").rstrip("/"),
            host=host,
            port=port,
            secret_keys=_secret_keys(env, var, shared=database_url is not None),
            trusted_proxies=_whole(env, "DESK_TRUSTED_PROXIES", 0),
            smtp_url=env.get("SMTP_URL") or None,
            mail_from=env.get("DESK_MAIL_FROM") or "desk@localhost",
            private_addresses=env.get("DESK_PRIVATE_ADDRESSES") == "1",
            demo=env.get("DESK_DEMO") == "1",
            lease=_seconds(env, "DESK_LEASE", 60),
            tick=_seconds(env, "DESK_TICK", 5),
            in_flight=_whole(env, "DESK_IN_FLIGHT", 8),
            backoff=_seconds(env, "DESK_BACKOFF", 30),
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


def _dialect(url: str) -> str:
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    if not url.startswith(("sqlite://", "postgresql+psycopg://")):
        raise Invalid("DATABASE_URL must begin with sqlite:// or postgresql://, not %(url)s.", url=url.split(":")[0])
    return url


def _secret_keys(env: Mapping[str, str], var: Path, *, shared: bool) -> tuple[str, ...]:
    given = tuple(key for key in (env.get("DESK_SECRET_KEY") or "").split(",") if key)
    if given:
        if any(len(key) < 32 for key in given):
            raise Invalid("DESK_SECRET_KEY must have at least 32 characters: try `openssl rand -hex 32`.")
        return given
    if shared:
        raise Invalid(
            "DESK_SECRET_KEY must be set when DATABASE_URL is, so that all hosts share it: try `openssl rand -hex 32`."
        )
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


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(env.get(name) or default)
    except ValueError:
        raise Invalid("%(name)s must be a whole number, not %(value)s.", name=name, value=env[name]) from None


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(env.get(name) or default)
    except ValueError:
        raise Invalid("%(name)s must be a number of seconds, not %(value)s.", name=name, value=env[name]) from None
