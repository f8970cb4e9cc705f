"""Feeds in few words."""

from html import escape


def entry(guid: str, title: str, body: str = "", *, more: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>{escape(guid)}</guid><title>{escape(title)}</title>"
        f"<description>{escape(body or title + ', two port workers said.')}</description>{more}</item>"
    )


def rss(*entries: str) -> bytes:
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Nordpress</title>"
        f"<link>https://nordpress.example/</link>{''.join(entries)}</channel></rss>"
    ).encode()


BLAST = entry("np-1", "Explosion reported at port of Odesa")
TRIP = entry("np-2", "Turkish foreign minister to travel to Odesa")
