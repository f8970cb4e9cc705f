"""Ids, tokens, salts and jitter: the one source of chance, which a test or a simulation can seed."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

# no vowels (no words by accident), nothing that is read wrongly over a telephone
ALPHABET = "23456789bcdfghjkmnpqrstvwxz"

_seeded: random.Random | None = None


def token(nbytes: int = 32) -> str:
    """A secret of `nbytes` random bytes, in hexadecimal."""
    return random_bytes(nbytes).hex()


def random_bytes(n: int) -> bytes:
    """`n` bytes fit for secrets."""
    return _seeded.randbytes(n) if _seeded else secrets.token_bytes(n)


def public_id() -> str:
    """Ten characters that name a thing on pages and in the API."""
    source = _seeded or secrets.SystemRandom()
    return "".join(source.choice(ALPHABET) for _ in range(10))


def jitter(seconds: float, share: float = 0.2) -> float:
    """`seconds`, more or less by up to `share` of it, so that what failed together is not tried together."""
    source = _seeded or secrets.SystemRandom()
    return seconds * (1 + source.uniform(-share, share))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within the block all chance follows from `seed`. For tests and simulations only: never fit for secrets."""
    global _seeded
    before, _seeded = _seeded, random.Random(seed)
    try:
        yield
    finally:
        _seeded = before
